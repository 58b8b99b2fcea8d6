package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// member makes the provider describe everybody as a person with groups.
func (p *hostile) member(subject string, groups ...string) {
	p.claims = func(m map[string]any) { m["sub"], m["name"], m["groups"] = subject, subject, groups }
}

// enter signs a browser in at the provider.
func (b *browser) enter(p *hostile) *browser {
	b.Helper()
	if r := b.back(p.authorize(b.begin("/"))); r.StatusCode != http.StatusSeeOther || len(b.session()) != 1 {
		b.Fatalf("signing in: status %d: %s", r.StatusCode, r.body)
	}
	return b
}

// settle writes other settings, and waits until they count: until the browser sees a page with a status.
func (b *browser) settle(file string, all map[string]any, path string, status int) {
	b.Helper()
	text, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	var last int
	for range 200 {
		if last = b.do(http.MethodGet, path, nil).StatusCode; last == status {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatalf("%s: status %d, want %d", path, last, status)
}

// Two people with disjoint groups see disjoint devices and numbers, what a role loses they lose with the next request,
// and who is denied or signed out by a manager is out.
func TestRightsOfPeople(t *testing.T) {
	p, log := newHostile(t), &logged{}
	now := settings(p.url)
	s := withProvider(t, log, func(string) map[string]any { return now })
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.member("lis", "lisbon")
	lisbon := s.browser(t).enter(p)
	p.member("tok", "tokyo")
	tokyo := s.browser(t).enter(p)
	p.member("adm", "admins", "lisbon")
	admin := s.browser(t).enter(p)

	names := func(b *browser) (all []string) {
		for _, row := range b.rows("/devices.csv") {
			all = append(all, row[0])
		}
		slices.Sort(all)
		return all
	}
	here, there, all := names(lisbon), names(tokyo), names(admin)
	both := func(n string) bool { return slices.Contains(there, n) }
	if len(here) == 0 || len(there) == 0 || len(here)+len(there)+1 != len(all) || slices.ContainsFunc(here, both) {
		t.Fatalf("%d devices in Lisbon, %d in Tokyo, %d in all", len(here), len(there), len(all))
	}
	for _, path := range []string{"/", "/vulnerabilities", "/actions", "/devices", "/software", "/configuration", "/coverage"} {
		text := lisbon.page(path, http.StatusOK)
		for _, name := range there {
			if strings.Contains(text, name) {
				t.Errorf("%s shows %s to somebody of Lisbon", path, name)
			}
		}
		if strings.Contains(text, "Tokyo") || !strings.Contains(text, "lis · your groups: Lisbon") {
			t.Errorf("%s says of groups: %s", path, text)
		}
	}
	if text := admin.page("/", http.StatusOK); !strings.Contains(text, "adm · all groups") {
		t.Errorf("the administrator's page: %s", text)
	}

	// Two roles that give different permissions in different groups: nothing is left, which the page says.
	p.member("two", "lisbon", "writers")
	torn := s.browser(t)
	torn.refuses("roles without a common permission", torn.back(p.authorize(torn.begin("/"))), http.StatusForbidden)

	// A cookie is no token.
	if r := admin.do(http.MethodGet, "/v1/clients", nil); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the API answers a cookie with %d", r.StatusCode)
	}

	// Settings that cannot be used change nothing; a role without a permission takes it at once.
	if err := os.WriteFile(s.settings, []byte("{\n\"roles\": 17}"), 0o600); err != nil {
		t.Fatal(err)
	}
	roles := now["roles"].([]map[string]any)
	less := with(roles[0], map[string]any{"permissions": []string{"Software.Read.All"}})
	changed := with(now, map[string]any{"roles": []map[string]any{less, roles[1], roles[2]}})
	lisbon.settle(s.settings, changed, "/vulnerabilities", http.StatusForbidden)
	lisbon.page("/software", http.StatusOK)
	tokyo.page("/vulnerabilities", http.StatusOK)

	lisbon.settle(s.settings, with(changed, map[string]any{"denied": []string{"lis"}}), "/software", http.StatusSeeOther)
	tokyo.page("/vulnerabilities", http.StatusOK)
	p.member("lis", "lisbon")
	r := lisbon.back(p.authorize(lisbon.begin("/")))
	if r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, "keep out") {
		t.Errorf("who is denied signs in: %d %s", r.StatusCode, r.body)
	}

	_, managing := s.client(t, everything())
	ended, err := control.Do(t.Context(), managing, supervise.EndSessions(supervise.SessionFilter{All: true}))
	if err != nil || ended.Value.Ended != 3 {
		t.Errorf("ended %d: %v", ended.Value.Ended, err)
	}
	for _, b := range []*browser{tokyo, admin} {
		if r := b.do(http.MethodGet, "/software", nil); r.StatusCode != http.StatusSeeOther {
			t.Errorf("after signing everybody out: status %d", r.StatusCode)
		}
	}
}

// Tabs sign in side by side, each goes on to its own address, a new session replaces that of before, and other sites
// begin nothing.
func TestTabs(t *testing.T) {
	p := newHostile(t)
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	b := s.browser(t)
	first, second := b.begin("/setup?a=1"), b.begin("//evil.example")
	if r := b.back(p.authorize(second)); r.Header.Get("Location") != "/" {
		t.Errorf("the second tab goes to %q (%d): %s", r.Header.Get("Location"), r.StatusCode, r.body)
	}
	before := b.session()[0].Value
	r := b.back(p.authorize(first))
	if r.Header.Get("Location") != "/setup?a=1" {
		t.Errorf("the first tab goes to %q (%d): %s", r.Header.Get("Location"), r.StatusCode, r.body)
	}
	if len(b.session()) != 1 || b.session()[0].Value == before {
		t.Error("the session was not replaced")
	}
	cookie := b.session()[0].Name
	if r := s.browser(t).do(http.MethodGet, "/setup", nil, "Cookie: "+cookie+"="+before); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the session of before goes on: %d", r.StatusCode)
	}
	planted := strings.Repeat("A", 52)
	fixed := s.browser(t)
	answer := p.authorize(fixed.begin("/"))
	here, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	fixed.client.Jar.SetCookies(here, []*http.Cookie{{Name: cookie, Value: planted, Path: "/"}})
	if r := fixed.back(answer); r.StatusCode != http.StatusSeeOther || fixed.session()[0].Value == planted {
		t.Errorf("a planted secret stays: %d", r.StatusCode)
	}
	for range 20 {
		b.begin("/" + strings.Repeat("x", 1400))
	}
	if n := len(b.client.Jar.Cookies(here)); n > 9 {
		t.Errorf("%d cookies", n)
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if r := s.browser(t).do(http.MethodGet, "/sign-in/provider", nil, "Sec-Fetch-Site: "+site); r.StatusCode != http.StatusOK ||
			r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s begins a sign-in: %d", site, r.StatusCode)
		}
	}
	text := b.page("/setup", http.StatusOK)
	r = b.do(http.MethodPost, "/sign-out", url.Values{"token": {token.FindStringSubmatch(text)[1]}})
	if text := b.page(r.Header.Get("Location"), http.StatusOK); !strings.Contains(text, "At Example Corp you may still be signed in") {
		t.Errorf("after signing out: %s", text)
	}
}
