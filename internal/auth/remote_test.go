package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
)

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func decode[T any](l *lab, text []byte) (v T) {
	l.Helper()
	l.must(json.Unmarshal(text, &v))
	return v
}

// provider is an issuer: OpenID Connect discovery and keys.
type provider struct {
	*lab
	server         *httptest.Server
	kid            atomic.Value // string: the id of the one key
	fetched, asked atomic.Int64 // of keys, and of the discovery document
	broken         atomic.Bool
	wrongIssuer    atomic.Bool
}

func (l *lab) provider() *provider {
	p := &provider{lab: l}
	p.kid.Store("first")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		issuer := p.server.URL
		if p.wrongIssuer.Load() {
			issuer = "https://evil.example"
		}
		p.answer(w, map[string]any{"issuer": issuer, "jwks_uri": p.server.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.fetched.Add(1)
		p.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "kid": p.kid.Load(), "e": "AQAB",
			"n": base64.RawURLEncoding.EncodeToString(rsaKey().N.Bytes())}}})
	})
	p.server = httptest.NewServer(mux)
	l.Cleanup(p.server.Close)
	return p
}

func (p *provider) answer(w http.ResponseWriter, v any) {
	if p.broken.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	reply(w, v)
}

// trust returns an authority that trusts the provider; text has the members of its entry after
// issuer.
func (p *provider) trust(text string) *lab {
	p.Helper()
	issuers, err := auth.ParseTrustedIssuers([]byte(`{"issuers":[{"issuer":"` + p.server.URL + `",` + text + `}]}`))
	p.must(err)
	p.config.Trusted = issuers
	p.Authority = p.authority(p.config)
	return p.lab
}

// claims are the claims of an application's token from Entra ID.
func (p *provider) claims() map[string]any {
	return map[string]any{"iss": p.server.URL, "aud": "api://muster", "azp": "app", "sub": "subject", "tid": "tenant",
		"roles": []string{"Vulnerability.Read.All"}, "iat": noon.Unix(), "nbf": noon.Unix(),
		"exp": noon.Add(time.Hour).Unix()}
}

// token returns a token of the provider.
func (p *provider) token(changes ...any) string {
	return p.sign(map[string]any{"alg": "RS256", "typ": "JWT", "kid": p.kid.Load()},
		with(p.claims(), changes...), rsaKey())
}

const everybody = `"audiences":["api://muster"],"organization":"` + org + `","allGroups":true`

func TestTokensOfTrustedIssuers(t *testing.T) {
	groups := `"audiences":["api://muster","other"],"organizations":{"tenant":"` + otherOrg + `"},` +
		`"groupClaim":"realm.groups","groups":{"g1":["Servers"],"g2":["Clients","Servers"]}`
	for name, test := range map[string]struct {
		trust   string
		changes []any
		want    auth.Caller
	}{
		"an application": {everybody, nil,
			auth.Caller{Organization: org, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, AllGroups: true}},
		"the older claims": {everybody, []any{"azp", nil, "appid", "app1", "app_displayname", "SIEM"},
			auth.Caller{Organization: org, ID: "app1", Name: "SIEM",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, AllGroups: true}},
		"several audiences": {everybody, []any{"aud", []string{"x", "api://muster"}},
			auth.Caller{Organization: org, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, AllGroups: true}},
		"roles that mean nothing": {everybody, []any{"roles", []string{"x", "Reports.Write.Own", "Software.Read.All"}},
			auth.Caller{Organization: org, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true}},
		"a user": {everybody, []any{"scp", "Vulnerability.Read software.read Muster.Manage.All", "roles",
			[]string{"Muster.Manage.All"}, "oid", "o", "preferred_username", "eve@corp"},
			auth.Caller{Organization: org, ID: "o", Name: "eve@corp", Delegated: true,
				Permissions: []auth.Permission{auth.ReadVulnerabilities, auth.ReadSoftware}, AllGroups: true}},
		"permissions by a mapping, in a claim within a claim": {
			everybody + `,"permissionClaim":"realm_access.roles","permissions":{"reader":["Software.Read.All","Vulnerability.Read.All"]}`,
			[]any{"realm_access", map[string]any{"roles": []string{"reader", "Muster.Manage.All"}}},
			auth.Caller{Organization: org, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadSoftware, auth.ReadVulnerabilities}, AllGroups: true}},
		"groups and the tenant's organization": {groups,
			[]any{"realm", map[string]any{"groups": []string{"g2", "g9"}}, "aud", "other"},
			auth.Caller{Organization: otherOrg, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{1, 2}}},
		"devices in no group, by either name, and a name in two cases": {
			strings.Replace(groups, `"g1":["Servers"]`, `"g1":["Servers","SERVERS"],"g0":["Unassigned","None"]`, 1),
			[]any{"realm", map[string]any{"groups": []string{"g0"}}},
			auth.Caller{Organization: otherOrg, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{0}}},
		"the last of the names": {
			strings.Replace(groups, `"g1":["Servers"]`, `"g1":["Unassigned"],"g3":["Zebra"]`, 1),
			[]any{"realm", map[string]any{"groups": []string{"g3"}}},
			auth.Caller{Organization: otherOrg, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{3}}},
		"no groups": {groups, nil,
			auth.Caller{Organization: otherOrg, ID: "app", Name: "app",
				Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newLab(t).provider()
			l := p.trust(test.trust)
			l.equal("caller", l.check(p.token(test.changes...)), test.want)
		})
	}
}

func TestRejectedTokensOfTrustedIssuers(t *testing.T) {
	p := newLab(t).provider()
	l := p.trust(everybody + `,"applications":["app"]`)
	header := map[string]any{"alg": "RS256", "kid": "first"}
	l.check(p.token())
	for name, test := range map[string]struct{ token, why string }{
		"forged":              {l.sign(header, p.claims(), otherKey()), "signature"},
		"none-alg":            {unsigned(with(header, "alg", "none"), p.claims()) + ".", "algorithm"},
		"HS/RS-confused":      {unsigned(with(header, "alg", "HS256"), p.claims()) + ".AAAA", "algorithm"},
		"jku":                 {l.sign(with(header, "jku", "https://evil.example"), p.claims(), otherKey()), `"jku"`},
		"wrong audience":      {p.token("aud", "https://graph.microsoft.com"), "audience"},
		"our own audience":    {p.token("aud", resource), "audience"},
		"expired":             {p.token("exp", noon.Add(-301*time.Second).Unix()), "expired"},
		"not yet valid":       {p.token("nbf", noon.Add(301*time.Second).Unix()), "not valid before"},
		"another application": {p.token("azp", "evil"), `"evil"`},
		"another issuer":      {p.token("iss", "https://evil.example"), "its signing key is unknown or was replaced"},
		"issuer with a slash": {p.token("iss", p.server.URL+"/"), "its signing key is unknown or was replaced"},
		"our issuer, their key": {p.token("iss", origin+"/"+org+"/v2.0", "tid", org, "aud", resource),
			"its signing key is unknown or was replaced"},
	} {
		t.Run(name, func(t *testing.T) { l.in(t).rejected(test.token, test.why) })
	}
	l = p.trust(`"audiences":["api://muster"],"organizations":{"tenant":"` + org + `"},"allGroups":true`)
	l.rejected(p.token("tid", "another"), "no organization here")
	l.rejected(p.token("tid", nil), "no organization here")
}

// During a flood of tokens with unknown keys the issuer is asked once a minute, valid tokens are
// accepted, and a new key is found.
func TestUnknownKidFloodAtAnIssuer(t *testing.T) {
	p := newLab(t).provider()
	l := p.trust(everybody)
	good := p.token()
	l.check(good)
	for range 50 {
		l.rejected(l.sign(map[string]any{"alg": "RS256", "kid": "x"}, p.claims(), otherKey()), "signature")
		l.check(good)
	}
	if n := p.fetched.Load(); n != 1 {
		t.Errorf("keys were fetched %d times", n)
	}
	p.kid.Store("second")
	l.rejected(p.token(), "signature")
	l.sleep(auth.FetchEvery)
	l.eventually("the new key is found", func() bool {
		// for a moment go-oidc returns its previous answer
		_, err := l.Check(t.Context(), "Bearer "+p.token())
		return err == nil
	})
	if asked, fetched := p.asked.Load(), p.fetched.Load(); asked != 1 || fetched != 2 {
		t.Errorf("discovery %d times, keys %d times", asked, fetched)
	}
}

func TestIssuerThatCannotBeReached(t *testing.T) {
	p := newLab(t).provider()
	l := p.trust(everybody)
	p.broken.Store(true)
	unavailable := func() {
		t.Helper()
		if _, err := l.Check(t.Context(), "Bearer "+p.token()); !errors.Is(err, jwt.ErrUnavailable) ||
			errors.Is(err, auth.ErrToken) {
			t.Errorf("error %v", err)
		}
	}
	for range 10 {
		unavailable()
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	p.broken.Store(false)
	unavailable() // asked a moment ago
	l.sleep(auth.FetchEvery)
	l.check(p.token())

	p.broken.Store(true) // the previous document is used
	l.sleep(auth.ProviderLife)
	l.check(p.token("exp", l.clock().Add(time.Hour).Unix()))
	if n := p.asked.Load(); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestIssuerThatIsAnother(t *testing.T) {
	p := newLab(t).provider()
	l := p.trust(everybody)
	p.wrongIssuer.Store(true)
	if _, err := l.Check(t.Context(), "Bearer "+p.token()); !errors.Is(err, jwt.ErrUnavailable) ||
		!strings.Contains(err.Error(), "evil.example") {
		t.Errorf("error %v", err)
	}
}

// Workload identity federation: the token of a platform authenticates a client.
func TestAssertionsOfTrustedIssuers(t *testing.T) {
	p := newLab(t).provider()
	c := p.client()
	other := p.client()
	l := p.trust(`"clients":{"repo:corp/siem:ref:refs/heads/main":"` + strings.ToUpper(c.ID) + `"}`)
	sign := func(changes ...any) string {
		return p.token(append([]any{"aud", "api://AzureADTokenExchange", "sub", "repo:corp/siem:ref:refs/heads/main"},
			changes...)...)
	}
	assertion := sign()
	for range 2 { // platforms issue one token for many calls
		l.equal("caller", l.check(l.token(c.asserted(assertion))).ID, c.ID)
	}
	l.token(c.asserted(sign("aud", origin+"/"+org+"/oauth2/v2.0/token")))
	l.refused(c.asserted(sign("sub", "repo:corp/siem:ref:refs/heads/evil")), 401, 70021, "invalid_client")
	l.refused(other.asserted(assertion), 401, 70021, "invalid_client")
	l.refused(c.asserted(sign("aud", "api://other")), 401, 700212, "invalid_client")
	l.refused(c.asserted(sign("exp", noon.Add(-301*time.Second).Unix())), 401, 700024, "invalid_client")
	forged := l.sign(map[string]any{"alg": "RS256", "kid": "first"},
		with(p.claims(), "sub", "repo:corp/siem:ref:refs/heads/main"), otherKey())
	l.refused(c.asserted(forged), 401, 700027, "invalid_client")
	l.rejected(assertion, "audience") // it is not an access token
	l.rejected(p.token(), "audience")
}

func TestIssuersAnswersAreBounded(t *testing.T) {
	l := newLab(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long/.well-known/openid-configuration":
			reply(w, map[string]any{"issuer": "http://" + r.Host + "/long", "jwks_uri": "x",
				"filler": strings.Repeat("x", 2<<20)})
		default:
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		}
	}))
	defer server.Close()
	for _, path := range []string{"/long", "/redirect"} {
		p := &provider{lab: l, server: &httptest.Server{URL: server.URL + path}}
		p.kid.Store("first")
		p.trust(everybody)
		if _, err := l.Check(t.Context(), "Bearer "+p.token()); !errors.Is(err, jwt.ErrUnavailable) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
