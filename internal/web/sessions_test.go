package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// sessionsOf returns the sessions that a caller sees.
func sessionsOf(t *testing.T, s *control.Session, f supervise.SessionFilter) []supervise.BrowserSession {
	t.Helper()
	got, err := control.Do(t.Context(), s, supervise.ListSessions(f))
	if err != nil {
		t.Fatal(err)
	}
	return got.Value.Sessions
}

// Managers see every browser that is signed in, with the person's subject, and end those of one person, or one of them;
// others see and end their own alone, and of others not even that they are there.
func TestBrowsersAreListedAndEnded(t *testing.T) {
	p := newHostile(t)
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	manager, managing := s.as(t, everything())
	reader, reading := s.as(t, []auth.Permission{auth.ReadSoftware})
	other := s.browser(t).signIn(reading)
	p.member("<b>lis", "lisbon")
	lisbon := s.browser(t).enter(p)
	again := s.browser(t).enter(p)

	all := sessionsOf(t, managing, supervise.SessionFilter{All: true})
	if len(all) != 5 {
		t.Fatalf("%d sessions: %+v", len(all), all)
	}
	var person []supervise.BrowserSession
	for _, one := range all {
		if one.Issuer == p.url && one.Subject == "<b>lis" && len(one.Permissions) == 2 {
			person = append(person, one)
		}
	}
	if len(person) != 2 || person[0].CallerID != person[1].CallerID || person[0].ID == person[1].ID {
		t.Fatalf("the person's: %+v", person)
	}
	if text := manager.page("/access/sessions", http.StatusOK); strings.Count(text, "&lt;b&gt;lis") < 2 || !strings.Contains(text, "this browser") ||
		!strings.Contains(text, "5 browsers are signed in") {
		t.Errorf("the manager's page: %s", text)
	}

	// Others: their own alone.
	if mine := sessionsOf(t, reading, supervise.SessionFilter{}); len(mine) != 2 {
		t.Errorf("the reader has %+v", mine)
	}
	for _, f := range []supervise.SessionFilter{{All: true}, {Caller: person[0].CallerID}} {
		if _, err := control.Do(t.Context(), reading, supervise.ListSessions(f)); err == nil {
			t.Errorf("a reader lists %+v", f)
		}
		if _, err := control.Do(t.Context(), reading, supervise.EndSessions(f)); err == nil {
			t.Errorf("a reader ends %+v", f)
		}
	}
	both := supervise.SessionFilter{All: true, Caller: "x"}
	if _, err := control.Do(t.Context(), managing, supervise.ListSessions(both)); err == nil {
		t.Error("all and caller do not exclude each other")
	}
	foreign, unknown := "", ""
	for id, into := range map[string]*string{person[0].ID: &foreign, strings.Repeat("0", 32): &unknown} {
		_, err := control.Do(t.Context(), reading, supervise.EndSession(id))
		if err == nil {
			t.Fatal("a reader ends a person's session")
		}
		*into = strings.ReplaceAll(err.Error(), id, "ID")
		reader.page("/access/sessions/"+id+"/end", http.StatusNotFound)
	}
	if foreign != unknown {
		t.Errorf("%q tells that there is a session: %q", foreign, unknown)
	}
	text := lisbon.page("/access/sessions", http.StatusOK)
	if strings.Count(text, "&lt;b&gt;lis") < 2 || strings.Contains(text, "client ") || !strings.Contains(text, "with 2 browsers") {
		t.Errorf("the person's page: %s", text)
	}

	// A person ends their other browser.
	id := ""
	for _, one := range person {
		if at := strings.Index(text, one.ID); at > 0 && !strings.Contains(text[max(0, at-900):at], "this browser") {
			id = one.ID
		}
	}
	if said := will(lisbon.page("/access/sessions/"+id+"/end", http.StatusOK)); !strings.Contains(said, `The browser that "<b>lis" signed in at`) {
		t.Errorf("the form says %s", said)
	}
	if _, r := lisbon.submit("/access/sessions/" + id + "/end"); !strings.Contains(lisbon.done(r), "The browser was signed out.") {
		t.Errorf("the page after it: %s", r.body)
	}
	if r := again.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the other browser goes on: %d", r.StatusCode)
	}
	lisbon.page("/setup", http.StatusOK)

	// A manager ends those of the person.
	whose := "/access/sessions/end?caller=" + person[0].CallerID
	if said := will(manager.page(whose, http.StatusOK)); !strings.Contains(said, `The browsers of "<b>lis" are signed out at once: 1 browser.`) {
		t.Errorf("the form says %s", said)
	}
	if _, r := manager.submit(whose); !strings.Contains(manager.done(r), "1 browser was signed out.") {
		t.Errorf("the page after it: %s", r.body)
	}
	if r := lisbon.do(http.MethodGet, "/setup", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the person goes on: %d", r.StatusCode)
	}
	for _, b := range []*browser{manager, reader, other} {
		b.page("/setup", http.StatusOK)
	}
	ended, err := control.Do(t.Context(), managing, supervise.EndSessions(supervise.SessionFilter{All: true}))
	if err != nil || ended.Value.Ended != 3 {
		t.Errorf("ended %d: %v", ended.Value.Ended, err)
	}
}

// A session whose permissions were all taken away is listed without any, until it ends.
func TestSessionsThatGiveNothing(t *testing.T) {
	p := newHostile(t)
	now := settings(p.url)
	s := withProvider(t, &logged{}, func(string) map[string]any { return now })
	_, managing := s.client(t, everything())
	p.member("lis", "lisbon")
	b := s.browser(t).enter(p)
	b.settle(s.settings, with(now, map[string]any{"denied": []string{"lis"}}), "/setup", http.StatusSeeOther)
	all := sessionsOf(t, managing, supervise.SessionFilter{All: true})
	if len(all) != 1 || len(all[0].Permissions) != 0 {
		t.Errorf("%+v", all)
	}
}
