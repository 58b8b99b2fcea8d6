package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

func TestCheckReturnsTheClient(t *testing.T) {
	l := newLab(t)
	c := l.client(func(c *access.Client) { c.Permissions = append(c.Permissions, string(auth.Manage)) })
	device := l.client(func(c *access.Client) {
		c.Permissions, c.Groups, c.Device, c.NamedGroup = []string{string(auth.WriteOwnReports)}, []int64{},
			strings.Repeat("a", 40), "Servers"
	})
	for _, v1 := range []bool{false, true} {
		r := c.request()
		r.V1 = v1
		l.equal("application", l.check(l.token(r)), auth.Caller{Organization: org, ID: c.ID, Name: c.Name,
			Permissions: []auth.Permission{auth.ReadVulnerabilities, auth.Manage}, Groups: []int64{0, 3}})
	}
	l.equal("device", l.check(l.token(device.request())), auth.Caller{Organization: org, ID: device.ID, Name: device.Name,
		Permissions: []auth.Permission{auth.WriteOwnReports}, Groups: []int64{},
		Device: strings.Repeat("a", 40), NamedGroup: "Servers"})
}

func TestChangesCountAtOnce(t *testing.T) {
	l := newLab(t)
	c := l.client()
	token := l.token(c.request())
	c.Permissions = []string{string(auth.ReadSoftware), string(auth.ReadVulnerabilities)}
	c.Groups = []int64{7}
	l.must(l.store.Access.SetClient(t.Context(), c.Client))
	caller := l.check(token)
	l.equal("what the token has and the client still may", caller.Permissions,
		[]auth.Permission{auth.ReadVulnerabilities})
	l.equal("groups", caller.Groups, []int64{7})
	c.Permissions = nil
	l.must(l.store.Access.SetClient(t.Context(), c.Client))
	if caller := l.check(token); len(caller.Permissions) != 0 {
		t.Errorf("permissions %v after they were taken away", caller.Permissions)
	}
	l.must(l.store.Access.RemoveClient(t.Context(), org, c.ID))
	l.rejected(token, "its client was removed")
}

func TestNoToken(t *testing.T) {
	l := newLab(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer", "token"} {
		if _, err := l.Check(t.Context(), header); !errors.Is(err, auth.ErrNoToken) {
			t.Errorf("%q: error %v", header, err)
		}
	}
	token := l.token(l.client().request())
	for _, header := range []string{"bearer " + token, "BEARER   " + token + " "} {
		if _, err := l.Check(t.Context(), header); err != nil {
			t.Errorf("%.10q: error %v", header, err)
		}
	}
}

// "Five minutes of clock skew tolerated."
func TestExpiredAndNotYetValidTokens(t *testing.T) {
	l := newLab(t)
	token := l.token(l.client().request())
	const life, skew = 3599 * time.Second, 5 * time.Minute
	l.sleep(life + skew)
	l.check(token)
	l.sleep(time.Second)
	l.rejected(token, "it expired at 2026-11-23T12:59:59Z")
	l.sleep(-life - 2*skew - time.Second)
	l.check(token)
	l.sleep(-time.Second)
	l.rejected(token, "it is not valid before 2026-11-23T12:00:00Z")
}

// Each forgery lacks one thing that a token needs.
func TestForgedTokens(t *testing.T) {
	l := newLab(t)
	token := l.token(l.client().request())
	header, payload := l.parts(token)
	_, ours := l.keys.Signer()
	der, err := x509.MarshalPKIXPublicKey(ours.Public())
	l.must(err)
	hs := func(secret []byte) string {
		text := unsigned(with(header, "alg", "HS256"), payload)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	none := unsigned(with(header, "alg", "none"), payload) + "."
	jwk := map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(rsaKey().N.Bytes()),
		"e": "AQAB", "kid": header["kid"]}
	signature := token[strings.LastIndexByte(token, '.'):]
	for name, test := range map[string]struct{ token, why string }{
		"none-alg":                  {none, "algorithm"},
		"none-alg with a signature": {none + signature[1:], "algorithm"},
		"None-alg":                  {unsigned(with(header, "alg", "nOnE"), payload) + ".", "algorithm"},
		"no alg":                    {unsigned(with(header, "alg", nil), payload) + signature, "algorithm"},
		"HS/RS-confused, key in PEM": {hs(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
			"algorithm"},
		"HS/RS-confused, key in DER": {hs(der), "algorithm"},
		"HS/RS-confused, modulus":    {hs(ours.N.Bytes()), "algorithm"},
		"PS256 by the right key":     {l.sign(with(header, "alg", "PS256"), payload, ours), "algorithm"},
		"signed by another key":      {l.sign(header, payload, rsaKey()), "signature"},
		"embedded jwk":               {l.sign(with(header, "jwk", jwk), payload, rsaKey()), `"jwk"`},
		"embedded jwk without a kid": {l.sign(with(header, "jwk", jwk, "kid", nil), payload, rsaKey()), `"jwk"`},
		"jku": {l.sign(with(header, "jku", "https://evil.example/keys"),
			payload, rsaKey()), `"jku"`},
		"x5u": {l.sign(with(header, "x5u", "https://evil.example/cert"),
			payload, rsaKey()), `"x5u"`},
		"x5c": {l.sign(with(header, "x5c", []string{"MIIB"}), payload, rsaKey()),
			"signature"},
		"crit": {l.sign(with(header, "crit", []string{"exp"}), payload, ours), `"crit"`},
		"b64":  {l.sign(with(header, "b64", false), payload, ours), `"b64"`},
		"unknown kid": {l.sign(with(header, "kid", "x"), payload, ours),
			"its signing key is unknown or was replaced"},
		"no kid": {l.sign(with(header, "kid", nil), payload, ours),
			"its signing key is unknown or was replaced"},
		"another typ": {l.sign(with(header, "typ", "logout+jwt"), payload, ours), "typ"},
		"more roles, old signature": {unsigned(header, with(payload, "roles", []string{string(auth.Manage)})) +
			signature, "signature"},
		"no signature":              {unsigned(header, payload) + ".", "signature"},
		"a changed signature":       {unsigned(header, payload) + "." + flip(signature[1:]), "signature"},
		"two parts":                 {unsigned(header, payload), "three dot-separated parts"},
		"four parts":                {token + ".x", "three dot-separated parts"},
		"padding":                   {strings.Replace(token, ".", "=.", 1), "base64url"},
		"payload that is no object": {unsigned(header, nil) + signature, "not a JSON object"},
		"wrong audience, by the right key": {l.sign(header, with(payload, "aud", "https://graph.microsoft.com"), ours),
			"audience"},
		"no audience, by the right key": {l.sign(header, with(payload, "aud", nil), ours), "audience"},
		"several audiences, by the right key": {l.sign(header, with(payload, "aud", []string{resource, "x"}), ours),
			"audience"},
		"no expiry, by the right key": {l.sign(header, with(payload, "exp", nil), ours), "exp is missing"},
		"expiry that is text, by the right key": {l.sign(header, with(payload, "exp", "9999999999"), ours),
			"exp is not a time"},
		"expiry of year 50000":             {l.sign(header, with(payload, "exp", 1.5e12), ours), "exp is not a time"},
		"negative times, by the right key": {l.sign(header, with(payload, "nbf", -1), ours), "nbf is not a time"},
		"another tenant's token": {l.sign(header,
			with(payload, "tid", otherOrg, "iss", origin+"/"+otherOrg+"/v2.0"), ours), "its client was removed"},
		"tid and iss differ": {l.sign(header, with(payload, "tid", otherOrg), ours), "issuer"},
		"no tenant":          {l.sign(header, with(payload, "tid", "", "iss", "//v2.0"), ours), "issuer"},
		"no client":          {l.sign(header, with(payload, "azp", nil), ours), "its client was removed"},
		"oversized": {l.sign(header, with(payload, "x", strings.Repeat("a", 16<<10)), ours),
			"at most 16384"},
	} {
		t.Run(name, func(t *testing.T) { l.in(t).rejected(test.token, test.why) })
	}
	l.check(token)
	l.check(l.sign(header, payload, ours)) // the test's own signatures are valid
}

// flip changes a bit in the middle.
func flip(signature string) string {
	b := []byte(signature)
	b[len(b)/2] = map[bool]byte{true: 'B', false: 'A'}[b[len(b)/2] == 'A']
	return string(b)
}

// RFC 8725, section 2.1: an RSA signature whose number is written differently must not count as
// another token. Nothing depends on that here, but it must not pass with a modulus added either.
func TestSignatureIsInItsRange(t *testing.T) {
	l := newLab(t)
	token := l.token(l.client().request())
	_, ours := l.keys.Signer()
	at := strings.LastIndexByte(token, '.') + 1
	raw, err := base64.RawURLEncoding.DecodeString(token[at:])
	l.must(err)
	larger := new(big.Int).Add(new(big.Int).SetBytes(raw), ours.N)
	l.rejected(token[:at]+base64.RawURLEncoding.EncodeToString(larger.Bytes()), "signature")
}

// A flood of unknown keys does not make the server read the store each time, and does not harm
// others.
func TestUnknownKidFlood(t *testing.T) {
	l := newLab(t)
	c := l.client()
	header, payload := l.parts(l.token(c.request()))
	for range 100 {
		l.rejected(l.sign(with(header, "kid", "x"), payload, rsaKey()), "its signing key is unknown or was replaced")
	}
	if _, err := l.keyring().Rotate(t.Context(), auth.Tokens); err != nil {
		t.Fatal(err)
	}
	config := l.config
	config.Keys = l.keyring()
	reply, err := l.authority(config).Token(t.Context(), c.request())
	l.must(err)
	l.rejected(reply.AccessToken, "its signing key is unknown or was replaced") // asked a moment ago
	l.sleep(10 * time.Second)
	l.check(reply.AccessToken)
}

// Another library verifies the server's tokens by discovery and JWKS.
func TestTokensVerifyWithOpenIDConnect(t *testing.T) {
	l := newLab(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	answer := func(v any, err error) http.HandlerFunc {
		l.must(err)
		return func(w http.ResponseWriter, _ *http.Request) { reply(w, v) }
	}
	mux.Handle("/"+org+"/v2.0/.well-known/openid-configuration",
		answer(l.Discovery(t.Context(), server.URL, strings.ToUpper(org), false)))
	mux.Handle("/"+org+"/discovery/v2.0/keys", answer(l.JWKS(t.Context(), org)))
	provider, err := oidc.NewProvider(t.Context(), server.URL+"/"+org+"/v2.0")
	l.must(err)
	c := l.client()
	r := c.request()
	r.Origin = server.URL
	verifier := provider.Verifier(&oidc.Config{ClientID: resource, Now: l.clock})
	token, err := verifier.Verify(t.Context(), l.token(r))
	l.must(err)
	l.equal("subject", token.Subject, c.ID)
}

func TestDiscovery(t *testing.T) {
	l := newLab(t)
	for _, test := range []struct {
		v1   bool
		want [4]string
	}{
		{false, [4]string{"/v2.0", "/oauth2/v2.0/token", "/discovery/v2.0/keys", "/oauth2/v2.0/authorize"}},
		{true, [4]string{"/", "/oauth2/token", "/discovery/keys", "/oauth2/authorize"}},
	} {
		d, err := l.Discovery(t.Context(), origin, org, test.v1)
		l.must(err)
		for i, got := range []string{d.Issuer, d.TokenEndpoint, d.JWKSURI, d.AuthorizationEndpoint} {
			l.equal("address", got, origin+"/"+org+test.want[i])
		}
	}
	_, err := l.Discovery(t.Context(), origin, "common", false)
	if _, keysErr := l.JWKS(t.Context(), "common"); !errors.Is(err, database.ErrNotFound) ||
		!errors.Is(keysErr, database.ErrNotFound) {
		t.Errorf("errors %v, %v", err, keysErr)
	}
}

// The public keys of all keys that check tokens are published, and nothing else.
func TestJWKS(t *testing.T) {
	l := newLab(t)
	before, _ := l.keys.Signer()
	after, err := l.keys.Rotate(t.Context(), auth.Tokens)
	l.must(err)
	text, err := l.JWKS(t.Context(), org)
	l.must(err)
	set := decode[struct{ Keys []map[string]string }](l, text)
	var ids []string
	for _, key := range set.Keys {
		ids = append(ids, key["kid"])
		delete(key, "kid")
		if len(key["n"]) < 340 {
			t.Errorf("n is %q", key["n"])
		}
		delete(key, "n")
		l.equal("key", key, map[string]string{"kty": "RSA", "use": "sig", "alg": "RS256", "e": "AQAB"})
	}
	want := []string{before, after}
	slices.Sort(ids)
	slices.Sort(want)
	l.equal("ids", ids, want)
}
