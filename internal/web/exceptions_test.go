package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	webpage "github.com/muster-project/muster/internal/web/page"
)

// found is a finding of a device of a group, as its list has it.
func (b *browser) found(session *control.Session, group string) (cve, device string) {
	b.Helper()
	all, err := control.Do(b.Context(), session, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
		&control.ListFilter{Group: group, Limit: 1}))
	if err != nil || len(all.Value.Rows) == 0 {
		b.Fatalf("the group %q has no CVE: %v", group, err)
	}
	cve = all.Value.Rows[0].CVEID
	path := regexp.MustCompile(`<a href="/devices/([0-9a-f]{40})[^"]*">`).FindStringSubmatch(
		b.page("/vulnerabilities/"+cve, http.StatusOK))
	if path == nil {
		b.Fatalf("the page of %s has no device", cve)
	}
	return cve, path[1]
}

// exceptions are the exceptions that a caller sees.
func exceptions(t testing.TB, s *control.Session) []control.Exception {
	t.Helper()
	all, err := control.Do(t.Context(), s, control.ListExceptions(""))
	if err != nil {
		t.Fatal(err)
	}
	return all.Value.Exceptions
}

// An exception is made from the page of a CVE, in two clicks: its numbers are those of the list. It hides what it said,
// is listed with its end and what it hides, and ended again; the audit log has both.
func TestAnExceptionByForms(t *testing.T) {
	s := ownSite(t)
	_, managing := s.as(t, everything())
	b, session := s.as(t, []auth.Permission{auth.ReadVulnerabilities, auth.WriteExceptions}, "Lisbon")
	cve, device := b.found(session, "Lisbon")
	link := regexp.MustCompile(`<a href="(/exceptions/add\?cve=[^"]*)">`).FindStringSubmatch(b.page("/vulnerabilities/"+cve, http.StatusOK))
	if link == nil {
		t.Fatal("the page of a CVE has no link to the form")
	}
	rows, err := control.Do(t.Context(), session, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
		&control.ListFilter{CVE: cve, Device: device}))
	if err != nil {
		t.Fatal(err)
	}
	before := rows.Value.Sums.Findings

	action, form := b.form(b.page(link[1], http.StatusOK))
	form.Set("device", device)
	form.Set("until", "2099-12-31")
	form.Set("by", evil)
	r := b.do(http.MethodPost, action, form)
	_, form = b.form(r.body)
	if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "Reason is needed.") || form.Get("device") != device {
		t.Fatalf("without a reason: %d %s", r.StatusCode, r.body)
	}
	form.Set("reason", evil)
	form.Set("until", "2020-01-01")
	r = b.do(http.MethodPost, action, form) // it is refused at once, before any number
	_, form = b.form(r.body)
	if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "has passed") || form.Get("reason") != evil ||
		strings.Contains(r.body, "What will happen") {
		t.Fatalf("an end that has passed: %d %s", r.StatusCode, r.body)
	}
	form.Set("until", "2099-12-31")
	r = b.do(http.MethodPost, action, form) // the numbers
	_, form = b.form(r.body)
	if r.StatusCode != http.StatusOK || !strings.Contains(r.body, countOf(before, "finding")+" on 1 device ") {
		t.Fatalf("the numbers, of %d findings: %d %s", before, r.StatusCode, r.body)
	}
	if len(exceptions(t, session)) != 0 {
		t.Fatal("an exception was made before its numbers were agreed to")
	}
	r = b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusSeeOther || len(exceptions(t, session)) != 1 {
		t.Fatalf("making it: %d %s", r.StatusCode, r.body)
	}
	made := exceptions(t, session)[0]
	text := b.page(r.Header.Get("Location"), http.StatusOK)
	if id := auditID.FindStringSubmatch(text); id == nil || !inAudit(t, managing, id[1], "add exception") {
		t.Errorf("the audit log has no entry of %q: %s", id, text)
	}
	if strings.Contains(text, "<svg onload") || made.GroupName != "Lisbon" || made.Reason != evil {
		t.Errorf("the exception is %+v, and its page %s", made, text)
	}

	_, ending := b.form(b.page("/exceptions/"+made.ID+"/end", http.StatusOK))
	s.mustPublish(t)
	path := "/exceptions/" + made.ID
	if text := b.page(path, http.StatusOK); !strings.Contains(text, "it hides "+countOf(before, "finding")+" on 1 device.") {
		t.Errorf("what it hides, of %d: %s", before, text)
	}
	if text := b.page("/exceptions", http.StatusOK); !strings.Contains(text, countOf(before, "finding")) ||
		!strings.Contains(text, "with 2099-12-31 (UTC)") || strings.Contains(text, "device "+device) {
		t.Errorf("the list of exceptions: %s", text)
	}
	r = b.do(http.MethodPost, path+"/end", ending) // it was shown before the snapshot
	if r.StatusCode != http.StatusConflict || len(exceptions(t, session)) != 1 {
		t.Fatalf("a form whose numbers have moved: %d %s", r.StatusCode, r.body)
	}
	_, ending = b.form(r.body)
	other, _ := s.as(t, everything(), "Tokyo")
	other.page(path, http.StatusNotFound)
	other.page(path+"/end", http.StatusNotFound)
	for range 2 {
		if r = b.do(http.MethodPost, path+"/end", ending); r.StatusCode != http.StatusSeeOther {
			t.Fatalf("ending it: %d %s", r.StatusCode, r.body)
		}
	}
	if r = b.do(http.MethodGet, r.Header.Get("Location"), nil); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("what a form that was sent before leads to: %d", r.StatusCode)
	}
	text = b.page(r.Header.Get("Location"), http.StatusOK)
	id := auditID.FindStringSubmatch(text)
	if len(exceptions(t, session)) != 0 || id == nil || !inAudit(t, managing, id[1], "remove exception") {
		t.Errorf("after the end: %s", text)
	}
}

// counted is a number of things, as pages write it.
func countOf(n int64, one string) string { return webpage.Count(n, one, one+"s") }

// Who may not make exceptions sees them without any form; the API's refusal of others' groups is shown at the form.
func TestExceptionsNeedThePermission(t *testing.T) {
	s := started(t)
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	if text := reader.page("/exceptions", http.StatusOK); strings.Contains(text, "/exceptions/add") {
		t.Errorf("a reader is offered the form: %s", text)
	}
	reader.page("/exceptions/add", http.StatusForbidden)
	software, _ := s.as(t, []auth.Permission{auth.ReadSoftware})
	if text := software.page("/software", http.StatusOK); strings.Contains(text, `"/exceptions"`) {
		t.Error("the menu has what is not permitted")
	}
	software.page("/exceptions", http.StatusForbidden)
	b, session := s.as(t, everything(), "Lisbon", "Tokyo")
	action, form := b.form(b.page("/exceptions/add?cve=CVE-1999-0001&reason=r", http.StatusOK))
	r := b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "name one of them") || len(exceptions(t, session)) != 0 {
		t.Errorf("without one of several groups: %d %s", r.StatusCode, r.body)
	}
	for _, bad := range []url.Values{{"cve": {"CVE-1999-0001"}, "device": {"no such <i>"}}, {"cve": {"<i>"}},
		{"cve": {"CVE-1999-0001"}, "group": {"<i>"}}} {
		text := b.page("/exceptions/add?"+bad.Encode(), http.StatusOK)
		if strings.Contains(text, "<i>") || !strings.Contains(text, `role="alert"`) {
			t.Errorf("%v: %s", bad, text)
		}
	}
}
