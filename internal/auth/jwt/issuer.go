package jwt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// ProviderLife is how long an issuer's discovery document is used until it is read again.
	ProviderLife = 24 * time.Hour
	// FetchTimeout is the time limit of one request to an issuer.
	FetchTimeout = 10 * time.Second
)

// Issuer is another issuer of tokens, and its keys (doc/decision/0021).
type Issuer struct {
	url    string
	admit  func(*Document) error
	client *http.Client

	asking sync.Mutex // held while the discovery document is read
	said   atomic.Pointer[said]
}

// said is what an issuer's discovery document said.
type said struct {
	document *Document
	keys     oidc.KeySet
	until    time.Time // when to read it again
}

// Document has the members of a discovery document that are used: OpenID Connect Discovery, section 3, and
// RFC 9207, section 3.
type Document struct {
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Keys          string   `json:"jwks_uri"`
	Proofs        []string `json:"token_endpoint_auth_methods_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	// NamesItself: its replies to browsers name the issuer, so one that does not is another's.
	NamesItself bool `json:"authorization_response_iss_parameter_supported"`
}

// ErrUnavailable: the issuer of a token cannot be asked for its keys for now.
var ErrUnavailable = errors.New("the issuer of the token cannot be reached")

const wrongSignature = "wrong signature, or its key is not one of the issuer's"

// ErrUnknownKey: no key that the issuer had a moment ago has signed a token, and it was not asked again so soon. To
// who sent the token it says no more than a wrong signature.
var ErrUnknownKey = errors.New(wrongSignature)

// NewIssuer returns the issuer with a URL; nothing is fetched until it is needed. admit refuses discovery
// documents; nil takes all.
func NewIssuer(url string, base http.RoundTripper, clock func() time.Time, admit func(*Document) error) *Issuer {
	return &Issuer{url: url, admit: admit, client: &http.Client{Transport: newPatientTransport(base, clock),
		Timeout: FetchTimeout, CheckRedirect: RefuseRedirect}}
}

// RefuseRedirect does not follow redirects of an issuer.
func RefuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// signatures are the algorithms that issuers may sign with: none with a shared secret, and not
// "none".
func signatures() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256,
		oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// Verify checks the issuer's signature, and that the token names this issuer; the caller checks times and
// audience. The error is ErrUnavailable if the keys of the issuer are not known, ErrUnknownKey if it may have new ones.
func (i *Issuer) Verify(ctx context.Context, token *Token, now time.Time) error {
	if !slices.Contains(signatures(), token.Header.Text("alg")) {
		return fmt.Errorf("algorithm %q is not allowed", Printable(token.Header.Text("alg")))
	}
	known, err := i.ask(ctx, now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	witness := &witness{keys: known.keys}
	verifier := oidc.NewVerifier(i.url, witness,
		&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, SupportedSigningAlgs: signatures()})
	_, err = verifier.Verify(ctx, token.Text)
	switch {
	case err == nil:
		return nil
	case errors.Is(witness.err, errFetch):
		return fmt.Errorf("%w: %w", ErrUnavailable, witness.err)
	case errors.Is(witness.err, errTooSoon):
		return ErrUnknownKey
	}
	return errors.New(wrongSignature)
}

// witness remembers why a signature was not accepted: go-oidc keeps only the text.
type witness struct {
	keys oidc.KeySet
	err  error
}

// VerifySignature implements oidc.KeySet.
func (w *witness) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	payload, w.err = w.keys.VerifySignature(ctx, jwt)
	return payload, w.err
}

// Document returns the issuer's discovery document. The error is ErrUnavailable if it is not known.
func (i *Issuer) Document(ctx context.Context, now time.Time) (*Document, error) {
	known, err := i.ask(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return known.document, nil
}

// ask returns what the issuer said of itself, and reads the discovery document if that is due. While another
// request reads it, and while the issuer does not answer, the last document is used.
func (i *Issuer) ask(ctx context.Context, now time.Time) (*said, error) {
	before := i.said.Load()
	if before == nil {
		i.asking.Lock()
	} else if now.Before(before.until) || !i.asking.TryLock() {
		return before, nil
	}
	defer i.asking.Unlock()
	if by := i.said.Load(); by != before {
		return by, nil // another request has read it
	}

	found, err := i.discover(ctx)
	switch {
	case err == nil:
		found.until = now.Add(ProviderLife)
		i.said.Store(found)
	case before != nil:
		return before, nil
	}
	return found, err
}

// discover reads the issuer's discovery document: OpenID Connect Discovery, section 4.
func (i *Issuer) discover(ctx context.Context) (*said, error) {
	// other requests may wait for the result, even if the client of this one leaves
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), i.client)
	provider, err := oidc.NewProvider(ctx, i.url)
	if err != nil {
		return nil, err
	}
	found := &said{document: &Document{}}
	if err := provider.Claims(found.document); err != nil {
		return nil, fmt.Errorf("reading its discovery document: %w", err)
	}
	if i.admit != nil {
		if err := i.admit(found.document); err != nil {
			return nil, err
		}
	}
	found.keys = oidc.NewRemoteKeySet(ctx, found.document.Keys)
	return found, nil
}
