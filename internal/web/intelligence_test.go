package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/node"
	webpage "github.com/muster-project/muster/internal/web/page"
)

// The page of intelligence has the API's feeds, for managers who see all groups alone; a form that refreshes says what
// is fetched.
func TestIntelligence(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	feeds, err := control.Do(t.Context(), session, control.ListFeeds(true))
	if err != nil {
		t.Fatal(err)
	}
	text := b.page("/intelligence", http.StatusOK)
	for _, f := range feeds.Value.Feeds {
		row := regexp.MustCompile(`<th scope="row">` + regexp.QuoteMeta(f.Kind+" "+f.Name) + `</th>.*?data-name="Records">([0-9,]+)<`)
		if found := row.FindStringSubmatch(text); found == nil || number(t, found[1]) != int(f.Records) {
			t.Errorf("of feed %s the page says %q, the API %d records", f.Name, found, f.Records)
		}
	}
	if len(feeds.Value.Feeds) < 3 || !strings.Contains(text, `<a href="/intelligence" aria-current="page">`) {
		t.Errorf("%d feeds: %s", len(feeds.Value.Feeds), text)
	}
	one := feeds.Value.Feeds[0]
	link := webpage.Link("/intelligence/refresh", "kind", one.Kind, "name", one.Name)
	if text := b.page(link, http.StatusOK); strings.Count(text, "<li>Fetch ") != 1 || !strings.Contains(text, one.Name) {
		t.Errorf("the form of one feed: %s", text)
	}
	if text := b.page("/intelligence/refresh", http.StatusOK); strings.Count(text, "<li>Fetch ") != len(feeds.Value.Feeds) {
		t.Errorf("the form of all feeds: %s", text)
	}
	action, form := b.form(b.page("/intelligence/refresh?kind=%3Cb%3E&name=x", http.StatusOK))
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusBadRequest || strings.Contains(r.body, "<b>") {
		t.Errorf("a feed that there is not: %d %s", r.StatusCode, r.body)
	}
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	scoped, _ := s.as(t, everything(), "Tokyo")
	for name, who := range map[string]*browser{"a reader": reader, "of one group": scoped} {
		for _, path := range []string{"/intelligence", "/intelligence/titles", "/intelligence/refresh",
			"/intelligence/titles/confirm?name=x"} {
			who.page(path, http.StatusForbidden)
		}
		if strings.Contains(who.page("/vulnerabilities", http.StatusOK), `"/intelligence"`) {
			t.Errorf("%s has it in the menu", name)
		}
	}
}

// A title that nothing identifies is confirmed by a form, with the devices that have it, and removed again.
func TestATitleByForms(t *testing.T) {
	s := ownSite(t)
	b, session := s.as(t, everything())
	text := b.page("/intelligence/titles", http.StatusOK)
	row := regexp.MustCompile(`data-name="Devices">([0-9,]+)</td>.*?<a href="(/intelligence/titles/confirm\?[^"]*)">`).
		FindStringSubmatch(text)
	if row == nil || strings.Contains(text, "<svg onload") {
		t.Fatalf("no title is unknown: %s", text)
	}
	action, form := b.form(b.page(html.UnescapeString(row[2]), http.StatusOK))
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "choose a product") {
		t.Fatalf("without a product: %d %s", r.StatusCode, r.body)
	}
	form.Set("product", "no product <i>")
	_, form = b.form(b.do(http.MethodPost, action, form).body)
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusBadRequest || strings.Contains(r.body, "<i>") {
		t.Fatalf("a product that is none: %d %s", r.StatusCode, r.body)
	}
	form.Set("product", "acme:rocket")
	r := b.do(http.MethodPost, action, form)
	if !strings.Contains(r.body, "assessed as acme:rocket") ||
		!strings.Contains(r.body, ": "+countOf(int64(number(t, row[1])), "device")+" ha") {
		t.Fatalf("what will happen, of %s devices: %d %s", row[1], r.StatusCode, r.body)
	}
	_, form = b.form(r.body)
	r = b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d %s", r.StatusCode, r.body)
	}
	text = b.page(r.Header.Get("Location"), http.StatusOK)
	id := auditID.FindStringSubmatch(text)
	if id == nil || !inAudit(t, session, id[1], "confirm title") || !strings.Contains(text, "no record names it") {
		t.Errorf("after confirming: %s", text)
	}
	all, err := control.Do(t.Context(), session, control.ListTitles())
	if err != nil || len(all.Value.Titles) != 1 {
		t.Fatalf("titles %+v: %v", all.Value, err)
	}
	remove := webpage.Link("/intelligence/titles/remove", "vendor", all.Value.Titles[0].Vendor, "name", all.Value.Titles[0].Name)
	action, form = b.form(b.page(remove, http.StatusOK))
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("removing: %d %s", r.StatusCode, r.body)
	}
	if all, err = control.Do(t.Context(), session, control.ListTitles()); err != nil || len(all.Value.Titles) != 0 {
		t.Errorf("titles %+v: %v", all.Value, err)
	}
	never := url.Values{"token": form["token"], "mark": {webpageMark}, "vendor": {"x"}, "name": {"y"}}
	if r := b.do(http.MethodPost, action, never); r.StatusCode != http.StatusNotFound {
		t.Errorf("a title that was never confirmed: %d", r.StatusCode)
	}
}

// webpageMark has the form of a mark.
const webpageMark = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// answering answers requests of the server in place of publishers.
type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A form refreshes a feed: it says from where, the server asks the publisher, and the page after it says what came of
// it; a publisher that fails is named, and what was there stays.
func TestRefreshingByAForm(t *testing.T) {
	entry := func(cve string) string {
		return `{"cveID":"` + cve + `","dateAdded":"2026-11-01","dueDate":"2026-12-01","knownRansomwareCampaignUse":"Unknown"}`
	}
	var asked atomic.Int64
	fails := false
	s := emptySite(t, func(c *node.Config, _ string) error {
		c.Client = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			w := httptest.NewRecorder()
			if fails {
				w.WriteHeader(http.StatusForbidden)
			} else {
				w.Header().Set("Content-Type", "application/json")
				w.WriteString(`{"vulnerabilities":[` + entry("CVE-2024-0001") + "," + entry("CVE-2024-0002") + `]}`)
			}
			reply := w.Result()
			reply.Request = r
			return reply, nil
		})}
		return nil
	})
	_, number, err := s.node.Library.Import(t.Context(), library.Import{Kind: intel.KEV, Name: "kev",
		Files: library.FilesOf(fstest.MapFS{"known_exploited_vulnerabilities.json": {Data: []byte(`{"vulnerabilities":[` +
			entry("CVE-2024-0001") + `]}`)}})})
	if err == nil {
		_, err = s.node.Library.Wait(t.Context(), number)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, session := s.as(t, everything())
	send := func() string {
		t.Helper()
		action, form := b.form(b.page("/intelligence/refresh?kind=kev&name=kev", http.StatusOK))
		r := b.do(http.MethodPost, action, form)
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("refreshing: status %d: %s", r.StatusCode, r.body)
		}
		return html.UnescapeString(b.page(r.Header.Get("Location"), http.StatusOK))
	}
	records := func() int64 {
		t.Helper()
		return ask(t, session, control.ListFeeds(false)).Feeds[0].Records
	}
	if text := send(); !strings.Contains(text, "kev kev: 2 records.") || records() != 2 || asked.Load() == 0 {
		t.Errorf("%d requests, %d records: %s", asked.Load(), records(), text)
	}
	fails = true
	if text := send(); !strings.Contains(text, "kev kev: failed: ") || records() != 2 {
		t.Errorf("a publisher that refuses: %d records: %s", records(), text)
	}
}
