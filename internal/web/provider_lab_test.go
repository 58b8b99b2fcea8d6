package web_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/muster-project/muster/internal/auth/people"
)

// logged is a log that a test reads while a server writes it.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// signingKey makes a key that tests share; making one takes long.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // without randomness no test is meaningful
	}
	return key
})

// hostile is a provider in this process. Without changes it is an honest one, at which everybody is alice of Lisbon.
type hostile struct {
	testing.TB
	url string

	mu sync.Mutex
	// asked are the questions of browsers, by their codes.
	asked map[string]url.Values
	// tokens counts requests for tokens; stray those at addresses where nothing is.
	tokens, stray int
	// twice: it takes codes more than once.
	twice bool

	// document, claims, header and answer change what is sent; sign replaces the signature, and token and keys the
	// whole reply.
	document, claims, header func(map[string]any)
	answer                   func(asked, answer url.Values)
	sign                     func(text string) []byte
	token, keys              http.HandlerFunc
	// hold is called before a code is looked at.
	hold func(code string)
}

// newHostile starts a provider.
func newHostile(t testing.TB) *hostile {
	t.Helper()
	p := &hostile{TB: t, asked: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("/token", p.give)
	mux.HandleFunc("/keys", p.showKeys)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stray++
		w.WriteHeader(http.StatusNotFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *hostile) discovery(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]any{"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token",
		"jwks_uri": p.url + "/keys", "userinfo_endpoint": p.url + "/me", "code_challenge_methods_supported": []string{"S256"}}
	if p.document != nil {
		p.document(all)
	}
	p.send(w, all)
}

func (p *hostile) send(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.Error(err)
	}
}

func (p *hostile) showKeys(w http.ResponseWriter, r *http.Request) {
	if p.keys != nil {
		p.keys(w, r)
		return
	}
	p.send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: signingKey().Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
}

// authorize answers a browser's question with the parameters of the address to which it goes back.
func (p *hostile) authorize(question string) url.Values {
	p.Helper()
	u, err := url.Parse(question)
	if err != nil {
		p.Fatal(err)
	}
	asked := u.Query()
	if asked.Get("code_challenge_method") != "S256" || asked.Get("response_type") != "code" || len(asked.Get("nonce")) < 40 {
		p.Errorf("the question is %v", asked)
	}
	answer := url.Values{"code": {rand.Text()}, "state": {asked.Get("state")}}
	p.mu.Lock()
	p.asked[answer.Get("code")] = asked
	p.mu.Unlock()
	if p.answer != nil {
		p.answer(asked, answer)
	}
	return answer
}

// give trades a code, once, for an ID token, if the verifier is right.
func (p *hostile) give(w http.ResponseWriter, r *http.Request) {
	if p.hold != nil {
		p.hold(r.FormValue("code"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
	if p.token != nil {
		p.token(w, r)
		return
	}
	asked := p.asked[r.FormValue("code")]
	if !p.twice {
		delete(p.asked, r.FormValue("code"))
	}
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if asked == nil || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
		asked.Get("redirect_uri") != r.FormValue("redirect_uri") || id != "muster" || secret != url.QueryEscape(clientSecret) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"of %s"}`, r.FormValue("code"))
		return
	}
	now := time.Now()
	claims := map[string]any{"iss": p.url, "aud": "muster", "sub": "alice", "name": "Alice", "groups": []string{"lisbon"},
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "nonce": asked.Get("nonce")}
	if p.claims != nil {
		p.claims(claims)
	}
	p.send(w, map[string]any{"access_token": "the access token", "token_type": "Bearer", "id_token": p.signed(claims)})
}

// signed returns an ID token.
func (p *hostile) signed(claims map[string]any) string {
	header := map[string]any{"alg": "RS256", "kid": "k"}
	if p.header != nil {
		p.header(header)
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			p.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		p.Error(err)
	}
	if p.sign != nil {
		signature = p.sign(text)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// hmacWith signs as HS256 with a key: of confused libraries, the public key.
func hmacWith(key []byte) func(string) []byte {
	return func(text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
}

// begin begins to sign a browser in, and returns the provider's address.
func (b *browser) begin(to string) string {
	b.Helper()
	r := b.do(http.MethodGet, "/sign-in/provider?"+url.Values{"to": {to}}.Encode(), nil, "Sec-Fetch-Site: same-origin")
	if r.StatusCode != http.StatusSeeOther {
		b.Fatalf("beginning: status %d: %s", r.StatusCode, r.body)
	}
	return r.Header.Get("Location")
}

// back brings an answer.
func (b *browser) back(answer url.Values) *got {
	b.Helper()
	return b.do(http.MethodGet, people.CallbackPath+"?"+answer.Encode(), nil, "Sec-Fetch-Site: cross-site")
}

// with returns settings with some changed.
func with(all map[string]any, changes map[string]any) map[string]any {
	all = maps.Clone(all)
	maps.Copy(all, changes)
	return all
}

// refuses fails unless a browser is not signed in, the reply has a status, and nothing that came from outside.
func (b *browser) refuses(name string, r *got, status int) {
	b.Helper()
	if r.StatusCode != status || len(b.session()) > 0 {
		b.Errorf("%s: status %d, want %d; cookies %v: %s", name, r.StatusCode, status, b.session(), r.body)
	}
	if location := r.Header.Get("Location"); location != "" {
		b.Errorf("%s: leads to %q", name, location)
	}
	for _, secret := range []string{clientSecret, "the access token", "evil"} {
		if strings.Contains(r.body, secret) {
			b.Errorf("%s: the page has %q", name, secret)
		}
	}
}
