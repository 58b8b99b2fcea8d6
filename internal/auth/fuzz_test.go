package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
)

// FuzzCheck: for any Authorization header the result is one of the documented errors, unless the
// token was issued.
func FuzzCheck(f *testing.F) {
	l := newLab(f)
	token := l.token(l.client().request())
	header, payload := l.parts(token)
	f.Add(token)
	f.Add(unsigned(with(header, "alg", "none"), payload) + ".")
	f.Add(unsigned(header, with(payload, "exp", 1e300, "aud", []any{1, nil})) + ".AAAA")
	f.Add("e30.e30.")
	f.Add("bnVsbA.bnVsbA.AA")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := l.Check(t.Context(), "Bearer "+text)
		if err == nil && strings.TrimSpace(text) != token {
			t.Errorf("%q was accepted", text)
		}
		if err != nil && !errors.Is(err, auth.ErrToken) && !errors.Is(err, auth.ErrNoToken) {
			t.Errorf("%q: error %v", text, err)
		}
	})
}

// FuzzAssertion: any assertion is refused, unless it is signed with the client's key.
func FuzzAssertion(f *testing.F) {
	l := newLab(f)
	c := l.certified(rsaKey())
	good := l.sign(c.header("PS256"), c.claims(), c.key)
	l.token(c.asserted(good))
	f.Add(good) // used before
	f.Add(unsigned(c.header("none"), c.claims()) + ".")
	f.Add(unsigned(with(c.header("RS256"), "kid", map[string]any{}), c.claims()) + ".AAAA")
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := l.Token(t.Context(), c.asserted(text))
		var refusal *auth.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%q: error %v", text, err)
		}
	})
}

// FuzzParseTrustedIssuers: an accepted file names valid organizations, groups and permissions.
func FuzzParseTrustedIssuers(f *testing.F) {
	f.Add([]byte(`{"issuers":[{"issuer":"https://a",` + everybody + `}]}`))
	f.Add([]byte(`{"issuers":[{"issuer":"http://[::1]:1/x","clients":{"s":"` + org + `"}}]}`))
	f.Add([]byte(`{"issuers":[{"issuer":"https://a","audiences":["a"],"organizations":{"t":"` + org +
		`"},"groupClaim":"g","groups":{"v":["n"]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		issuers, err := auth.ParseTrustedIssuers(text)
		if err != nil && issuers != nil {
			t.Error("issuers with an error")
		}
		for _, i := range issuers {
			if len(i.Audiences) > 0 && (i.AllGroups == (len(i.Groups) > 0) ||
				(i.Organization == "") == (len(i.Organizations) == 0)) ||
				i.PermissionClaim == "" || i.DelegatedClaim == "" {
				t.Errorf("%+v", i)
			}
		}
	})
}

// FuzzNewCertificate: every error is ErrCertificate.
func FuzzNewCertificate(f *testing.F) {
	l := newLab(f)
	der, text := l.certificate(rsaKey())
	f.Add(der)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := auth.NewCertificate(l.keys.Random, text, noon); err != nil && !errors.Is(err, auth.ErrCertificate) {
			t.Errorf("error %v", err)
		}
	})
}
