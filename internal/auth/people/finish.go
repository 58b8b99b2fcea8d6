package people

import (
	"context"
	"crypto/subtle"
	"net/netip"
	"net/url"
	"slices"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// Finish ends a sign-in by the answer that a browser of a network brings with its cookie: it returns the person, and
// the address to go on to. A state is used once. Errors are ErrStale, ErrDenied, ErrUnreachable, ErrRejected, and those
// of the store.
func (p *Provider) Finish(ctx context.Context, network netip.Prefix, origin, cookie string, answer url.Values) (
	*Person, string, error) {
	for name, values := range answer {
		if len(values) > 1 {
			return nil, "", stale("the parameter " + jwt.Printable(name) + " is there twice")
		}
	}
	f, err := p.open(origin, cookie)
	if err != nil {
		return nil, "", err
	}
	if subtle.ConstantTimeCompare([]byte(f.state()), []byte(answer.Get("state"))) != 1 {
		return nil, "", stale("its state is another one")
	}
	ends, err := p.begins(ctx, network)
	if err != nil {
		return nil, f.to, err
	}
	defer ends()
	document, err := p.document(ctx)
	if err != nil {
		return nil, f.to, err
	}
	if iss, named := answer["iss"]; named && iss[0] != p.Settings.Issuer || !named && document.NamesItself {
		return nil, f.to, rejected("the answer names the issuer %q (RFC 9207)", jwt.Printable(answer.Get("iss")))
	}
	if answer.Has("error") {
		code := answer.Get("error")
		if !slices.Contains(knownCodes, code) {
			code = ""
		}
		return nil, f.to, &DeniedError{code}
	}
	if answer.Get("code") == "" {
		return nil, f.to, rejected("the answer has no code")
	}
	person, err := p.identify(ctx, document, f, origin, answer.Get("code"))
	return person, f.to, err
}
