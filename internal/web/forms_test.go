package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

var (
	formPart  = regexp.MustCompile(`(?s)<form class="(?:change )?card" action="([^"]*)" method="post">(.*?)</form>`)
	inputPart = regexp.MustCompile(`<(?:input|textarea|select|option)[^>]*>`)
	attribute = regexp.MustCompile(` (name|value|type)="([^"]*)"`)
	textPart  = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`)
)

// form reads the form of a page that changes something: its address, and its values as a browser would send them.
func (b *browser) form(text string) (action string, values url.Values) {
	b.Helper()
	found := formPart.FindStringSubmatch(text)
	if found == nil {
		b.Fatalf("the page has no form: %s", text)
	}
	values = url.Values{}
	chosen := ""
	for _, tag := range inputPart.FindAllString(found[2], -1) {
		has := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			has[a[1]] = html.UnescapeString(a[2])
		}
		switch {
		case strings.HasPrefix(tag, "<select"):
			chosen = has["name"]
		case strings.HasPrefix(tag, "<option"):
			if strings.Contains(tag, " selected") || !values.Has(chosen) {
				values.Set(chosen, has["value"])
			}
		case has["type"] == "checkbox" && !strings.Contains(tag, " checked"):
		case has["name"] != "":
			values.Set(has["name"], has["value"])
		}
	}
	for _, area := range textPart.FindAllStringSubmatch(found[2], -1) {
		values.Set(area[1], html.UnescapeString(area[2]))
	}
	return html.UnescapeString(found[1]), values
}

// enrolments are the names of all enrolments.
func enrolments(t testing.TB, s *control.Session) (names []string) {
	t.Helper()
	all, err := control.Do(t.Context(), s, control.ListEnrollments())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Value.Enrollments {
		names = append(names, e.Name)
	}
	return names
}

// count counts a text in a list.
func count(all []string, one string) (n int) {
	for _, a := range all {
		if a == one {
			n++
		}
	}
	return n
}

// inAudit tells whether the audit log has a line of a request, with an event.
func inAudit(t testing.TB, s *control.Session, request, event string) bool {
	t.Helper()
	var page control.AuditPage
	if err := s.Do(t.Context(), control.Call{Method: http.MethodGet, Path: "/v1/audit", Query: url.Values{"limit": {"10000"}}},
		&page); err != nil {
		t.Fatal(err)
	}
	for _, line := range page.Lines {
		var l struct{ Event, Request string }
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.Request == request && l.Event == event {
			return true
		}
	}
	return false
}

var auditID = regexp.MustCompile(`In the audit log: <code>([0-9a-f-]{36})</code>`)

// A form that is sent several times, at once and again, counts once; the others lead to what the first has done, and
// the audit log has one entry.
func TestAFormCountsOnce(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	action, form := b.form(b.page("/access/enrollments/add?name=first&then=setup", http.StatusOK))
	form.Set("name", "counts once")
	var all sync.WaitGroup
	replies := make([]*got, 8)
	for i := range replies {
		all.Go(func() { replies[i] = b.do(http.MethodPost, action, form) })
	}
	all.Wait()
	replies = append(replies, b.do(http.MethodPost, action, form))
	shown, id := 0, ""
	for _, r := range replies {
		switch r.StatusCode {
		case http.StatusOK:
			shown++
			if found := auditID.FindStringSubmatch(r.body); found != nil {
				id = found[1]
			}
			if !strings.Contains(r.body, "muster collect --server "+s.url+" --enroll ") {
				t.Errorf("the page has no command to paste: %s", r.body)
			}
		case http.StatusSeeOther:
			if to := r.Header.Get("Location"); !strings.HasPrefix(to, "/sent/") {
				t.Errorf("a form that was sent before leads to %q", to)
			}
		default:
			t.Errorf("status %d: %s", r.StatusCode, r.body)
		}
	}
	if n := count(enrolments(t, session), "counts once"); shown != 1 || n != 1 {
		t.Errorf("the secret was shown %d times, and there are %d enrolments", shown, n)
	}
	if !inAudit(t, session, id, "add enrollment") {
		t.Errorf("the audit log has no entry of %q", id)
	}
	last := b.do(http.MethodGet, replies[len(replies)-1].Header.Get("Location"), nil)
	if last.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", last.StatusCode, last.body)
	}
	text := b.page(last.Header.Get("Location"), http.StatusOK)
	if !strings.Contains(text, "counts once") || !strings.Contains(text, "What is secret was shown once.") ||
		!strings.Contains(text, id) || strings.Contains(text, "--enroll muster") {
		t.Errorf("the page after a form that was sent twice: %s", text)
	}
	if other, _ := s.as(t, everything()); strings.Contains(other.page(last.Header.Get("Location"), http.StatusOK), "counts once") {
		t.Error("another session is told what was done")
	}
}

// A form of another session, of none, of another site, or without a mark changes nothing; what was typed is shown
// again.
func TestForgedForms(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	other, _ := s.as(t, everything())
	action, form := b.form(b.page("/access/enrollments/add?name=first&then=setup", http.StatusOK))
	_, others := other.form(other.page("/access/enrollments/add?name=first&then=setup", http.StatusOK))
	form.Set("name", "forged <b>")
	with := func(name, value string) url.Values {
		changed := url.Values{}
		for n, v := range form {
			changed[n] = v
		}
		changed.Set(name, value)
		return changed
	}
	from := func(site, origin string) []string { return []string{"Sec-Fetch-Site: " + site, "Origin: " + origin} }
	for name, test := range map[string]struct {
		form    url.Values
		headers []string
		status  int
	}{
		"no token":              {form: with("token", ""), status: http.StatusForbidden},
		"a token of another":    {form: with("token", others.Get("token")), status: http.StatusForbidden},
		"no mark":               {form: with("mark", ""), status: http.StatusBadRequest},
		"a mark of one's own":   {form: with("mark", strings.Repeat("a", 26)), status: http.StatusBadRequest},
		"another site":          {form: form, headers: from("cross-site", "https://evil.example"), status: http.StatusForbidden},
		"another subdomain":     {form: form, headers: []string{"Sec-Fetch-Site: same-site"}, status: http.StatusForbidden},
		"another origin":        {form: form, headers: from("", "https://evil.example"), status: http.StatusForbidden},
		"an opaque origin":      {form: form, headers: from("", "null"), status: http.StatusForbidden},
		"plain text":            {form: form, headers: []string{"Content-Type: text/plain"}, status: http.StatusUnsupportedMediaType},
		"too many fields":       {form: many(form, 101), status: http.StatusBadRequest},
		"too large":             {form: with("name", strings.Repeat("x", 65<<10)), status: http.StatusRequestEntityTooLarge},
		"refused by the API":    {form: with("group", "no such <group>"), status: http.StatusBadRequest},
		"a number that is none": {form: with("count", "<two>"), status: http.StatusBadRequest},
		"nothing needed":        {form: with("name", " "), status: http.StatusBadRequest},
	} {
		r := b.do(http.MethodPost, action, test.form, test.headers...)
		if r.StatusCode != test.status || regexp.MustCompile(`<(b|group|two)>`).MatchString(r.body) {
			t.Errorf("%s: status %d, want %d: %s", name, r.StatusCode, test.status, r.body)
		}
		if name == "a token of another" || name == "refused by the API" {
			_, again := b.form(r.body)
			if again.Get("name") != "forged <b>" || again.Get("group") != test.form.Get("group") || again.Get("mark") == form.Get("mark") {
				t.Errorf("%s: the form is shown with %v", name, again)
			}
		}
	}
	if n := count(enrolments(t, session), "forged <b>"); n != 0 {
		t.Errorf("%d enrolments were made", n)
	}
}

// many returns a form with more fields.
func many(form url.Values, n int) url.Values {
	all := url.Values{}
	for name, v := range form {
		all[name] = v
	}
	for i := range n {
		all.Set(strings.Repeat("x", i+1), "y")
	}
	return all
}

// A form whose session has ended shows what was typed; after signing in it is sent with two more clicks.
func TestAFormOutlivesItsSession(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	action, form := b.form(b.page("/access/enrollments/add?name=first&then=setup", http.StatusOK))
	form.Set("name", "outlives \u202e<i>")
	out := b.do(http.MethodPost, "/sign-out", url.Values{"token": form["token"]})
	if out.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing out: %d", out.StatusCode)
	}
	r := b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusForbidden || strings.Contains(r.body, "<i>") || !strings.Contains(r.body, "Nothing was changed") {
		t.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	action, form = b.form(r.body)
	if form.Has("token") || form.Get("name") != "outlives \u202e<i>" {
		t.Fatalf("it keeps %v", form)
	}
	b.signIn(session)
	r = b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusForbidden {
		t.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	form.Set("name", "outlives")
	if _, shown := b.form(r.body); shown.Get("name") != "outlives \u202e<i>" {
		t.Fatalf("the form is shown with %v", shown)
	} else {
		form = shown
	}
	form.Set("name", "outlives")
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusOK || count(enrolments(t, session), "outlives") != 1 {
		t.Errorf("status %d: %s", r.StatusCode, r.body)
	}
}

// Who lacks the permission, or sees some groups alone, gets 403 on the form and nothing done.
func TestFormsNeedThePermissionOfTheAPI(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	action, form := b.form(b.page("/access/enrollments/add?name=first&then=setup", http.StatusOK))
	form.Set("name", "not permitted")
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	scoped, _ := s.as(t, everything(), "Lisbon")
	for name, who := range map[string]*browser{"a reader": reader, "of one group": scoped} {
		if text := who.page(action, http.StatusForbidden); !strings.Contains(text, string(auth.Manage)) {
			t.Errorf("%s is not told which permission lacks: %s", name, text)
		}
		mine := token.FindStringSubmatch(who.page("/devices", http.StatusOK))
		form.Set("token", mine[1])
		if r := who.do(http.MethodPost, action, form); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", name, r.StatusCode)
		}
	}
	if n := count(enrolments(t, session), "not permitted"); n != 0 {
		t.Errorf("%d enrolments were made", n)
	}
}
