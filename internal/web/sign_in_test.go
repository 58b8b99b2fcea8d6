package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/store/organization"
)

// A code signs in once, whatever else happens at the same time, and looking at its link does not use it up.
func TestACodeIsUsedOnce(t *testing.T) {
	s := started(t)
	_, session := s.client(t, everything())
	code := s.code(t, session)
	for range 3 {
		if r := s.browser(t).do(http.MethodGet, "/sign-in?code="+code, nil); r.StatusCode != http.StatusOK ||
			!strings.Contains(r.body, code) {
			t.Fatalf("looking at the link: %d %s", r.StatusCode, r.body)
		}
	}
	var signedIn atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r := s.browser(t).do(http.MethodPost, "/sign-in", url.Values{"code": {code}})
			if r.StatusCode == http.StatusSeeOther {
				signedIn.Add(1)
			} else if r.StatusCode != http.StatusForbidden || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	}
	all.Wait()
	if n := signedIn.Load(); n != 1 {
		t.Errorf("%d browsers signed in", n)
	}
}

// Who signs in gets a new secret, whatever cookie came, in a cookie that no script reads and no other site sends.
func TestASessionIsNotFixed(t *testing.T) {
	s := started(t)
	b := s.browser(t)
	_, session := s.client(t, everything())
	port := s.url[strings.LastIndex(s.url, ":")+1:]
	planted := strings.Repeat("A", 52)
	r := b.do(http.MethodPost, "/sign-in", url.Values{"code": {s.code(t, session)}}, "Cookie: muster-"+port+"="+planted)
	cookie := r.Header.Get("Set-Cookie")
	if r.StatusCode != http.StatusSeeOther || strings.Contains(cookie, planted) {
		t.Errorf("status %d, cookie %q", r.StatusCode, cookie)
	}
	for _, want := range []string{"muster-" + port + "=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q has no %s", cookie, want)
		}
	}
	if r := s.browser(t).do(http.MethodGet, "/", nil, "Cookie: muster-"+port+"="+planted); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the planted secret signs in: %d", r.StatusCode)
	}
}

// An address that is opened signed out leads to signing in, and then to that address: of this server only.
func TestWhereSigningInLeads(t *testing.T) {
	s := started(t)
	b := s.browser(t)
	_, session := s.client(t, everything())
	r := b.do(http.MethodGet, "/devices?q=a%2Bb&kev=true", nil)
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.StatusCode != http.StatusSeeOther || to.Path != "/sign-in" {
		t.Fatalf("status %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if !strings.Contains(b.page(to.RequestURI(), http.StatusOK), "muster open") {
		t.Error("the page does not say how to sign in")
	}
	for _, test := range []struct{ to, want string }{
		{to.Query().Get("to"), "/devices?q=a%2Bb&kev=true"}, {"/vulnerabilities/CVE-2024-7971", "/vulnerabilities/CVE-2024-7971"},
		{"//evil.example", "/"}, {`/\evil.example`, "/"}, {`\\evil.example`, "/"}, {"https://evil.example/", "/"},
		{"javascript:alert(1)", "/"}, {"/%2F/evil.example", "/"}, {"evil", "/"}, {"", "/"}, {"/sign-in", "/"},
		{"/a\r\nSet-Cookie: x=y", "/"}, {"/\t/evil.example", "/"}, {"http:/devices", "/"}, {"///evil.example", "/"},
	} {
		r := s.browser(t).do(http.MethodPost, "/sign-in", url.Values{"code": {s.code(t, session)}, "to": {test.to}})
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != test.want {
			t.Errorf("%q leads to %q (%d), want %q", test.to, got, r.StatusCode, test.want)
		}
	}
}

// token is that of a form.
var token = regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)

// A form of another site, of another session or of none signs nobody out; the right one does, at once.
func TestSigningOut(t *testing.T) {
	s := started(t)
	b, _ := s.as(t, everything())
	other, _ := s.as(t, everything())
	right := token.FindStringSubmatch(b.page("/devices", http.StatusOK))
	wrong := token.FindStringSubmatch(other.page("/devices", http.StatusOK))
	if right == nil || wrong == nil || right[1] == wrong[1] {
		t.Fatalf("tokens %q and %q", right, wrong)
	}
	for name, form := range map[string]url.Values{"none": {}, "empty": {"token": {""}}, "of another session": {"token": {wrong[1]}}} {
		if r := b.do(http.MethodPost, "/sign-out", form); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", name, r.StatusCode)
		}
	}
	if r := b.do(http.MethodPost, "/sign-out", url.Values{"token": {right[1]}}, "Sec-Fetch-Site: cross-site",
		"Origin: https://evil.example"); r.StatusCode != http.StatusForbidden {
		t.Errorf("of another site: status %d", r.StatusCode)
	}
	b.page("/devices", http.StatusOK)
	port := s.url[strings.LastIndex(s.url, ":")+1:]
	here, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	kept := b.client.Jar.Cookies(here)
	for range 2 { // a double post counts once
		if r := b.do(http.MethodPost, "/sign-out", url.Values{"token": {right[1]}}); r.StatusCode != http.StatusSeeOther {
			t.Errorf("signing out: status %d", r.StatusCode)
		}
	}
	if len(kept) != 1 {
		t.Fatalf("cookies %v", kept)
	}
	if r := s.browser(t).do(http.MethodGet, "/devices", nil, "Cookie: muster-"+port+"="+kept[0].Value); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the secret of a session that was signed out: status %d", r.StatusCode)
	}
	other.page("/devices", http.StatusOK)
}

// A session is its client: what the client loses, the session loses with the next request.
func TestASessionEndsWithItsClient(t *testing.T) {
	s := started(t)
	c, session := s.client(t, everything())
	b := s.browser(t).signIn(session)
	b.page("/configuration", http.StatusOK)
	c.Permissions = []string{string(auth.ReadSoftware)}
	if err := s.node.Store.Access.SetClient(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if text := b.page("/configuration", http.StatusForbidden); !strings.Contains(text, "Vulnerability.Read.All") {
		t.Errorf("the page does not name the permission: %s", text)
	}
	if text := b.page("/software", http.StatusOK); strings.Contains(text, `href="/configuration"`) {
		t.Error("the menu has a section that the caller may not see")
	}
	b.page("/", http.StatusOK)
	if err := s.node.Store.Access.RemoveClient(t.Context(), organization.Default, c.ID); err != nil {
		t.Fatal(err)
	}
	if r := b.do(http.MethodGet, "/software", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("of a removed client: status %d", r.StatusCode)
	}
}

// A client signs its browsers out, and a manager those of everybody; nobody else does, and a session is no token.
func TestSessionsAreEnded(t *testing.T) {
	s := emptySite(t)
	reader, mine := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	manager, managing := s.as(t, everything())
	if _, err := control.Do(t.Context(), mine, supervise.EndSessions(supervise.SessionFilter{All: true})); err == nil {
		t.Error("a reader signed everybody out")
	}
	if r := manager.do(http.MethodGet, "/v1/clients", nil); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie counts as a token: %d", r.StatusCode)
	}
	ended, err := control.Do(t.Context(), mine, supervise.EndSessions(supervise.SessionFilter{}))
	if err != nil || ended.Value.Ended != 1 {
		t.Errorf("ended %d: %v", ended.Value.Ended, err)
	}
	if r := reader.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the reader: status %d", r.StatusCode)
	}
	if text := manager.page("/", http.StatusOK); !strings.Contains(text, "Nothing here yet") || !strings.Contains(text, "muster enroll create") {
		t.Errorf("an empty server shows %s", text)
	}
	ended, err = control.Do(t.Context(), managing, supervise.EndSessions(supervise.SessionFilter{All: true}))
	if err != nil || ended.Value.Ended != 1 {
		t.Errorf("ended %d: %v", ended.Value.Ended, err)
	}
	if r := manager.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the manager: status %d", r.StatusCode)
	}
}
