package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// signer signs JWTs with ES256, without a JWT library.
type signer struct {
	testing.TB
	key    *ecdsa.PrivateKey
	header map[string]any
}

func newSigner(t testing.TB) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{t, key, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "1"}}
}

func (s *signer) sign(claims map[string]any) string {
	s.Helper()
	text := unsigned(s.header, claims)
	digest := sha256.Sum256([]byte(text))
	x, y, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		s.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(append(x.FillBytes(make([]byte, 32)),
		y.FillBytes(make([]byte, 32))...))
}

// certificate returns a certificate of the signer's key in PEM form, which its tokens name from
// now on.
func (s *signer) certificate() string {
	s.Helper()
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "siem"},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &s.key.PublicKey, s.key)
	if err != nil {
		s.Fatal(err)
	}
	hash := sha256.Sum256(der)
	s.header = map[string]any{"alg": "ES256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(hash[:])}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// issuer is a provider of OpenID Connect: discovery, and one key.
type issuer struct {
	*signer
	*httptest.Server
	broken atomic.Bool
}

func newIssuer(t testing.TB) *issuer {
	i := &issuer{signer: newSigner(t)}
	point, err := i.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if i.broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.URL+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","kid":"1","alg":"ES256","use":"sig","x":%q,"y":%q}]}`,
			part(point[1:33]), part(point[33:]))
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Server.Close)
	return i
}

// claims are the claims of an application's token from Entra ID, with changes; nil removes one.
func (i *issuer) claims(changes ...any) map[string]any {
	all := map[string]any{"iss": i.URL, "aud": "api://muster-exports", "azp": "siem", "tid": "corp", "sub": "subject",
		"roles": []string{"Vulnerability.Read.All"}, "nbf": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}
	for at := 0; at < len(changes); at += 2 {
		all[changes[at].(string)] = changes[at+1]
		if changes[at+1] == nil {
			delete(all, changes[at].(string))
		}
	}
	return all
}

// trust makes the server trust an issuer; members are the members of its entry.
func (l *lab) trust(i *issuer, members string) {
	l.Helper()
	trusted, err := auth.ParseTrustedIssuers(fmt.Appendf(nil, `{"issuers":[{"issuer":%q,%s}]}`, i.URL, members))
	if err != nil {
		l.Fatal(err)
	}
	l.authority(func(c *auth.Config) { c.Trusted = trusted })
}

// asserted is a token call with an assertion instead of the secret.
func asserted(app control.Issued, assertion string) string {
	return formOf(app, "client_secret", "", "client_assertion", assertion,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
}

// certified adds a client that has a certificate and no secret.
func (l *lab) certified(s *signer) control.Issued {
	l.Helper()
	body, err := json.Marshal(map[string]any{"name": uuid.NewString(), "permissions": []string{"Vulnerability.Read.All"},
		"secret": false, "certificate": s.certificate()})
	if err != nil {
		l.Fatal(err)
	}
	return l.addClient(string(body))
}

// Subtests are named by sentences of doc/contract.md, section 6.

func TestAssertions(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 1, 1))
	own := newSigner(t)
	app := l.certified(own)
	l.config.Trusted = nil
	l.start()
	claims := func(changes ...any) map[string]any {
		all := (&issuer{Server: &httptest.Server{}}).claims("iss", app.ClientID, "sub", app.ClientID, "aud",
			l.server.URL+newer(app), "jti", uuid.NewString())
		for at := 0; at < len(changes); at += 2 {
			all[changes[at].(string)] = changes[at+1]
		}
		return all
	}
	t.Run("In place of a secret a `client_assertion` is accepted: a JWT with the signature of a registered "+
		"certificate", func(t *testing.T) {
		l.issued(l.askToken(newer(app), asserted(app, own.sign(claims()))))
		l.issued(l.askToken(older(app), asserted(app, own.sign(claims("aud", l.server.URL+older(app))))))
		once := asserted(app, own.sign(claims()))
		l.issued(l.askToken(newer(app), once))
		l.denied(l.askToken(newer(app), once), 401, "invalid_client", 50013)
		stranger := newSigner(t)
		stranger.header = own.header
		for name, test := range map[string]struct {
			assertion string
			number    int
		}{
			"signed by another key": {stranger.sign(claims()), 700027},
			"none-alg":              {unsigned(map[string]any{"alg": "none"}, claims()) + ".", 700027},
			"another client's":      {own.sign(claims("iss", uuid.NewString())), 700021},
			"for another server": {own.sign(claims("aud", "https://login.microsoftonline.com/"+org+"/oauth2/v2.0/token")),
				700023},
			"expired":       {own.sign(claims("exp", noon.Add(-time.Hour).Unix())), 700024},
			"not yet valid": {own.sign(claims("nbf", noon.Add(time.Hour).Unix())), 700024},
			"no JWT":        {"mst_secret", 50027},
		} {
			t.Run(name, func(t *testing.T) {
				l.denied(l.askToken(newer(app), asserted(app, test.assertion)), 401, "invalid_client", test.number)
				l.advance(time.Minute) // failures are forgotten
			})
		}
	})
	t.Run("or one of an outside issuer that is trusted", func(t *testing.T) {
		platform := newIssuer(t)
		l.trust(platform, fmt.Sprintf(`"clients":{"repo:corp/siem":%q}`, app.ClientID))
		job := func(changes ...any) string {
			return asserted(app, platform.sign(
				platform.claims(append([]any{"sub", "repo:corp/siem", "aud", "api://AzureADTokenExchange"}, changes...)...)))
		}
		l.issued(l.askToken(newer(app), job()))
		l.denied(l.askToken(newer(app), job("sub", "repo:evil/siem")), 401, "invalid_client", 70021)
		l.denied(l.askToken(newer(app), job("aud", "https://elsewhere.example")), 401, "invalid_client", 700212)
		l.unauthorized(l.call("SoftwareVulnerabilitiesByMachine", bearer(platform.sign(platform.claims()))),
			`Bearer error="invalid_token"`)
	})
}

func TestTokensOfOutsideIssuers(t *testing.T) {
	l, _ := guarded(t)
	entra := newIssuer(t)
	ask := func(call string, changes ...any) reply {
		t.Helper()
		return l.call(call, bearer(entra.sign(entra.claims(changes...))))
	}
	const findings, software = "SoftwareVulnerabilitiesByMachine", "SoftwareInventoryByMachine"
	const everybody = `"audiences":["api://muster-exports"],"organizations":{"corp":"` + org + `"},"allGroups":true`
	t.Run("Tokens of an outside issuer (Entra ID, Keycloak or any other OIDC provider) are accepted if the server is "+
		"configured so; their keys are found by discovery and JWKS", func(t *testing.T) {
		l.unauthorized(ask(findings), `Bearer error="invalid_token"`)
		l.trust(entra, everybody)
		l.page(ask(findings))
	})
	t.Run("The claims that count are `iss`, `aud`, `exp`, `nbf`, `tid`, and `appid` or `azp`", func(t *testing.T) {
		l.trust(entra, everybody+`,"applications":["siem"]`)
		l.page(ask(findings, "azp", nil, "appid", "siem"))
		l.page(ask(findings, "aud", []string{"x", "api://muster-exports"}))
		for name, changes := range map[string][]any{
			"another iss":      {"iss", "https://evil.example"},
			"iss with a slash": {"iss", entra.URL + "/"}, "no iss": {"iss", nil},
			"another aud": {"aud", exports}, "no aud": {"aud", nil},
			"exp": {"exp", noon.Add(-6 * time.Minute).Unix()}, "no exp": {"exp", nil},
			"nbf":         {"nbf", noon.Add(6 * time.Minute).Unix()},
			"another tid": {"tid", "evil"}, "no tid": {"tid", nil},
			"another azp": {"azp", "evil"}, "another appid": {"azp", nil, "appid", "evil"}, "no application": {"azp", nil},
		} {
			t.Run(name, func(t *testing.T) { l.unauthorized(ask(findings, changes...), `Bearer error="invalid_token"`) })
		}
		stranger := newIssuer(t)
		l.unauthorized(l.call(findings, bearer(stranger.sign(entra.claims()))), `Bearer error="invalid_token"`)
	})
	t.Run("permissions are `roles` of an application and `scp` of a user", func(t *testing.T) {
		l.trust(entra, everybody)
		l.page(ask(software, "roles", []string{"Software.Read.All"}))
		said := l.refused(ask(software), http.StatusForbidden, defender.CodeForbidden)
		l.equal("application", said, "The application does not have any of the required application permissions (Software.Read.All) to access the resource.")
		l.page(ask(software, "roles", nil, "scp", "User.Read Software.Read"))
		said = l.refused(ask(software, "scp", "Vulnerability.Read", "roles", []string{"Software.Read.All"}),
			http.StatusForbidden, defender.CodeForbidden)
		l.equal("user", said, "The user does not have any of the required delegated permissions (Software.Read) to access the resource.")
		l.refused(l.get("/v1/clients", bearer(entra.sign(entra.claims("roles", []string{"Vulnerability.Read.All"})))),
			http.StatusForbidden, defender.CodeForbidden)
	})
	t.Run("groups of a claim", func(t *testing.T) {
		l.trust(entra, strings.Replace(everybody, `"allGroups":true`,
			`"groupClaim":"groups","groups":{"g":["Unassigned"],"h":["Servers"]}`, 1))
		l.equal("rows", len(l.page(ask(findings, "groups", []string{"g"})).Value), 2)
		l.equal("rows of another group", len(l.page(ask(findings, "groups", []string{"h"})).Value), 0)
		l.equal("rows of no group", len(l.page(ask(findings)).Value), 0)
	})
}

// An issuer that does not answer is the server's problem, not the client's: 503, with the reason
// only in the log.
func TestOutsideIssuerThatIsDown(t *testing.T) {
	log := new(bytes.Buffer)
	l, app := guarded(t, func(c *api.Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) })
	entra := newIssuer(t)
	entra.broken.Store(true)
	l.trust(entra, fmt.Sprintf(`"audiences":["api://muster-exports"],"organization":%q,"allGroups":true,"clients":{"job":%q}`, org, app.ClientID))
	down := func(r reply) {
		t.Helper()
		said := l.refused(r, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
		if strings.Contains(said, entra.URL) || r.Header.Get("Retry-After") == "" {
			t.Errorf("%q, Retry-After %q", said, r.Header.Get("Retry-After"))
		}
	}
	down(l.call("SoftwareVulnerabilitiesByMachine", bearer(entra.sign(entra.claims()))))
	down(l.askToken(newer(app), asserted(app,
		entra.sign(entra.claims("sub", "job", "aud", "api://AzureADTokenExchange")))))
	if !strings.Contains(log.String(), "502 Bad Gateway") {
		t.Errorf("the log does not say why: %s", log)
	}
	l.issued(l.askToken(newer(app), formOf(app))) // other clients still get tokens
	entra.broken.Store(false)
	l.advance(time.Minute)
	l.page(l.call("SoftwareVulnerabilitiesByMachine", bearer(entra.sign(entra.claims()))))
}
