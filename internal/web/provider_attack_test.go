package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// publicKey returns the provider's public key as confused libraries use it for HS256.
func publicKey(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(signingKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// An ID token that is not exactly for this sign-in signs nobody in, and the next honest one does.
func TestForgedIDTokens(t *testing.T) {
	p, log := newHostile(t), &logged{}
	s := withProvider(t, log, func(string) map[string]any { return settings(p.url) })
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.browser(t).enter(p) // now the server has the provider's keys
	now := time.Now()
	set := func(name string, value any) func(map[string]any) { return func(m map[string]any) { m[name] = value } }
	for name, forge := range map[string]func(){
		"unsigned":                  func() { p.header = set("alg", "none"); p.sign = func(string) []byte { return nil } },
		"unsigned, in words":        func() { p.header = set("alg", "NoNe"); p.sign = func(string) []byte { return nil } },
		"HS256 with the public key": func() { p.header = set("alg", "HS256"); p.sign = hmacWith(publicKey(t)) },
		"HS256 with the secret":     func() { p.header = set("alg", "HS256"); p.sign = hmacWith([]byte(clientSecret)) },
		"no signature":              func() { p.sign = func(string) []byte { return nil } },
		"a key of its own":          func() { p.header = set("jwk", jose.JSONWebKey{Key: other.Public()}) },
		"an address of keys":        func() { p.header = set("jku", p.url+"/evil") },
		"critical members":          func() { p.header = set("crit", []string{"b64"}) },
		"an access token":           func() { p.header = set("typ", "at+jwt") },
		"a logout token":            func() { p.header = set("typ", "logout+jwt") },
		"another key's":             func() { p.header = set("kid", "evil"); p.sign = hmacWith([]byte("evil")) },
		"another issuer":            func() { p.claims = set("iss", "https://evil.example") },
		"two issuers, which some readers take for one name": func() {
			p.claims = func(m map[string]any) { m["iss"], m["is\u017f"], m["i\u017fs"] = "https://evil.example", p.url, p.url }
		},
		"another audience": func() { p.claims = set("aud", "evil") },
		"no audience":      func() { p.claims = set("aud", nil) },
		"many audiences":   func() { p.claims = set("aud", []string{"muster", "evil"}) },
		"another party":    func() { p.claims = set("azp", "evil") },
		"another nonce":    func() { p.claims = set("nonce", strings.Repeat("A", 43)) },
		"no nonce":         func() { p.claims = func(m map[string]any) { delete(m, "nonce") } },
		"expired":          func() { p.claims = set("exp", now.Add(-6*time.Minute).Unix()) },
		"without an end":   func() { p.claims = func(m map[string]any) { delete(m, "exp") } },
		"of the future":    func() { p.claims = set("iat", now.Add(6*time.Minute).Unix()) },
		"not valid yet":    func() { p.claims = set("nbf", now.Add(6*time.Minute).Unix()) },
		"of before":        func() { p.claims = set("iat", now.Add(-time.Hour).Unix()) },
		"of no time":       func() { p.claims = func(m map[string]any) { delete(m, "iat") } },
		"of nobody":        func() { p.claims = set("sub", "") },
		"of a long name":   func() { p.claims = set("sub", strings.Repeat("a", 256)) },
		"of a number":      func() { p.claims = set("sub", 17) },
		"a huge one":       func() { p.claims = set("groups", strings.Repeat("evil", 8<<10)) },
	} {
		p.claims, p.header, p.sign = nil, nil, nil
		forge()
		b, status := s.browser(t), http.StatusBadGateway
		if name == "no signature" || name == "another key's" { // the provider may have a new key, and was asked just now
			status = http.StatusServiceUnavailable
		}
		b.refuses(name, b.back(p.authorize(b.begin("/"))), status)
	}
	p.claims, p.header, p.sign = nil, nil, nil
	b := s.browser(t)
	if r := b.back(p.authorize(b.begin("/"))); r.StatusCode != http.StatusSeeOther || len(b.session()) != 1 {
		t.Fatalf("an honest one: status %d: %s\n%s", r.StatusCode, r.body, log.String())
	}
	if p.stray > 0 {
		t.Errorf("%d requests went to addresses that a token names", p.stray)
	}
	for _, secret := range []string{clientSecret, "the access token", "eyJ"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// An answer counts in the browser that asked, once, and for the provider that was asked.
func TestAnswersOfOtherSignIns(t *testing.T) {
	p := newHostile(t)
	p.document = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
	p.answer = func(_, answer url.Values) { answer.Set("iss", p.url) }
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	victim, attacker := s.browser(t), s.browser(t)

	// Login CSRF: the attacker's answer in the victim's browser, which has none or one of its own.
	answer := p.authorize(attacker.begin("/"))
	victim.refuses("without a cookie", victim.back(answer), http.StatusBadRequest)
	own := p.authorize(victim.begin("/"))
	victim.refuses("with the state of another browser", victim.back(answer), http.StatusBadRequest)
	mixed := url.Values{"code": answer["code"], "state": own["state"], "iss": {p.url}}
	victim.refuses("the attacker's code under one's own state", victim.back(mixed), http.StatusBadGateway)
	victim.refuses("again", victim.back(own), http.StatusBadRequest) // the cookie is used up

	for name, change := range map[string]func(url.Values){
		"no state":     func(v url.Values) { v.Del("state") },
		"two states":   func(v url.Values) { v.Add("state", v.Get("state")) },
		"two codes":    func(v url.Values) { v.Add("code", "evil") },
		"short state":  func(v url.Values) { v.Set("state", "evil") },
		"a near state": func(v url.Values) { v.Set("state", v.Get("state")[:12]+strings.Repeat("A", 31)) },
	} {
		b := s.browser(t)
		answer := p.authorize(b.begin("/"))
		change(answer)
		b.refuses(name, b.back(answer), http.StatusBadRequest)
	}
	for name, change := range map[string]func(url.Values){
		"no code":         func(v url.Values) { v.Del("code") },
		"another code":    func(v url.Values) { v.Set("code", "evil") },
		"mixed up":        func(v url.Values) { v.Set("iss", "https://evil.example") },
		"without a name":  func(v url.Values) { v.Del("iss") },
		"an empty issuer": func(v url.Values) { v.Set("iss", "") },
	} {
		b := s.browser(t)
		answer := p.authorize(b.begin("/"))
		change(answer)
		b.refuses(name, b.back(answer), http.StatusBadGateway)
	}

	// A stolen cookie with its answer, after its use: the state was used.
	p.twice = true
	b, thief := s.browser(t), s.browser(t)
	answer = p.authorize(b.begin("/"))
	here, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	stolen := b.client.Jar.Cookies(here)
	if r := b.back(answer); r.StatusCode != http.StatusSeeOther || len(b.session()) != 1 {
		t.Fatalf("an honest one: status %d: %s", r.StatusCode, r.body)
	}
	thief.client.Jar.SetCookies(here, stolen)
	thief.refuses("a used state", thief.back(answer), http.StatusBadRequest)
}

// What a provider answers in place of a code is told by known codes alone.
func TestTheProviderSaysNo(t *testing.T) {
	p := newHostile(t)
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	for code, shown := range map[string]string{"access_denied": "(access_denied)", "login_required": "(login_required)",
		"<script>evil</script>": "did not sign you in.", "call evil": "did not sign you in."} {
		p.answer = func(_, answer url.Values) {
			answer.Del("code")
			answer.Set("error", code)
			answer.Set("error_description", "call evil.example")
		}
		b := s.browser(t)
		r := b.back(p.authorize(b.begin("/")))
		b.refuses(code, r, http.StatusForbidden)
		if !strings.Contains(r.body, shown) || !strings.Contains(r.body, "muster open") {
			t.Errorf("%s: %s", code, r.body)
		}
	}
	if p.tokens > 0 {
		t.Error("the provider was asked for tokens")
	}
}

// A provider that is away, slow, huge or elsewhere costs the sign-in, which says so and still offers the link; nothing
// but its own host is called.
func TestProvidersThatFail(t *testing.T) {
	elsewhere := newHostile(t)
	for name, test := range map[string]struct {
		breaks func(p *hostile)
		begins bool // the provider's address is reached
		status int
	}{
		"tokens elsewhere": {func(p *hostile) {
			p.document = func(m map[string]any) { m["token_endpoint"] = elsewhere.url + "/token" }
		}, false, http.StatusServiceUnavailable},
		"keys elsewhere": {func(p *hostile) { p.document = func(m map[string]any) { m["jwks_uri"] = elsewhere.url + "/keys" } },
			false, http.StatusServiceUnavailable},
		"keys in the cloud": {func(p *hostile) {
			p.document = func(m map[string]any) { m["jwks_uri"] = "http://169.254.169.254/latest" }
		}, false, http.StatusServiceUnavailable},
		"keys in a file": {func(p *hostile) { p.document = func(m map[string]any) { m["jwks_uri"] = "file:///etc/passwd" } },
			false, http.StatusServiceUnavailable},
		"people are sent elsewhere": {func(p *hostile) {
			p.document = func(m map[string]any) { m["authorization_endpoint"] = "https://evil.example/" }
		}, false, http.StatusServiceUnavailable},
		"another issuer": {func(p *hostile) { p.document = func(m map[string]any) { m["issuer"] = elsewhere.url } },
			false, http.StatusServiceUnavailable},
		"no PKCE": {func(p *hostile) {
			p.document = func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} }
		}, false, http.StatusServiceUnavailable},
		"a huge document": {func(p *hostile) { p.document = func(m map[string]any) { m["x"] = strings.Repeat("evil", 1<<19) } },
			false, http.StatusServiceUnavailable},
		"a huge answer": {func(p *hostile) {
			p.token = func(w http.ResponseWriter, _ *http.Request) {
				for range 1 << 10 {
					if _, err := w.Write(make([]byte, 1<<12)); err != nil {
						return
					}
				}
			}
		}, true, http.StatusBadGateway},
		"a redirect": {func(p *hostile) {
			p.token = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.url+"/token", http.StatusTemporaryRedirect)
			}
		}, true, http.StatusBadGateway},
		"an error": {func(p *hostile) {
			p.token = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "evil", http.StatusInternalServerError) }
		}, true, http.StatusServiceUnavailable},
		"no token": {func(p *hostile) {
			p.token = func(w http.ResponseWriter, _ *http.Request) { p.send(w, map[string]any{"access_token": "a"}) }
		}, true, http.StatusBadGateway},
		"no JSON": {func(p *hostile) {
			p.token = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "evil") }
		}, true, http.StatusBadGateway},
		"no keys": {func(p *hostile) {
			p.keys = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		}, true, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p, log := newHostile(t), &logged{}
			test.breaks(p)
			s := withProvider(t, log, func(string) map[string]any { return settings(p.url) })
			b := s.browser(t)
			r := b.do(http.MethodGet, "/sign-in/provider", nil)
			if test.begins {
				r = b.back(p.authorize(r.Header.Get("Location")))
			}
			b.refuses(name, r, test.status)
			if !strings.Contains(r.body, "muster open") || !strings.Contains(r.body, "Sign in with") {
				t.Errorf("the page offers nothing: %s", r.body)
			}
			if !strings.Contains(log.String(), "request failed") {
				t.Error("the log says nothing")
			}
		})
	}
	if elsewhere.stray+elsewhere.tokens > 0 {
		t.Error("another host was called")
	}
}

// from is a browser at another address of this machine.
func (s *site) from(t testing.TB, address string) *browser {
	t.Helper()
	b := s.browser(t)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	b.client.Transport = transport
	return b
}

// A network that brings codes that are worth nothing keeps no other network from signing in, however slow the provider
// is with them; and after a hundred of them the provider is asked about one a second.
func TestWorthlessCodes(t *testing.T) {
	p := newHostile(t)
	arrived, released := make(chan struct{}, 100), make(chan struct{})
	p.hold = func(code string) {
		if code == "worthless" {
			arrived <- struct{}{}
			<-released
		}
	}
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	worthless := func(b *browser) url.Values {
		answer := p.authorize(b.begin("/"))
		answer.Set("code", "worthless")
		return answer
	}
	var all sync.WaitGroup
	for range 40 {
		b := s.browser(t)
		answer := worthless(b)
		all.Go(func() {
			r := b.back(answer)
			if len(b.session()) > 0 || r.StatusCode != http.StatusBadGateway && r.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	}
	for range 31 {
		<-arrived
	}
	s.from(t, "127.0.0.2").enter(p)
	close(released)
	all.Wait()

	b := s.browser(t)
	for range 400 { // a slow machine fills the bucket meanwhile
		answer := worthless(b)
		asked := p.tokens
		if r := b.back(answer); r.StatusCode == http.StatusTooManyRequests && p.tokens == asked {
			if r.Header.Get("Retry-After") == "" {
				t.Error("nothing says when to come again")
			}
			s.from(t, "127.0.0.2").enter(p)
			return
		}
	}
	t.Error("the provider is asked as often as somebody likes")
}
