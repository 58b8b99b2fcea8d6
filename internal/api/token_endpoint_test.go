package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

const (
	formType = "Content-Type: application/x-www-form-urlencoded"
	exports  = "https://api.securitycenter.microsoft.com"
)

// guarded is a server that requires tokens, and a client that may read exports.
func guarded(t testing.TB, change ...func(*api.Config)) (*lab, control.Issued) {
	t.Helper()
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	app := l.addClient(`{"name":"siem","permissions":["Vulnerability.Read.All","Software.Read.All"]}`)
	l.config.Trusted = nil
	for _, c := range change {
		c(&l.config)
	}
	l.start()
	return l, app
}

// formOf is a token call as most clients send it, with changes: "" leaves a parameter out.
func formOf(app control.Issued, changes ...string) string {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ClientID},
		"client_secret": {app.ClientSecret},
		"scope":         {exports + "/.default"}}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			form.Del(changes[i])
		}
	}
	return form.Encode()
}

// newer and older are the addresses of a client's token calls.
func newer(app control.Issued) string { return "/" + app.TenantID + "/oauth2/v2.0/token" }
func older(app control.Issued) string { return "/" + app.TenantID + "/oauth2/token" }

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// askToken sends a form to a token call.
func (l *lab) askToken(path, form string, headers ...string) reply {
	l.Helper()
	return l.do(http.MethodPost, path, strings.NewReader(form), append([]string{formType}, headers...)...)
}

// tokenReply is the reply of the token calls.
type tokenReply struct {
	Type        string `json:"token_type"`
	Expires     int    `json:"expires_in"`
	ExtExpires  int    `json:"ext_expires_in"`
	AccessToken string `json:"access_token"`
}

// issued decodes a reply that must be a token, and checks that the token is valid.
func (l *lab) issued(r reply) string {
	l.Helper()
	var got tokenReply
	l.decode(r, http.StatusOK, &got)
	token := got.AccessToken
	got.AccessToken = ""
	l.equal("reply", got, tokenReply{"Bearer", 3599, 3599, ""})
	l.equal("Cache-Control and Pragma", r.Header.Get("Cache-Control")+" "+r.Header.Get("Pragma"), "no-store no-cache")
	l.page(l.call("SoftwareVulnerabilitiesByMachine", bearer(token)))
	return token
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// denied checks that a reply is a refusal of the token call, and returns it.
func (l *lab) denied(r reply, status int, name string, number int) auth.RefusalBody {
	l.Helper()
	var got auth.RefusalBody
	l.decode(r, status, &got)
	if got.Error != name || len(got.Codes) != 1 || got.Codes[0] != number ||
		!strings.HasPrefix(got.Description, fmt.Sprintf("AADSTS%d: ", number)) {
		l.Errorf("%s: %s, want %s AADSTS%d", r.Request.URL.Path, r.body, name, number)
	}
	if got.TraceID != r.Header.Get("X-Request-Id") || got.Timestamp != l.clock().Format("2006-01-02 15:04:05Z") {
		l.Errorf("trace_id %q, timestamp %q", got.TraceID, got.Timestamp)
	}
	return got
}

// Each subtest has the name of the sentence of doc/contract.md that it checks.

func TestSection6(t *testing.T) {
	l, app := guarded(t)
	t.Run("`POST /{tenant}/oauth2/v2.0/token` takes a form with `client_id`, `client_secret`, `scope` and "+
		"`grant_type=client_credentials`", func(t *testing.T) {
		l.issued(l.askToken(newer(app), formOf(app)))
	})
	t.Run("The older `POST /{tenant}/oauth2/token` takes `resource` where the other takes `scope`", func(t *testing.T) {
		r := l.askToken(older(app), formOf(app, "scope", "", "resource", exports))
		l.issued(r)
		var more map[string]any
		l.decode(r, http.StatusOK, &more)
		delete(more, "access_token")
		l.equal("reply", more, map[string]any{"token_type": "Bearer", "expires_in": 3599.0, "ext_expires_in": 3599.0,
			"expires_on": "1795438799", "not_before": "1795435200", "resource": exports})
	})
	t.Run("The secret comes in the form or by HTTP Basic", func(t *testing.T) {
		for _, path := range []string{newer(app), older(app)} {
			l.issued(l.askToken(path, formOf(app)))
			l.issued(l.askToken(path, formOf(app, "client_id", "", "client_secret", ""), basic(app.ClientID, app.ClientSecret)))
			l.issued(l.askToken(path, formOf(app, "client_secret", ""), basic(app.ClientID, url.QueryEscape(app.ClientSecret))))
		}
	})
	t.Run("The reply is "+
		" "+
		"`{\"token_type\":\"Bearer\",\"expires_in\":3599,\"ext_expires_in\":3599,\"access_token\":\"…\"}`", func(t *testing.T) {
		got := tokenIn.ReplaceAllString(string(l.askToken(newer(app), formOf(app)).body), `"access_token":"…"`)
		l.equal("reply", got, `{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"…"}`+"\n")
	})
	t.Run("Clients ask for … and put `/.default` behind it "+
		"or not. All of these scopes and resources are accepted", func(t *testing.T) {
		for _, resource := range []string{exports, "https://api.security.microsoft.com",
			"https://securitycenter.onmicrosoft.com/windowsatpservice", l.server.URL} {
			for _, asked := range []string{resource, resource + "/.default"} {
				l.issued(l.askToken(newer(app), formOf(app, "scope", asked)))
				l.issued(l.askToken(older(app), formOf(app, "scope", "", "resource", asked)))
			}
		}
	})
	t.Run("All of these scopes and resources are accepted unless a setting names others", func(t *testing.T) {
		l, app := guarded(t)
		l.authority(func(c *auth.Config) { c.Resources = []string{"api://inventory"} })
		l.issued(l.askToken(newer(app), formOf(app, "scope", "api://inventory/.default")))
		l.denied(l.askToken(newer(app), formOf(app)), 400, "invalid_resource", 500011)
	})
	t.Run("The audience of a token may be another host than the one that the client talks to", func(t *testing.T) {
		r := l.askToken(newer(app), formOf(app, "scope", "https://elsewhere.example.com/.default"), "Host: localhost")
		l.denied(r, 400, "invalid_resource", 500011)
		r = l.askToken(newer(app), formOf(app, "scope", "https://localhost/.default"), "Host: localhost")
		l.issued(r) // used at 127.0.0.1
	})
	t.Run("MSAL reads `/{tenant}/v2.0/.well-known/openid-configuration` and "+
		"the `jwks_uri` that it names", func(t *testing.T) {
		l.discovered(app.TenantID+"/v2.0", "/.well-known/openid-configuration", app, "scope")
		l.discovered(app.TenantID+"/", ".well-known/openid-configuration", app, "resource")
	})
	t.Run("The token call refuses with 400 or 401 and "+
		"`{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: …\"", func(t *testing.T) {
		got := l.denied(l.askToken(newer(app), formOf(app, "client_secret", "guess")), 401, "invalid_client", 7000215)
		l.equal("without a client-request-id", got.CorrelationID, got.TraceID)
		l.denied(l.askToken(newer(app), formOf(app, "grant_type", "")), 400, "invalid_request", 900144)
	})
}

var tokenIn = regexp.MustCompile(`"access_token":"[^"]+"`)

// discovered follows a discovery document: to a token that its keys have signed.
func (l *lab) discovered(issuer, path string, app control.Issued, parameter string) {
	l.Helper()
	var found auth.Discovery
	l.decode(l.get("/"+issuer+path), http.StatusOK, &found)
	l.equal("issuer", found.Issuer, l.server.URL+"/"+issuer)
	token := l.issued(l.do(http.MethodPost, found.TokenEndpoint,
		strings.NewReader(formOf(app, "scope", "", parameter, exports+"/.default")), formType))
	var set struct {
		Keys []struct{ Kid, Kty, Use, Alg string }
	}
	l.decode(l.get(found.JWKSURI), http.StatusOK, &set)
	var header struct{ Kid, Kty, Use, Alg string }
	decodePart(l, token, 0, &header)
	header.Kty, header.Use = "RSA", "sig"
	if len(set.Keys) != 1 || set.Keys[0] != header {
		l.Errorf("keys %+v, the token has %+v", set.Keys, header)
	}
	var claims struct{ Iss string }
	decodePart(l, token, 1, &claims)
	l.equal("issuer of the token", claims.Iss, found.Issuer)
}

// decodePart decodes a part of a token.
func decodePart(l *lab, token string, part int, into any) {
	l.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[part])
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// authority makes the server's authority anew.
func (l *lab) authority(change func(*auth.Config)) {
	l.Helper()
	c := auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: l.config.Keys, Clock: l.clock}
	change(&c)
	var err error
	if l.config.Authority, err = auth.New(l.Context(), c); err != nil {
		l.Fatal(err)
	}
	l.start()
}

// TestGoldenTokens holds the token calls to what was printed: tokens, refusals,
// discovery and keys.
func TestGoldenTokens(t *testing.T) {
	l, app := guarded(t)
	const correlated = "client-request-id: 0F8FAD5B-D9CB-469F-A165-70867728950E"
	nobody := control.Issued{TenantID: "99999999-2222-4333-8444-555555555555"}
	var text strings.Builder
	add := func(what string, r reply) {
		fmt.Fprintf(&text, "%s\n%d %s\n%s\n", what, r.StatusCode, r.Header.Get("WWW-Authenticate"), r.body)
	}
	add("v2", l.askToken(newer(app), formOf(app)))
	add("v1", l.askToken(older(app), formOf(app, "scope", "", "resource", exports)))
	add("wrong secret", l.askToken(newer(app), formOf(app, "client_secret", "guess"), correlated))
	add("wrong secret as HTTP Basic", l.askToken(newer(app), formOf(app, "client_secret", "", "client_id", ""),
		basic(app.ClientID, "guess")))
	add("no secret", l.askToken(newer(app), formOf(app, "client_secret", "")))
	add("no scope", l.askToken(newer(app), formOf(app, "scope", "")))
	add("no resource", l.askToken(older(app), formOf(app, "scope", "")))
	add("unknown client", l.askToken(newer(app), formOf(app, "client_id", nobody.TenantID)))
	add("unknown tenant", l.askToken(newer(nobody), formOf(app)))
	add("unknown resource", l.askToken(newer(app), formOf(app, "scope", "https://graph.microsoft.com/.default")))
	add("a permission as scope", l.askToken(newer(app), formOf(app, "scope", exports+"/Vulnerability.Read.All")))
	add("another grant", l.askToken(newer(app), formOf(app, "grant_type", "password")))
	add("discovery", l.get("/"+app.TenantID+"/v2.0/.well-known/openid-configuration"))
	add("discovery, v1", l.get("/"+app.TenantID+"/.well-known/openid-configuration"))
	add("discovery of an unknown tenant", l.get("/common/v2.0/.well-known/openid-configuration"))
	add("keys", l.get("/"+app.TenantID+"/discovery/v2.0/keys"))
	add("keys of an unknown tenant", l.get("/common/discovery/keys"))
	l.golden("tokens", maskToken(text.String()))
}

// maskToken hides what differs from run to run.
func maskToken(text string) string {
	text = strings.ReplaceAll(text, org, "HOME")
	text = strings.ReplaceAll(text, "0f8fad5b-d9cb-469f-a165-70867728950e", "CORRELATION")
	text = tokenIn.ReplaceAllString(text, `"access_token":"TOKEN"`)
	text = regexp.MustCompile(`"n":"[^"]+"`).ReplaceAllString(text, `"n":"MODULUS"`)
	return guid.ReplaceAllString(masks[0].pattern.ReplaceAllString(text, masks[0].with), "GUID")
}

// The tenant is the organization's GUID, in any case; nothing else is one.
func TestTenants(t *testing.T) {
	l, app := guarded(t)
	upper := app
	upper.TenantID = strings.ToUpper(app.TenantID)
	token := l.issued(l.askToken(newer(upper), formOf(app, "client_id", strings.ToUpper(app.ClientID))))
	var claims struct{ Tid, Iss, Azp string }
	decodePart(l, token, 1, &claims)
	l.equal("claims", []string{claims.Tid, claims.Iss, claims.Azp},
		[]string{app.TenantID, l.server.URL + "/" + app.TenantID + "/v2.0", app.ClientID})
	var found auth.Discovery
	l.decode(l.get("/"+upper.TenantID+"/v2.0/.well-known/openid-configuration"), 200, &found)
	l.equal("issuer", found.Issuer, claims.Iss)
	for _, tenant := range []string{"common", "organizations", "example.onmicrosoft.com",
		"%7B" + org + "%7D", "urn:uuid:" + org,
		strings.ReplaceAll(org, "-", ""), org + "%00", "%27%20OR%201=1--", strings.Repeat("a", 10_000), "%FF"} {
		r := l.askToken("/"+tenant+"/oauth2/v2.0/token", formOf(app))
		if said := l.denied(r, 400, "invalid_request", 90002); len(r.body) > 1000 {
			t.Errorf("%d bytes say that there is no tenant: %s", len(r.body), said.Description)
		}
		l.denied(l.get("/"+tenant+"/discovery/v2.0/keys"), 400, "invalid_request", 90002)
		l.denied(l.get("/"+tenant+"/.well-known/openid-configuration"), 400, "invalid_request", 90002)
	}
}

// What the form may be: any Content-Type, no more than 64 KiB, 100 parameters,
// and each of them once.
func TestTokenForms(t *testing.T) {
	l, app := guarded(t)
	good := formOf(app)
	for name, body := range map[string]string{
		"an unknown parameter":  good + "&client_info=1",
		"an empty parameter":    good + "&x=&&",
		"as long as it may be":  good + "&x=" + strings.Repeat("a", 64<<10-len(good)-3),
		"100 parameters":        good + strings.Repeat("&", 96),
		"client_id in capitals": formOf(app, "client_id", strings.ToUpper(app.ClientID)),
	} {
		t.Run(name, func(t *testing.T) { l.issued(l.askToken(newer(app), body)) })
	}
	for _, media := range []string{"", "text/plain", "application/json", "multipart/form-data"} {
		l.issued(l.do(http.MethodPost, newer(app), strings.NewReader(good), "Content-Type: "+media))
	}
	for name, body := range map[string]string{
		"too long":               good + "&x=" + strings.Repeat("a", 64<<10),
		"too many parameters":    good + strings.Repeat("&", 97),
		"a parameter twice":      good + "&client_id=" + app.ClientID,
		"an unknown one twice":   good + "&x=1&x=2",
		"a secret twice":         good + "&client_secret=guess",
		"no percent-encoding":    good + "&x=%zz",
		"a semicolon":            good + ";x=1",
		"JSON":                   `{"grant_type":"client_credentials;"}`,
		"two clients, two ways":  good, // with the header below
		"a name of 60 KiB twice": good + strings.Repeat("&"+strings.Repeat("n", 30<<10)+"=1", 2),
	} {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if name == "two clients, two ways" {
				body, headers = formOf(app, "client_secret", ""), []string{basic("another", "secret")}
			}
			r := l.askToken(newer(app), body, headers...)
			l.denied(r, 400, "invalid_request", 9002313)
			if len(r.body) > 1000 || strings.Contains(string(r.body), app.ClientSecret) {
				t.Errorf("%d bytes: %.2000s", len(r.body), r.body)
			}
		})
	}
	l.denied(l.askToken(newer(app), ""), 400, "invalid_request", 900144)
	l.refused(l.askToken(newer(app), good, "Content-Encoding: gzip"), 415, "UnsupportedMediaType")
	r := l.askToken(newer(app), formOf(app, "client_id", "", "client_secret", ""),
		basic(strings.Repeat("u", 300<<10), strings.Repeat("p", 300<<10)))
	if l.denied(r, 400, "unauthorized_client", 700016); len(r.body) > 1000 {
		t.Errorf("%d bytes say that a long user is not known", len(r.body))
	}
	for _, long := range []string{"client_id", "client_secret", "scope", "grant_type", "client_assertion"} {
		r := l.askToken(newer(app), formOf(app, long, strings.Repeat("<", 20<<10)))
		if r.StatusCode != 400 && r.StatusCode != 401 || len(r.body) > 2000 {
			t.Errorf("%s of 20 KiB: %d, %d bytes", long, r.StatusCode, len(r.body))
		}
	}
}

// Secrets are not taken from the address, which ends up in logs.
func TestTokenCallIgnoresTheQuery(t *testing.T) {
	l, app := guarded(t)
	l.denied(l.askToken(newer(app)+"?"+formOf(app), ""), 400, "invalid_request", 900144)
	l.denied(l.askToken(newer(app)+"?client_secret="+app.ClientSecret, formOf(app, "client_secret", "")), 401,
		"invalid_client", 7000216)
}

func TestTokenRoutesTakeTheirMethods(t *testing.T) {
	l, app := guarded(t)
	for path, allowed := range map[string]string{
		newer(app): "POST", older(app): "POST", "/" + app.TenantID + "/discovery/keys": "GET, HEAD",
		"/" + app.TenantID + "/discovery/v2.0/keys":                   "GET, HEAD",
		"/" + app.TenantID + "/.well-known/openid-configuration":      "GET, HEAD",
		"/" + app.TenantID + "/v2.0/.well-known/openid-configuration": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "token"} {
			if strings.Contains(allowed, method) {
				continue
			}
			r := l.do(method, path, nil)
			l.refused(r, http.StatusMethodNotAllowed, "MethodNotAllowed")
			l.equal("Allow", r.Header.Get("Allow"), allowed)
		}
	}
	for _, path := range []string{"/" + app.TenantID, "/" + app.TenantID + "/oauth2/v2.0/authorize",
		"/" + app.TenantID + "/oauth2/v2.0/token/",
		"//oauth2/v2.0/token", "/oauth2/v2.0/token", "/a/" + app.TenantID + "/oauth2/token"} {
		l.refused(l.do(http.MethodPost, path, strings.NewReader(formOf(app)), formType),
			http.StatusNotFound, defender.CodeNotFound)
	}
}

// What a client sends comes back within JSON, and in no header.
func TestNothingIsInjectedByTokenCalls(t *testing.T) {
	l, app := guarded(t)
	const evil = "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>\x00\x7f"
	for _, r := range []reply{
		l.askToken("/"+url.PathEscape(evil)+"/oauth2/v2.0/token", formOf(app)),
		l.get("/" + url.PathEscape(evil) + "/v2.0/.well-known/openid-configuration"),
		l.askToken(newer(app), formOf(app, "client_id", evil)),
		l.askToken(newer(app), formOf(app, "scope", evil)),
		l.askToken(newer(app), formOf(app, "scope", exports+"/"+strings.ReplaceAll(evil, " ", ""))),
		l.askToken(newer(app), formOf(app, "grant_type", evil)),
		l.askToken(newer(app), formOf(app)+strings.Repeat("&"+url.QueryEscape(evil)+"=1", 2)),
		l.askToken(newer(app), formOf(app, "client_secret", "", "client_assertion", "e30.e30.",
			"client_assertion_type", evil)),
	} {
		var said auth.RefusalBody
		l.decode(r, http.StatusBadRequest, &said)
		l.equal("headers", []string{r.Header.Get("Set-Cookie"), r.Header.Get("Content-Type"),
			r.Header.Get("X-Content-Type-Options")},
			[]string{"", "application/json; charset=utf-8", "nosniff"})
		if strings.ContainsAny(said.Description, "\r\n\x00\x7f") || strings.Contains(string(r.body), "<") {
			t.Errorf("%s", r.body)
		}
	}
	for id, back := range map[string]bool{uuid.NewString(): true, "x": false, strings.Repeat("a", 4000): false,
		`","error":"none`: false} {
		said := l.denied(l.askToken(newer(app), "", "client-request-id: "+id), 400, "invalid_request", 900144)
		if (said.CorrelationID == id) != back || !guid.MatchString(said.CorrelationID) {
			t.Errorf("client-request-id %q: correlation_id %q", id, said.CorrelationID)
		}
	}
}

// Who guesses is slowed down, each client's id by itself; whoever has the right
// secret is let in meanwhile.
func TestGuessedSecrets(t *testing.T) {
	l, app := guarded(t)
	wrong := formOf(app, "client_secret", "guess")
	for range 9 { // the tenth is told to wait
		l.denied(l.askToken(newer(app), wrong), 401, "invalid_client", 7000215)
	}
	for _, form := range []string{wrong, formOf(app, "client_secret", ""),
		formOf(app, "client_id", strings.ToUpper(app.ClientID), "client_secret", "x")} {
		r := l.askToken(newer(app), form)
		l.denied(r, 429, "temporarily_unavailable", 90055)
		l.equal("Retry-After", r.Header.Get("Retry-After"), "6")
	}
	l.issued(l.askToken(newer(app), formOf(app)))
	l.denied(l.askToken(newer(app), formOf(app, "client_id", "another")), 400, "unauthorized_client", 700016)
	l.advance(time.Minute)
	l.denied(l.askToken(newer(app), wrong), 401, "invalid_client", 7000215)
}

// Neither log has a secret, token or assertion, nor what may be a secret in the
// wrong place; the audit log says who and why not.
func TestTokenCallsInTheLogs(t *testing.T) {
	log := new(memoryLog)
	l, app := guarded(t, func(c *api.Config) { c.Audit = log })
	token := l.issued(l.askToken(newer(app), formOf(app)))
	l.askToken(newer(app), formOf(app, "client_secret", "my-old-secret"))
	l.askToken(newer(app), formOf(app, "client_secret", "", "client_assertion", "my.own.assertion",
		"client_assertion_type", "x"))
	last := l.askToken(newer(app), formOf(app, "client_id", "my-old-secret"))
	lines := log.lines(l, last)
	var got []string
	for _, line := range lines {
		if line["call"] == "token" {
			got = append(got, fmt.Sprint(line["event"], " ", line["outcome"], " ", line["caller"], " ",
				line["client"], " ", line["aadsts"]))
		}
	}
	l.equal("lines", got, []string{"issue token done " + app.ClientID + " <nil> <nil>",
		"issue token denied <nil> " + app.ClientID + " 7.000215e+06",
		"issue token refused <nil> " + app.ClientID + " 9.002313e+06", "issue token refused <nil> <nil> 700016"})
	for _, secret := range []string{app.ClientSecret, "my-old-secret", "my.own.assertion", token} {
		if strings.Contains(log.text.String()+l.log.String(), secret) {
			t.Errorf("a log has %q", secret)
		}
	}
}

// FuzzTokenCall sends any form to both token calls: never a failure of the
// server, and always one of the two forms of errors.
func FuzzTokenCall(f *testing.F) {
	l, app := guarded(f)
	handler := l.handler()
	f.Add(false, app.TenantID, formOf(app), "")
	f.Add(true, app.TenantID, formOf(app, "scope", "", "resource", l.server.URL), "")
	f.Add(false, app.TenantID, formOf(app, "client_secret", ""), basic(app.ClientID, app.ClientSecret))
	f.Add(false, app.TenantID, formOf(app, "client_secret", "", "client_assertion", "e30.e30.", "client_assertion_type",
		"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), "Basic ")
	f.Add(true, "common", "client_id=%00&grant_type=client_credentials&scope=https://[::1&=%", "")
	f.Fuzz(func(t *testing.T, v1 bool, tenant, form, authorization string) {
		path := "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
		if v1 {
			path = "/" + url.PathEscape(tenant) + "/oauth2/token"
		}
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(form))
		r.URL = &url.URL{Path: "/", RawPath: ""}
		if address, err := url.Parse(path); err == nil {
			r.URL = address
		}
		r.RequestURI = r.URL.RequestURI()
		r.Header.Set("Authorization", strings.TrimPrefix(authorization, "Authorization: "))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var refusal auth.RefusalBody
		if err := json.Unmarshal(w.Body.Bytes(), &refusal); err == nil && len(refusal.Codes) == 1 && w.Code < 500 {
			return // as Entra ID says it
		}
		harmless(t, w)
	})
}
