package auth_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/access"
)

func TestTokenClaims(t *testing.T) {
	l := newLab(t)
	c := l.client(func(c *access.Client) { c.Permissions = []string{"Software.Read.All", "Vulnerability.Read.All"} })
	id, _ := l.keys.Signer()
	common := map[string]any{
		"aud": resource, "iat": 1795435200.0, "nbf": 1795435200.0, "exp": 1795438799.0,
		"app_displayname": c.Name, "idtyp": "app",
		"oid": c.ID, "sub": c.ID, "roles": []any{"Software.Read.All", "Vulnerability.Read.All"}, "tid": org,
	}
	for _, test := range []struct {
		v1   bool
		want map[string]any
	}{
		{false, with(common, "iss", origin+"/"+org+"/v2.0", "azp", c.ID, "azpacr", "1", "ver", "2.0")},
		{true, with(common, "iss", origin+"/"+org+"/", "appid", c.ID, "appidacr", "1", "ver", "1.0")},
	} {
		r := c.request()
		r.V1 = test.v1
		header, payload := l.parts(l.token(r))
		l.equal("header", header, map[string]any{"alg": "RS256", "typ": "JWT", "kid": id})
		if uti, _ := payload["uti"].(string); len(uti) != 36 {
			t.Errorf("uti %v", payload["uti"])
		}
		delete(payload, "uti")
		l.equal("payload", payload, test.want)
	}
}

// Both calls reply as in contract.md, section 6; the older call has Entra's additional members.
func TestTokenReply(t *testing.T) {
	l := newLab(t)
	c := l.client()
	for _, test := range []struct {
		v1   bool
		want string
	}{
		{false, `{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"…"}`},
		{true, `{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"expires_on":"1795438799","not_before":"1795435200",` +
			`"resource":"https://api.securitycenter.microsoft.com","access_token":"…"}`},
	} {
		r := c.request("scope", "", "resource", resource)
		r.V1 = test.v1
		reply, err := l.Token(t.Context(), r)
		l.must(err)
		text, err := json.Marshal(reply)
		l.must(err)
		got := regexp.MustCompile(`"access_token":"[^"]+"`).ReplaceAllString(string(text), `"access_token":"…"`)
		l.equal("reply", got, test.want)
		l.equal("client", reply.Client, c.Client)
	}
}

func TestSecretInTheBodyOrAsHTTPBasic(t *testing.T) {
	l := newLab(t)
	c := l.client()
	basic := func(user, password string, changes ...string) auth.TokenRequest {
		r := c.request(append([]string{"client_secret", "", "client_id", ""}, changes...)...)
		r.HasBasic, r.BasicUser, r.BasicPassword = true, user, password
		return r
	}
	for name, r := range map[string]auth.TokenRequest{
		"body":                   c.request(),
		"Basic":                  basic(c.ID, c.secret),
		"Basic, form-encoded":    basic(url.QueryEscape(c.ID), strings.ReplaceAll(c.secret, "_", "%5F")),
		"Basic, and client_id":   basic(c.ID, c.secret, "client_id", c.ID),
		"both":                   basic(c.ID, "old", "client_id", c.ID, "client_secret", c.secret),
		"another case of the id": c.request("client_id", strings.ToUpper(c.ID)),
		"another case of the tenant": func() auth.TokenRequest {
			r := c.request()
			r.Tenant = strings.ToUpper(
				org)
			return r
		}(),
		"nothing but what is needed, v1": func() auth.TokenRequest { r := c.request(); r.V1 = true; return r }(),
	} {
		if caller := l.check(l.token(r)); caller.ID != c.ID {
			t.Errorf("%s: caller %+v", name, caller)
		}
	}
	l.refused(basic(c.ID, "wrong"), 401, 7000215, "invalid_client")
	l.refused(basic(c.ID, "%zz"), 401, 7000215, "invalid_client")
	l.refused(basic(otherOrg, c.secret, "client_id", c.ID), 400, 9002313, "invalid_request")
}

// "Scopes and resources that clients send, all accepted by default and
// configurable … each with or without /.default."
func TestScopesAndResources(t *testing.T) {
	l := newLab(t)
	c := l.client()
	names := []string{
		"https://api.securitycenter.microsoft.com", "https://api.security.microsoft.com",
		"https://securitycenter.onmicrosoft.com/windowsatpservice", origin,
	}
	for _, name := range names {
		for _, text := range []string{name, name + "/", name + "/.default", name + "//.default",
			strings.ToUpper(name[:12]) + name[12:] + "/.default",
			name + "/.default openid profile offline_access"} {
			_, payload := l.parts(l.token(c.request("scope", text)))
			l.equal(text, payload["aud"], name)
			r := c.request("scope", "", "resource", text)
			r.V1 = true
			l.check(l.token(r))
		}
	}
	l.equal("defaults", auth.DefaultResources(), names[:3])

	refusals := []struct {
		scope, name string
		number      int
	}{
		{"https://graph.microsoft.com/.default", "invalid_resource", 500011},
		{"https://evil.example/.default", "invalid_resource", 500011},
		{"https://evil.example/" + resource, "invalid_resource", 500011},
		{origin + ".evil.example/.default", "invalid_resource", 500011},
		{"https://x@muster.example.com/.default", "invalid_resource", 500011},
		{resource + "/Vulnerability.Read.All", "invalid_scope", 1002012},
		{resource + "/.default " + origin + "/.default", "invalid_scope", 70011},
		{".default", "invalid_resource", 500011},
		{"openid", "invalid_request", 900144},
	}
	for _, test := range refusals {
		l.refused(c.request("scope", test.scope), 400, test.number, test.name)
	}

	config := l.config
	config.Resources = []string{"api://exports/"}
	other := l.authority(config)
	for scope, ok := range map[string]bool{"api://exports/.default": true, auth.OwnResource + "/.default": true,
		origin + "/.default": true, resource + "/.default": false} {
		if _, err := other.Token(t.Context(), c.request("scope", scope)); (err == nil) != ok {
			t.Errorf("%s with resources of its own: error %v", scope, err)
		}
	}
}

func TestTokenRefusals(t *testing.T) {
	l := newLab(t)
	c := l.client()
	elsewhere := l.client(func(c *access.Client) { c.Organization = otherOrg })
	twice := c.request()
	twice.Form.Add("scope", "x")
	tenant := c.request()
	tenant.Tenant = "common"
	for name, test := range map[string]struct {
		request auth.TokenRequest
		status  int
		name    string
		number  int
	}{
		"tenant that does not exist": {tenant, 400, "invalid_request", 90002},
		"no grant_type":              {c.request("grant_type", ""), 400, "invalid_request", 900144},
		"another grant_type":         {c.request("grant_type", "password"), 400, "unsupported_grant_type", 70003},
		"no client_id":               {c.request("client_id", ""), 400, "invalid_request", 900144},
		"unknown client":             {c.request("client_id", otherOrg), 400, "unauthorized_client", 700016},
		"client_id that is no GUID":  {c.request("client_id", "' OR 1=1"), 400, "unauthorized_client", 700016},
		"no secret":                  {c.request("client_secret", ""), 401, "invalid_client", 7000216},
		"wrong secret":               {c.request("client_secret", c.secret+"x"), 401, "invalid_client", 7000215},
		"another's secret":           {c.request("client_secret", elsewhere.secret), 401, "invalid_client", 7000215},
		"no scope":                   {c.request("scope", ""), 400, "invalid_request", 900144},
		"a parameter twice":          {twice, 400, "invalid_request", 9002313},
		"client of another tenant": {func() auth.TokenRequest { r := elsewhere.request(); r.Tenant = org; return r }(),
			400, "unauthorized_client", 700016},
		"assertion of an unknown type": {c.request("client_secret", "", "client_assertion", "x", "client_assertion_type",
			"saml"), 400, "invalid_request", 9002313},
		"assertion without a type": {c.request("client_secret", "", "client_assertion", "x"), 400,
			"invalid_request", 900144},
		"wrong secret and unknown name": {c.request("client_id", "nobody", "client_secret", "x"), 400,
			"unauthorized_client", 700016},
	} {
		t.Run(name, func(t *testing.T) {
			refusal := l.in(t).refused(test.request, test.status, test.number, test.name)
			if strings.Contains(refusal.Message, c.secret) {
				t.Error("the message has the secret")
			}
		})
	}
	t.Run("expired secret", func(t *testing.T) {
		l.sleep(366 * 24 * time.Hour)
		l.refused(c.request(), 401, 7000222, "invalid_client")
		l.refused(c.request("client_secret", "wrong"), 401, 7000215, "invalid_client")
	})
}

// An application of another organization gets the same refusal as one that does not exist.
func TestOtherOrganizationsClientsAreUnknown(t *testing.T) {
	l := newLab(t)
	elsewhere := l.client(func(c *access.Client) { c.Organization = otherOrg })
	refusal := func(id, secret string) string {
		r := elsewhere.request("client_id", id, "client_secret", secret)
		r.Tenant = org
		return strings.ReplaceAll(l.refused(r, 400, 700016, "unauthorized_client").Message, id, "ID")
	}
	unknown := "99999999-2222-4333-8444-555555555555"
	l.equal("message", refusal(elsewhere.ID, elsewhere.secret), refusal(unknown, elsewhere.secret))
}

func TestRefusalBody(t *testing.T) {
	l := newLab(t)
	c := l.client()
	refusal := l.refused(c.request("client_secret", "wrong"), 401, 7000215, "invalid_client")
	text, err := json.Marshal(refusal.Body("trace", "correlation", noon))
	l.must(err)
	l.equal("body", string(text), `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. `+
		`It is not a secret of application '`+c.ID+
		`': send the whole secret, not its id or first characters. Trace ID: trace Correlation ID: correlation Timestamp: 2026-11-23 12:00:00Z","error_codes":[7000215],`+
		`"timestamp":"2026-11-23 12:00:00Z","trace_id":"trace","correlation_id":"correlation"}`)
}

// Two secrets are valid while one is being replaced.
func TestRotatedSecretsOverlap(t *testing.T) {
	l := newLab(t)
	c := l.client()
	l.sleep(time.Hour)
	secret, fresh, err := auth.NewSecret(l.keys.Random, l.clock(), time.Time{})
	l.must(err)
	_, err = l.store.Access.RotateSecret(t.Context(), org, c.ID, fresh, l.clock().Add(24*time.Hour))
	l.must(err)
	l.check(l.token(c.request()))
	l.check(l.token(c.request("client_secret", secret)))
	l.sleep(24 * time.Hour)
	l.refused(c.request(), 401, 7000222, "invalid_client")
	l.check(l.token(c.request("client_secret", secret)))
}

func TestSecretsAreNotKept(t *testing.T) {
	l := newLab(t)
	c := l.client()
	if !regexp.MustCompile(`^mst_[A-Za-z0-9_-]{43}$`).MatchString(c.secret) {
		t.Errorf("secret %q", c.secret)
	}
	stored, err := l.store.Access.ClientCredentials(t.Context(), c.ID)
	l.must(err)
	if stored[0].Hint != c.secret[:8] || stored[0].Hash != auth.HashSecret(c.secret) {
		t.Errorf("stored %+v of %q", stored[0], c.secret)
	}
}
