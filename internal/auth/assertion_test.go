package auth_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/access"
)

// certified is a client with a certificate and no secret.
type certified struct {
	client
	*lab
	key crypto.Signer
	der []byte
}

func (l *lab) certified(key crypto.Signer) certified {
	l.Helper()
	c := client{Client: access.Client{ID: uuid.NewString(), Organization: org, AllGroups: true,
		Permissions: []string{string(auth.ReadSoftware)}, Created: noon}}
	c.Name = c.ID
	der, text := l.certificate(key)
	credential, err := auth.NewCertificate(rand.Reader, text, noon)
	l.must(err)
	l.must(l.store.Access.AddClient(l.Context(), c.Client, credential))
	return certified{c, l, key, der}
}

// header names the certificate like MSAL.
func (c certified) header(alg string) map[string]any {
	hash := sha256.Sum256(c.der)
	return map[string]any{"alg": alg, "typ": "JWT", "x5t#S256": base64.StdEncoding.EncodeToString(hash[:])}
}

// claims are the claims of MSAL's assertions.
func (c certified) claims() map[string]any {
	return map[string]any{"aud": origin + "/" + org + "/oauth2/v2.0/token", "iss": c.ID,
		"sub": c.ID, "jti": uuid.NewString(),
		"nbf": noon.Unix(), "exp": noon.Add(10 * time.Minute).Unix()}
}

// asserted is a token call with an assertion instead of the secret.
func (c client) asserted(assertion string) auth.TokenRequest {
	return c.request("client_secret", "", "client_assertion", assertion,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
}

func TestAssertionsByCertificate(t *testing.T) {
	l := newLab(t)
	long := l.certified(rsaKey())
	curve, longCurve := l.certified(newEC(l, elliptic.P256())), l.certified(newEC(l, elliptic.P384()))
	thumbprint := sha1.Sum(long.der)
	for name, test := range map[string]struct {
		client certified
		header map[string]any
	}{
		"PS256 and x5t#S256, as MSAL sends now": {long, long.header("PS256")},
		"RS256 and x5t, as MSAL sent before": {long,
			map[string]any{"alg": "RS256", "x5t": base64.RawURLEncoding.EncodeToString(thumbprint[:])}},
		"kid in hex": {long,
			map[string]any{"alg": "RS256", "kid": strings.ToUpper(hex.EncodeToString(thumbprint[:]))}},
		"kid as x5t": {long,
			map[string]any{"alg": "RS256", "kid": base64.URLEncoding.EncodeToString(thumbprint[:])}},
		"ES256":                       {curve, curve.header("ES256")},
		"ES384":                       {longCurve, longCurve.header("ES384")},
		"x5c, which is not looked at": {long, with(long.header("PS256"), "x5c", []string{"MIIB"})},
	} {
		t.Run(name, func(t *testing.T) {
			l := l.in(t)
			token := l.token(test.client.asserted(l.sign(test.header, test.client.claims(), test.client.key)))
			_, payload := l.parts(token)
			l.equal("azpacr", payload["azpacr"], any("2"))
			l.equal("caller", l.check(token).ID, test.client.ID)
		})
	}
}

// The audience is the address of the token call, or an issuer.
func TestAssertionAudiences(t *testing.T) {
	l := newLab(t)
	c := l.certified(rsaKey())
	for _, aud := range []any{
		origin + "/" + org + "/oauth2/v2.0/token", origin + "/" + org + "/oauth2/token", origin + "/" + org + "/v2.0",
		origin + "/" + org + "/", origin + "/" + org, origin + "/" + strings.ToUpper(org) + "/oauth2/v2.0/token",
		[]string{"x", origin + "/" + org + "/v2.0"},
	} {
		l.check(l.token(c.asserted(l.sign(c.header("PS256"), with(c.claims(), "aud", aud), c.key))))
	}
	for name, aud := range map[string]any{
		"assertion for another audience": "https://login.microsoftonline.com/" + org + "/oauth2/v2.0/token",
		"for another tenant":             origin + "/" + otherOrg + "/oauth2/v2.0/token",
		"for the resource":               resource,
		"for nobody":                     nil,
		"for the origin":                 origin,
	} {
		t.Run(name, func(t *testing.T) {
			l := l.in(t)
			l.refused(c.asserted(l.sign(c.header("PS256"), with(c.claims(), "aud", aud), c.key)), 401, 700023, "invalid_client")
		})
	}
}

func TestReplayedAssertion(t *testing.T) {
	l := newLab(t)
	c := l.certified(rsaKey())
	for name, claims := range map[string]map[string]any{"with jti": c.claims(), "without": with(c.claims(), "jti", nil)} {
		assertion := l.sign(c.header("PS256"), claims, c.key)
		l.token(c.asserted(assertion))
		again := l.sign(c.header("PS256"), claims, c.key) // another signature, by another salt
		for _, replay := range []string{assertion, again} {
			refusal := l.refused(c.asserted(replay), 401, 50013, "invalid_client")
			if !strings.Contains(refusal.Message, "used before") {
				t.Errorf("%s: %v", name, refusal)
			}
		}
	}
	l.sleep(14 * time.Minute) // still within its time, so still remembered
	claims := with(c.claims(), "jti", "again")
	l.token(c.asserted(l.sign(c.header("RS256"), claims, c.key)))
	l.refused(c.asserted(l.sign(c.header("RS256"), claims, c.key)), 401, 50013, "invalid_client")
}

func TestRefusedAssertions(t *testing.T) {
	l := newLab(t)
	c, other := l.certified(rsaKey()), l.certified(otherKey())
	secretOnly := l.client()
	sign := func(changes ...any) string { return l.sign(c.header("PS256"), with(c.claims(), changes...), c.key) }
	jwk := map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(otherKey().N.Bytes()), "e": "AQAB"}
	unixIn := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for name, test := range map[string]struct {
		assertion string
		number    int
	}{
		"garbage":                         {"x.y.z", 50027},
		"forged":                          {l.sign(c.header("PS256"), c.claims(), otherKey()), 700027},
		"none-alg":                        {unsigned(c.header("none"), c.claims()) + ".", 700027},
		"HS/RS-confused":                  {unsigned(c.header("HS256"), c.claims()) + ".AAAA", 700027},
		"embedded jwk":                    {l.sign(with(c.header("PS256"), "jwk", jwk), c.claims(), otherKey()), 50027},
		"another client's certificate":    {l.sign(other.header("PS256"), c.claims(), other.key), 700027},
		"no certificate named":            {l.sign(map[string]any{"alg": "PS256"}, c.claims(), c.key), 700027},
		"another client's iss":            {sign("iss", other.ID), 700021},
		"another client's sub":            {sign("sub", other.ID), 700021},
		"expired":                         {sign("exp", unixIn(-301*time.Second)), 700024},
		"never expires":                   {sign("exp", nil), 700024},
		"expires in a year":               {sign("exp", unixIn(365*24*time.Hour)), 700024},
		"expires after a day and skew":    {sign("exp", unixIn(24*time.Hour+301*time.Second)), 700024},
		"not yet valid":                   {sign("nbf", unixIn(301*time.Second)), 700024},
		"from the future":                 {sign("iat", unixIn(301*time.Second)), 700024},
		"oversized":                       {sign("x", strings.Repeat("a", 16<<10)), 50027},
		"an access token of ours instead": {l.token(l.client().request()), 700027},
	} {
		t.Run(name, func(t *testing.T) { l.in(t).refused(c.asserted(test.assertion), 401, test.number, "invalid_client") })
	}
	l.refused(secretOnly.asserted(sign()), 401, 700027, "invalid_client")
	l.token(c.asserted(sign("exp", unixIn(24*time.Hour))))
}

func TestCertificateOutsideItsTime(t *testing.T) {
	l := newLab(t)
	c := l.certified(rsaKey())
	for name, now := range map[string]time.Time{"expired": noon.AddDate(1, 0, 0),
		"not yet valid": noon.AddDate(0, 0, -11)} {
		l.sleep(now.Sub(l.clock()))
		claims := with(c.claims(), "nbf", now.Unix(), "exp", now.Add(time.Minute).Unix())
		refusal := l.refused(c.asserted(l.sign(c.header("PS256"), claims, c.key)), 401, 700027, "invalid_client")
		if !strings.Contains(refusal.Message, "has expired, or is not valid yet") {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}

// A secret does not replace an assertion that fails, and an assertion takes precedence over a valid
// secret.
func TestAssertionWinsOverASecret(t *testing.T) {
	l := newLab(t)
	c := l.client()
	r := c.asserted("x.y.z")
	r.Form.Set("client_secret", c.secret)
	l.refused(r, 401, 50027, "invalid_client")
}

func TestNewCertificate(t *testing.T) {
	l := newLab(t)
	der, good := l.certificate(rsaKey())
	_, curve := l.certificate(newEC(l, elliptic.P384()))
	_, weak := l.certificate(newRSA(1024))
	_, wrongCurve := l.certificate(newEC(l, elliptic.P521()))
	_, old := l.certificate(rsaKey(), func(c *x509.Certificate) { c.NotAfter = noon })
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
	for name, text := range map[string][]byte{"PEM": good, "DER": der, "P-384": curve,
		"PEM after other text": append([]byte("subject=siem\n"), good...)} {
		c, err := auth.NewCertificate(rand.Reader, text, noon)
		if err != nil || c.Kind != access.KindCertificate || c.Hash != sha256.Sum256(c.Data) ||
			!strings.HasPrefix(c.Hint, "CN=siem ") ||
			!c.Expires.Equal(noon.AddDate(1, 0, 0)) || c.ID == "" {
			t.Errorf("%s: %+v, error %v", name, c, err)
		}
	}
	for why, text := range map[string][]byte{
		"1024 bits":             weak,
		"P-256 or P-384":        wrongCurve,
		"it expired at":         old,
		"without a private key": append(private, good...),
		"keep the key":          append(append([]byte{}, good...), private...),
		"more than one block":   append(append([]byte{}, good...), good...),
		"at most 65536":         make([]byte, 70_000),
		"not PEM":               []byte("-----BEGIN CERTIFICATE-----\nx"),
		"x509":                  []byte("hello"),
	} {
		if _, err := auth.NewCertificate(rand.Reader, text, noon); !errors.Is(err, auth.ErrCertificate) ||
			!strings.Contains(err.Error(), why) {
			t.Errorf("error %v, want %q", err, why)
		}
	}
}
