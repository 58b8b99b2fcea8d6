package browsertest

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/web"
	"github.com/muster-project/muster/internal/web/webtest"
)

// page is a page of the site, and how it was found.
type page struct {
	path string
	// status is 200 but for pages that say what is wrong.
	status int64
	// out is set for what is shown to who is not signed in.
	out bool
	// from has the link that led here, and the text of that link; empty for what begins.
	from, text string
	heading    string
	main       string // what people read of it
	links      []link
	forms      []form
	// line says of which snapshot, and of how many devices, the page is; empty if it is of none.
	line string
	// zeros are rows in which some cell is 0, faults is what a page may not have.
	zeros  [][]string
	faults []string
	// parts are the sums of the findings in tables whose rows are parts of all of them.
	parts []int64
}

// link is a link of a page.
type link struct {
	To, Text string
	// Entry is set for that of a row's first cell.
	Entry bool
}

// form is a form of a page that is posted.
type form struct {
	Action string
	Fields map[string]string
}

// routes returns a multiplexer that tells pages apart, and the patterns of all.
func routes() (kinds *http.ServeMux, patterns []string) {
	kinds = http.NewServeMux()
	_, others := web.New(web.Config{}, nil)
	for _, r := range others {
		// Only a form that was sent twice leads to /sent/: TestForms of web does that.
		if r.Name == "page" && !strings.HasSuffix(r.Pattern, ".csv") && !strings.HasPrefix(r.Pattern, "/sent/") {
			kinds.Handle(r.Pattern, http.NotFoundHandler())
			patterns = append(patterns, r.Pattern)
		}
	}
	kinds.Handle("/{$}", http.NotFoundHandler())
	return kinds, append(patterns, "/{$}")
}

// kind is the pattern of an address, with what chooses another view of the page; empty for what is no page.
func kind(kinds *http.ServeMux, to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || !strings.HasPrefix(to, "/") {
		return ""
	}
	_, pattern := kinds.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: "localhost"})
	if pattern == "" {
		return ""
	}
	return pattern + " " + u.Query().Get("view")
}

// beyond are addresses to which no link leads: what is wrong, what has no result, and hostile names.
func beyond(t testing.TB, s *webtest.Site) []page {
	t.Helper()
	evil := url.QueryEscape("<svg onload=alert(1)>")
	all := []page{
		{path: "/devices?nothing=1", status: 400}, {path: "/devices?" + evil + "=1", status: 400},
		{path: "/devices/" + strings.Repeat("0", 40), status: 404}, {path: "/vulnerabilities/CVE-1999-0001"},
		{path: "/vulnerabilities?snapshot=99"}, {path: "/vulnerabilities?q=nothing+has+this"},
		{path: "/vulnerabilities?severity=critical,high&kev=true&sort=-epssScore&rows=20"},
		{path: "/search?q=" + evil}, {path: "/search?q=a"}, {path: "/devices?q=" + evil}, {path: "/software?q=svg"},
		{path: "/notices/add?kind=mail"}, {path: "/notices/add?kind=syslog"}, {path: "/notices/rules/on-call"}, {path: "/notices/rules/hostile"},
		{path: "/notices/rules/dry/change"}, {path: "/notices/rules/none", status: 404}, {path: "/notices/history?state=dry"},
		{path: "/software?q=" + strings.Repeat("w", 20)}, {path: "/findings?group=Lisbon"}, {path: "/devices?group=Lisbon"},
		{path: "/sign-in", out: true}, {path: "/sign-in?code=none", out: true},
		{path: "/devices?q=a", out: true}, {path: "/setup"},
	}
	v, _ := s.As(t, everything())
	for _, list := range []string{"/devices?q=svg", "/software?q=svg"} {
		text := v.Page(list, http.StatusOK)
		_, rest, ok := strings.Cut(text, `<th scope="row"><a href="`)
		entry, _, _ := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("%s has no row", list)
		}
		entry = html.UnescapeString(entry)
		all = append(all, page{path: entry, from: list, text: "=1+1<svg"})
		if strings.HasPrefix(entry, "/devices/") {
			all = append(all, page{path: entry + "?view=software"}, page{path: entry + "/why"})
		}
	}
	for i := range all {
		if all[i].status == 0 {
			all[i].status = 200
		}
	}
	return all
}

var found []*page

// crawled returns the pages of the site: one of each route, found by links from the overview, and what is beyond. What
// is wrong with them TestPages tells: each is opened once.
func crawled(t testing.TB) []*page {
	t.Helper()
	if found != nil {
		return found
	}
	s := shared(t)
	axe := axeScript(t)
	in, session := as(t, s)
	toldThere(t, session)
	out := newTab(t, s)
	kinds, patterns := routes()
	var all []*page
	seen := map[string]bool{}
	queue := []*page{{path: "/", status: 200}}
	for _, p := range beyond(t, s) {
		queue = append(queue, &p)
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		b := in
		if p.out {
			b = out
		}
		b.open(p.path, p.status)
		p.heading, p.main, p.parts = b.text("h1"), b.text("main"), eval[[]int64](b, findingsOfParts)
		if p.line = b.text("p.line"); !strings.HasPrefix(p.line, "Snapshot ") {
			p.line = ""
		}
		p.zeros = eval[[][]string](b, zeros)
		p.links, p.forms = eval[[]link](b, linksOf), eval[[]form](b, formsOf)
		all = append(all, p)
		b.page = p
		b.small(p)
		b.holds(p.path, axe)
		b.page = nil
		b.size(1280, 800)
		for _, l := range p.links {
			if k := kind(kinds, l.To); k != "" && !seen[k] {
				seen[k] = true
				next := &page{path: l.To, status: 200, from: p.path}
				if l.Entry {
					next.text = l.Text
				}
				queue = append(queue, next)
			}
		}
	}
	for _, pattern := range patterns {
		if !slices.ContainsFunc(all, func(p *page) bool { return strings.HasPrefix(kind(kinds, p.path), pattern+" ") }) {
			t.Errorf("no link leads to a page of %s", pattern)
		}
	}
	if len(all) < 25 {
		t.Fatalf("only %d pages were found", len(all))
	}
	found = all
	return found
}

// toldThere asks again until notices are made and a receiver has failed, so that pages show both.
func toldThere(t testing.TB, session *control.Session) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		all, err := control.Do(t.Context(), session, notices.ListRules())
		if err != nil {
			t.Fatal(err)
		}
		for i := range all.Value.Rules {
			if all.Value.Rules[i].Status.State == "failing" {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no receiver has failed: %+v", all.Value)
		}
	}
}

const linksOf = `[...document.querySelectorAll("a[href]")].map(a => ({To: a.getAttribute("href"), Text: a.innerText.trim(),
	Entry: !!a.closest("tbody th")}))`

const formsOf = `[...document.querySelectorAll("form[method=post]")].map(f => ({Action: f.getAttribute("action"),
	Fields: Object.fromEntries([...f.elements].filter(e => e.name).map(e => [e.name, e.value]))}))`

// listsByName are the addresses of lists: those with a CSV.
func listsByName() map[string]bool {
	lists := map[string]bool{}
	_, others := web.New(web.Config{}, nil)
	for _, r := range others {
		if name, ok := strings.CutSuffix(r.Pattern, ".csv"); ok && r.Name == "page" {
			lists[name] = true
		}
	}
	return lists
}
