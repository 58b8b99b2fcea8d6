package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
)

// A browser that asks for what does not exist sees a page, with the menu of who is signed in; programs, and addresses
// of the API, get JSON.
func TestWrongAddresses(t *testing.T) {
	s := emptySite(t)
	stranger := s.browser(t)
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	for path, status := range map[string]int{"/nope": http.StatusNotFound, "/findings/": http.StatusNotFound, "/Findings": http.StatusNotFound,
		"/sign-out": http.StatusMethodNotAllowed, "/access/sessions/end/x/y": http.StatusNotFound} {
		for name, b := range map[string]*browser{"a stranger": stranger, "a reader": reader} {
			r := b.do(http.MethodGet, path, nil, "Accept: text/html,*/*;q=0.8")
			if r.StatusCode != status || !strings.Contains(r.body, "<h1>") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%s at %s: status %d: %s", name, path, r.StatusCode, r.body)
			}
			if menu := strings.Contains(r.body, `href="/vulnerabilities"`); menu != (b == reader) {
				t.Errorf("%s at %s: the menu is shown: %v", name, path, menu)
			}
		}
		if r := reader.do(http.MethodGet, path, nil, "Accept: application/json"); r.StatusCode != status || !strings.HasPrefix(r.body, `{"error"`) {
			t.Errorf("a program at %s: status %d: %s", path, r.StatusCode, r.body)
		}
	}
	for _, path := range []string{"/v1/nope", "/api/nope", "/API/nope"} {
		if r := reader.do(http.MethodGet, path, nil, "Accept: text/html"); !strings.HasPrefix(r.body, `{"error"`) {
			t.Errorf("%s of the API is answered with %s", path, r.body)
		}
	}
	if r := stranger.do(http.MethodGet, "/favicon.ico", nil); r.StatusCode != http.StatusSeeOther ||
		!strings.HasPrefix(r.Header.Get("Location"), "/assets/icon-") {
		t.Errorf("the icon: status %d, %q", r.StatusCode, r.Header.Get("Location"))
	}
}

// A filter that is given twice, with values that differ, is refused by name: on each list, its CSV, other pages, and by
// the API. The same value twice says nothing new.
func TestAFilterGivenTwice(t *testing.T) {
	s := started(t)
	b, _ := s.as(t, everything())
	for _, path := range []string{"/vulnerabilities?severity=critical&severity=high", "/findings?q=a&q=b", "/findings.csv?severity=critical&severity=high",
		"/devices?sort=name&sort=-name", "/software?group=Lisbon&group=Tokyo", "/findings?kev=true&kev=false", "/?snapshot=1&snapshot=2",
		"/changes?from=1&from=2", "/exceptions?after=a&after=b"} {
		_, raw, _ := strings.Cut(path, "?")
		name, _, _ := strings.Cut(raw, "=")
		if text := b.page(path, http.StatusBadRequest); !strings.Contains(text, name+" is given twice") {
			t.Errorf("%s is answered with %s", path, content(text))
		}
	}
	b.page("/vulnerabilities?severity=critical&severity=critical&q=&q=", http.StatusOK)
	if text := b.page("/vulnerabilities?min-epss=2", http.StatusBadRequest); !strings.Contains(text, "min-epss is") {
		t.Errorf("min-epss=2 is answered with %s", content(text))
	}
}

// A form that is not filled in, or that cannot be sent as it is, does not say what it would do.
func TestEmptyFormsRehearseNothing(t *testing.T) {
	b, _ := started(t).as(t, everything())
	for _, path := range []string{"/access/groups/add", "/access/clients/add", "/access/enrollments/add", "/access/rules/add", "/exceptions/add",
		"/exceptions/add?cve=CVE-2024-9143&reason=x&until=2020-01-01", "/access/clients/add?filled=yes&name=nothing"} {
		if text := content(b.page(path, http.StatusOK)); strings.Contains(text, "What will happen") {
			t.Errorf("%s rehearses what nobody asked for: %s", path, text)
		}
	}
	if text := b.page("/exceptions/add?cve=CVE-2024-9143&reason=x&until=2020-01-01", http.StatusOK); !strings.Contains(text, "which has passed") {
		t.Errorf("an end that has passed: %s", content(text))
	}
}
