package web_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/node/nodetest"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/web/webtest"
)

// runNode runs a node until the test ends, and returns its address. certificate is a file with its certificate, and key
// one with its key; without them it has no TLS.
func runNode(t *testing.T, c node.Config, certificate, key, public string) (n *node.Node, address string) {
	t.Helper()
	n, err := node.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	at, err := node.Listen(t.Context(), node.Listening{Address: "127.0.0.1:0", TLS: node.TLS{CertFile: certificate, KeyFile: key}},
		t.TempDir(), c.Client, c.Log)
	if err != nil {
		t.Fatal(err)
	}
	running, err := node.Start(t.Context(), n, at, api.Config{PublicURL: public, Serves: at.Serves()}, node.Schedule{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, end := context.WithCancel(context.Background())
		end()
		if err := errors.Join(running.Wait(ended), n.Close()); err != nil {
			t.Error(err)
		}
	})
	return n, running.URL
}

// newHostileOver returns a provider over TLS, by a private authority.
func newHostileOver(t *testing.T, a *nodetest.Authority) *hostile {
	t.Helper()
	plain, folder := newHostile(t), t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	a.Issue(cert, key, 7)
	pair, err := tls.LoadX509KeyPair(cert, key)
	to, parseErr := url.Parse(plain.url)
	if err != nil || parseErr != nil {
		t.Fatal(err, parseErr)
	}
	server := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	plain.url = server.URL
	return plain
}

// fileOf writes settings of sign-in to a file.
func fileOf(t *testing.T, all map[string]any) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sign-in.json")
	text, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// browserAt is a browser that trusts an authority and uses a server at an address.
func browserAt(t *testing.T, a *nodetest.Authority, address string) *browser {
	t.Helper()
	v := (&webtest.Site{URL: address}).Visitor(t)
	v.Client.Transport = a.Client().Transport
	return &browser{v, v.Client}
}

// leading is a proxy that leads to an address that may change.
func leading(to *atomic.Pointer[url.URL]) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to.Load()) }}
}

// bound fails unless a cookie is for this host alone, over TLS.
func bound(t *testing.T, r *got, prefix string) {
	t.Helper()
	at := slices.IndexFunc(r.Cookies(), func(c *http.Cookie) bool {
		return strings.HasPrefix(c.Name, prefix) && c.MaxAge >= 0
	})
	if at < 0 {
		t.Fatalf("no cookie %s: %v", prefix, r.Header["Set-Cookie"])
	}
	c := r.Cookies()[at]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %+v", c)
	}
}

// Over TLS, the server's own or a proxy's, cookies are bound to the host, and the provider sends browsers back there. A
// provider with a certificate of a private authority is trusted by --ca-file, and only by it.
func TestSigningInOverTLS(t *testing.T) {
	a, folder := nodetest.NewAuthority(t), t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	a.Issue(cert, key, 2)
	p := newHostileOver(t, a)
	config := func(log *logged, client *http.Client) node.Config {
		return node.Config{Path: filepath.Join(t.TempDir(), "data"), Command: "test", Make: true, Client: client,
			Log:    slog.New(slog.NewTextHandler(log, nil)),
			Access: node.Access{SignIn: entrance.SignIn{File: fileOf(t, settings(p.url)), Secret: clientSecret}}}
	}
	try := func(name, address string) {
		b := browserAt(t, a, address)
		r := b.do(http.MethodGet, "/sign-in/provider?to=%2Fsetup", nil, "Sec-Fetch-Site: same-origin")
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: beginning: %d %s", name, r.StatusCode, r.body)
		}
		bound(t, r, "__Host-muster-")
		asked, err := url.Parse(r.Header.Get("Location"))
		if err != nil || asked.Query().Get("redirect_uri") != address+"/sign-in/callback" {
			t.Errorf("%s: the browser is sent to %v", name, asked)
		}
		r = b.back(p.authorize(asked.String()))
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/setup" {
			t.Fatalf("%s: coming back: %d %s", name, r.StatusCode, r.body)
		}
		bound(t, r, "__Host-muster")
		if text := b.page("/setup", http.StatusOK); !strings.Contains(text, "Alice") {
			t.Errorf("%s: the page: %s", name, text)
		}
	}
	_, address := runNode(t, config(&logged{}, a.Client()), cert, key, "")
	try("own TLS", strings.Replace(address, "127.0.0.1", "localhost", 1))

	// A proxy adds TLS, and nothing else: the server knows its address from --public-url.
	var inner atomic.Pointer[url.URL]
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(leading(&inner))
	proxy.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	_, plain := runNode(t, config(&logged{}, a.Client()), "", "", proxy.URL)
	to, err := url.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	inner.Store(to)
	try("a proxy", proxy.URL)

	// Without the authority the provider is nobody, which the log explains.
	log := &logged{}
	_, address = runNode(t, config(log, nil), cert, key, "")
	b := browserAt(t, a, address)
	if r := b.do(http.MethodGet, "/sign-in/provider", nil); r.StatusCode != http.StatusServiceUnavailable ||
		!strings.Contains(log.String(), "certificate signed by unknown authority") {
		t.Errorf("without --ca-file: %d %s\n%s", r.StatusCode, r.body, log.String())
	}
}

// A sign-in that begins at one node ends at another, once; sessions, their ends and forms that were sent are those of
// all nodes.
func TestSigningInAtTwoNodes(t *testing.T) {
	database := testneed.Postgres(t)
	name := "signin_" + strings.ToLower(rand.Text()[:10])
	database.SQL(t, "postgres", "CREATE DATABASE "+name)
	p := newHostile(t)
	p.twice = true
	file, files := fileOf(t, settings(p.url)), t.TempDir()
	var chosen atomic.Pointer[url.URL]
	front := httptest.NewServer(leading(&chosen))
	t.Cleanup(front.Close)
	public := strings.Replace(front.URL, "127.0.0.1", "localhost", 1)
	var nodes []*url.URL
	var first *node.Node
	for i := range 2 {
		n, address := runNode(t, node.Config{Name: string(rune('a' + i)), Command: "test", Make: true,
			Places: node.Places{Database: database.URL(name), Files: "file://" + filepath.ToSlash(files), Cache: t.TempDir()},
			Log:    slog.New(slog.DiscardHandler),
			Access: node.Access{SignIn: entrance.SignIn{File: file, Secret: clientSecret}}}, "", "", public)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if nodes = append(nodes, u); first == nil {
			first = n
		}
	}
	use := func(i int) { chosen.Store(nodes[i]) }
	site := &site{Site: &webtest.Site{Node: first, URL: public, Groups: map[string]int64{}}, node: first, url: public}
	use(0)
	manager, managing := site.as(t, everything())
	p.member("adm", "admins")
	b := site.browser(t)
	question := b.begin("/setup")
	here, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	stolen := b.client.Jar.Cookies(here)
	answer := p.authorize(question)
	use(1)
	if r := b.back(answer); r.StatusCode != http.StatusSeeOther || len(b.session()) != 1 {
		t.Fatalf("at the other node: %d %s", r.StatusCode, r.body)
	}
	use(0)
	b.page("/setup", http.StatusOK)
	thief := site.browser(t)
	thief.client.Jar.SetCookies(here, stolen)
	thief.refuses("the same answer at the first node", thief.back(answer), http.StatusBadRequest)

	// A form that both nodes get counts once.
	action, form := b.form(b.page("/access/enrollments/add?name=racks", http.StatusOK))
	use(1)
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusOK || !strings.Contains(r.body, "mst_") {
		t.Fatalf("the form at the other node: %d %s", r.StatusCode, r.body)
	}
	use(0)
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusSeeOther ||
		!strings.HasPrefix(r.Header.Get("Location"), "/sent/") {
		t.Errorf("the form again: %d %s", r.StatusCode, r.body)
	}
	if n := count(enrolments(t, managing), "racks"); n != 1 {
		t.Errorf("%d enrolments", n)
	}

	// What one node ends is over at the other, with the next request.
	all := sessionsOf(t, managing, supervise.SessionFilter{All: true})
	at := slices.IndexFunc(all, func(one supervise.BrowserSession) bool { return one.Subject == "adm" })
	if len(all) != 2 || at < 0 || len(all[at].Permissions) == 0 {
		t.Fatalf("the sessions are %+v", all)
	}
	use(1)
	ask(t, managing, supervise.EndSession(all[at].ID))
	use(0)
	if r := b.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("an ended session goes on at the other node: %d", r.StatusCode)
	}
	right := token.FindStringSubmatch(manager.page("/setup", http.StatusOK))
	use(1)
	manager.do(http.MethodPost, "/sign-out", url.Values{"token": {right[1]}})
	use(0)
	if r := manager.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("who signed out goes on at the other node: %d", r.StatusCode)
	}
	if r, err := control.Do(t.Context(), managing, control.ListClients()); err != nil || len(r.Value.Clients) == 0 {
		t.Errorf("the client itself: %v", err)
	}
}

// Keys that the provider has just changed are told as that, and ID tokens that name keys that there are not make the
// server ask once.
func TestKeysThatChange(t *testing.T) {
	p, log := newHostile(t), &logged{}
	var asked atomic.Int64
	p.keys = func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		key := jose.JSONWebKey{Key: signingKey().Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}
		p.send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
	}
	s := withProvider(t, log, func(string) map[string]any { return settings(p.url) })
	s.browser(t).enter(p)
	for i := range 20 {
		p.header = func(m map[string]any) { m["kid"] = "new" + string(rune('a'+i)) }
		b := s.browser(t)
		b.refuses("a new key", b.back(p.authorize(b.begin("/"))), http.StatusServiceUnavailable)
	}
	p.header = nil
	s.browser(t).enter(p)
	if n := asked.Load(); n > 2 {
		t.Errorf("the provider was asked %d times for its keys", n)
	}
	if !strings.Contains(log.String(), "new keys") {
		t.Errorf("the log says %s", log.String())
	}
}

// A provider that was away when the server started, or that answers with a million keys, costs nobody the server:
// links work meanwhile.
func TestAProviderThatIsAway(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(gone.URL) })
	b := s.browser(t)
	for range 5 {
		b.refuses("a provider that is away", b.do(http.MethodGet, "/sign-in/provider", nil), http.StatusServiceUnavailable)
	}
	_, managing := s.client(t, everything())
	b.signIn(managing).page("/setup", http.StatusOK)

	p := newHostile(t)
	p.keys = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"keys":[`))
		for range 1 << 16 {
			if _, err := w.Write([]byte(`{"kty":"RSA","kid":"k","n":"AQAB","e":"AQAB","use":"sig"},`)); err != nil {
				return
			}
		}
	}
	huge := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	b = huge.browser(t)
	b.refuses("a million keys", b.back(p.authorize(b.begin("/"))), http.StatusBadGateway)
}
