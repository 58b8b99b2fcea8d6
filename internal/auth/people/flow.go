package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
)

const (
	// FlowLife is how long somebody may take at the provider.
	FlowLife = 10 * time.Minute
	// flowVersion is the first byte of a sealed seed; other sealed texts have others.
	flowVersion = 'f'
	// maxTo is the longest address to go on to, in bytes; for a longer one it is the root.
	maxTo = 1500
	// tagLength is how much of the state names the cookie.
	tagLength = 12
)

// flow is one sign-in between the browser's question and its answer.
type flow struct {
	seed  [32]byte
	begun time.Time
	to    string
}

// derived returns one of the values that follow from the seed: 256 bits that tell nothing of the others.
func (f *flow) derived(what string) string {
	mac := hmac.New(sha256.New, f.seed[:])
	mac.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f *flow) state() string    { return f.derived("state") }
func (f *flow) nonce() string    { return f.derived("nonce") }
func (f *flow) verifier() string { return f.derived("verifier") }

// Begun is a sign-in that has begun: the browser goes to Address, with a cookie for FlowLife.
type Begun struct {
	Address string
	// Tag tells the cookies of several sign-ins of one browser apart; Cookie is its value.
	Tag, Cookie string
}

// Begin begins a sign-in of a browser of a network that uses an origin of this server, and wants to go on to an address
// of it. The error is ErrUnreachable if the provider is not known, or cannot be trusted.
func (p *Provider) Begin(ctx context.Context, network netip.Prefix, origin, to string) (Begun, error) {
	ends, err := p.begins(ctx, network)
	if err != nil {
		return Begun{}, err
	}
	defer ends()
	document, err := p.document(ctx)
	if err != nil {
		return Begun{}, err
	}
	if len(to) > maxTo {
		to = "/"
	}
	f := &flow{begun: p.Clock(), to: to}
	if _, err := rand.Read(f.seed[:]); err != nil {
		return Begun{}, err
	}
	plain := binary.BigEndian.AppendUint64(f.seed[:], uint64(f.begun.Unix()))
	sealed, err := p.Keys.Seal(auth.Pages, flowVersion, p.binding(origin, to), plain)
	if err != nil {
		return Begun{}, err
	}
	address := p.flow(document, origin).AuthCodeURL(f.state(), oauth2.S256ChallengeOption(f.verifier()),
		oauth2.SetAuthURLParam("nonce", f.nonce()), oauth2.SetAuthURLParam("response_mode", "query"))
	return Begun{address, f.state()[:tagLength], sealed + "." + base64.RawURLEncoding.EncodeToString([]byte(to))}, nil
}

// binding is what a sealed seed is good for.
func (p *Provider) binding(origin, to string) []byte {
	return auth.Binding("sign-in", origin, p.Settings.Issuer, p.Settings.ClientID, to)
}

// TagOf returns the tag of the cookie that belongs to an answer; "" if it can be none.
func TagOf(answer url.Values) string {
	state := answer.Get("state")
	if bits, err := base64.RawURLEncoding.Strict().DecodeString(state); err != nil || len(bits) != sha256.Size {
		return ""
	}
	return state[:tagLength]
}

// open reads the cookie of a sign-in.
func (p *Provider) open(origin, cookie string) (*flow, error) {
	sealed, encoded, _ := strings.Cut(cookie, ".")
	to, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, stale("its cookie cannot be read")
	}
	plain, err := p.Keys.Open(auth.Pages, flowVersion, p.binding(origin, string(to)), sealed)
	if errors.Is(err, auth.ErrSeal) || err == nil && len(plain) != len(flow{}.seed)+8 {
		return nil, stale("its cookie is not from here, or for something else")
	}
	if err != nil {
		return nil, err
	}
	f := &flow{seed: [32]byte(plain[:32]), to: string(to),
		begun: time.Unix(int64(binary.BigEndian.Uint64(plain[32:])), 0)}
	if now := p.Clock(); !now.Before(f.begun.Add(FlowLife)) || now.Add(jwt.Skew).Before(f.begun) {
		return nil, stale("it is too old")
	}
	return f, nil
}
