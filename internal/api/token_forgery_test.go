package api_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// attempts returns tokens with one defect each, by what they try. The valid one is of a client
// with all permissions.
func attempts(l *lab, app control.Issued, good string) map[string]string {
	var header, claims map[string]any
	decodePart(l, good, 0, &header)
	decodePart(l, good, 1, &claims)
	signature := good[strings.LastIndexByte(good, '.'):]
	other := func(m map[string]any, name string, value any) map[string]any {
		m = maps.Clone(m)
		m[name] = value
		return m
	}
	all := map[string]string{
		"forged by another key":    forge(l, header, claims),
		"forged by another server": strangersToken(l, app),
		"none-alg":                 unsigned(other(header, "alg", "none"), claims) + ".",
		"none-alg, old signature":  unsigned(other(header, "alg", "none"), claims) + signature,
		"HS/RS-confused":           confuse(l, other(header, "alg", "HS256"), claims),
		"more roles, old signature": unsigned(header,
			other(claims, "roles", []string{"Muster.Manage.All", "Reports.Write.All"})) + signature,
		"other tenant, old signature": unsigned(header, other(claims, "tid", "99999999-2222-4333-8444-555555555555")) +
			signature,
		"a later end, old signature": unsigned(header, other(claims, "exp", 4e9)) + signature,
		"a key of its own in jwk":    forge(l, other(header, "jwk", publicKey()), claims),
		"a key of its own by jku":    forge(l, other(header, "jku", "https://evil.example/keys"), claims),
		"no signature":               good[:strings.LastIndexByte(good, '.')] + ".",
		"half a token":               good[:len(good)/2],
		"no JSON":                    "e30.e30.e30",
		"oversized":                  good + strings.Repeat("A", 32<<10),
		"a secret":                   app.ClientSecret,
	}
	l.advance(-2 * time.Hour)
	all["expired"] = l.issued(l.askToken(newer(app), formOf(app)))
	l.advance(4 * time.Hour)
	all["not yet valid"] = l.issued(l.askToken(newer(app), formOf(app)))
	l.advance(-2 * time.Hour)
	all["wrong audience"] = tokenFor(l, app, "https://graph.microsoft.com")
	all["of a client that was removed"] = removed(l)
	return all
}

func unsigned(header, claims map[string]any) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // of a literal in a test
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(header) + "." + part(claims)
}

// thief is a key that the server does not know.
var thief = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // without randomness no test is meaningful
	}
	return key
})

// publicKey is the thief's public key, as a JSON Web Key.
func publicKey() map[string]any {
	return map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig",
		"n": base64.RawURLEncoding.EncodeToString(thief().N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(thief().E)).Bytes())}
}

// forge signs with the thief's key.
func forge(l *lab, header, claims map[string]any) string {
	l.Helper()
	text := unsigned(header, claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, thief(), crypto.SHA256, digest[:])
	if err != nil {
		l.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// confuse uses the server's public key, which everybody has, as a secret.
func confuse(l *lab, header, claims map[string]any) string {
	l.Helper()
	var set struct{ Keys []struct{ N string } }
	l.decode(l.get("/"+org+"/discovery/v2.0/keys"), http.StatusOK, &set)
	modulus, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		l.Fatal(err)
	}
	text := unsigned(header, claims)
	mac := hmac.New(sha256.New, modulus)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// tokenFor is a token with the server's own key for another resource.
func tokenFor(l *lab, app control.Issued, resource string) string {
	l.Helper()
	return tokenOf(l, auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: l.config.Keys,
		Clock: l.clock, Resources: []string{resource}}, app, resource)
}

// strangersToken is a token of another server with its own keys.
func strangersToken(l *lab, app control.Issued) string {
	l.Helper()
	return tokenOf(l, auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: strangeKeys(l),
		Clock: l.clock}, app, exports)
}

func tokenOf(l *lab, c auth.Config, app control.Issued, resource string) string {
	l.Helper()
	a, err := auth.New(l.Context(), c)
	if err != nil {
		l.Fatal(err)
	}
	reply, err := a.Token(l.Context(), auth.TokenRequest{Tenant: app.TenantID, Origin: l.server.URL,
		Form: map[string][]string{"grant_type": {"client_credentials"}, "client_id": {app.ClientID},
			"client_secret": {app.ClientSecret}, "scope": {resource}}})
	if err != nil {
		l.Fatal(err)
	}
	return reply.AccessToken
}

// removed is the token of a removed client.
func removed(l *lab) string {
	l.Helper()
	l.config.Trusted = &auth.Caller{Organization: org, Permissions: auth.Permissions(), AllGroups: true}
	l.start()
	app := l.addClient(`{"name":"gone","permissions":["Vulnerability.Read.All","Software.Read.All","Reports.Write.All","Muster.Manage.All"]}`)
	l.config.Trusted = nil
	l.start()
	token := l.issued(l.askToken(newer(app), formOf(app)))
	if err := l.store.Access.RemoveClient(l.Context(), org, app.ClientID); err != nil {
		l.Fatal(err)
	}
	return token
}

// protected lists every operation that needs a token, as method and path.
func protected(l *lab) (calls [][2]string) {
	l.Helper()
	var document struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &document)
	fill := strings.NewReplacer("{id}", "x", "{number}", "1", "{kind}", "nvd", "{name}", "nvd", "{purpose}",
		"token", "{credential}", "x")
	for path, operations := range document.Paths {
		for method, operation := range operations {
			if len(operation.Security) > 0 {
				calls = append(calls, [2]string{strings.ToUpper(method), fill.Replace(path)})
			}
		}
	}
	return calls
}

// TestBadTokensAtEveryRoute tries each bad token at each operation that needs one. All get 401,
// before anything else of the request is checked, and none changes anything.
func TestBadTokensAtEveryRoute(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	app := l.addClient(`{"name":"admin","permissions":["Vulnerability.Read.All","Software.Read.All","Reports.Write.All","Muster.Manage.All"]}`)
	l.config.Trusted = nil
	l.start()
	good := l.issued(l.askToken(newer(app), formOf(app)))
	bad := attempts(l, app, good)
	calls := protected(l)
	if len(calls) < 30 {
		t.Fatalf("%d operations ask for a token: %q", len(calls), calls)
	}
	try := func(headers ...string) (replies []reply) {
		l.Helper()
		for i, call := range calls {
			if i > 0 && i%90 == 0 {
				l.start() // forgets failures, of which a network has 100 at once
			}
			replies = append(replies, l.do(call[0], call[1], strings.NewReader("{}"), headers...))
			l.advance(10 * time.Millisecond) // all together less than the skew
		}
		return replies
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		t.Run(name, func(t *testing.T) {
			for _, r := range try(bearer(bad[name])) {
				l.unauthorized(r, `Bearer error="invalid_token"`)
			}
			l.start() // forgets failures
		})
	}
	for name, header := range map[string]string{"no token": "X: y", "an empty token": "Authorization: Bearer ",
		"the client's secret as HTTP Basic": basic(app.ClientID, app.ClientSecret)} {
		t.Run(name, func(t *testing.T) {
			for _, r := range try(header) {
				l.unauthorized(r, "Bearer")
			}
			l.start()
		})
	}
	t.Run("a token in the query", func(t *testing.T) {
		l.unauthorized(l.call("SoftwareVulnerabilitiesByMachine?access_token="+good), "Bearer")
	})
	l.page(l.call("SoftwareVulnerabilitiesByMachine", bearer(good)))
	clients, _, err := l.store.Access.Clients(t.Context(), org)
	if err != nil || len(clients) != 1 {
		t.Errorf("%d clients are there (%v), want 1", len(clients), err)
	}
}

// unauthorized checks that a reply asks for another token and says nothing else.
func (l *lab) unauthorized(r reply, challenge string) {
	l.Helper()
	said := l.refused(r, http.StatusUnauthorized, defender.CodeUnauthorized)
	if got := r.Header.Get("WWW-Authenticate"); got != challenge {
		l.Errorf("%s %s: WWW-Authenticate is %q, want %q", r.Request.Method, r.Request.URL.Path, got, challenge)
	}
	if len(said) > 300 {
		l.Errorf("%d bytes say why a token is refused: %s", len(said), said)
	}
}

// TestAnotherTenantsToken uses the token of another organization's manager: it sees nothing of
// this one, and does nothing to the server.
func TestAnotherTenantsToken(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	own := l.addClient(`{"name":"own","permissions":["Software.Read.All"]}`)
	var other control.Issued
	l.change(http.MethodPost, "/v1/organizations", `{"name":"Other"}`, &other)
	l.config.Trusted = nil
	l.start()
	theirs := bearer(tokenOf(l, auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations,
		Keys: l.config.Keys, Clock: l.clock}, other, exports))
	for _, call := range defender.Calls() {
		r := l.call(call.Name+"?sinceTime="+since, theirs)
		if r.StatusCode == http.StatusOK && strings.Contains(string(r.body), deviceID(0)) {
			t.Errorf("%s shows another organization's devices: %s", call.Name, r.body)
		}
	}
	for _, call := range [][2]string{{"GET", "/v1/organizations"}, {"POST", "/v1/organizations"},
		{"PUT", "/v1/feeds/nvd/nvd?file=x"},
		{"POST", "/v1/feeds/refresh"}, {"POST", "/v1/keys/token/rotate"}} {
		l.refused(l.do(call[0], call[1], strings.NewReader("{}"), theirs), http.StatusForbidden, defender.CodeForbidden)
	}
	if r := l.get("/metrics", theirs); r.StatusCode != http.StatusOK || strings.Contains(string(r.body), org) ||
		strings.Contains(string(r.body), "muster_http_requests_total") {
		t.Errorf("/metrics shows what is not theirs: %d %s", r.StatusCode, r.body)
	}
	for _, call := range [][2]string{{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/rotate"}} {
		r := l.do(call[0], "/v1/clients/"+own.ClientID+call[1], strings.NewReader(`{}`), theirs)
		l.refused(r, http.StatusNotFound, defender.CodeResourceNotFound)
	}
	l.refused(l.get("/v1/devices/"+deviceID(0), theirs), http.StatusNotFound, defender.CodeResourceNotFound)
	l.denied(l.askToken(newer(own), formOf(other)), 400, "unauthorized_client", 700016)
	l.denied(l.askToken(fmt.Sprintf("/%s/oauth2/token", other.TenantID), formOf(own)), 400, "unauthorized_client", 700016)
}
