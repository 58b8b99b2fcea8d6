package browsertest

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/web/webtest"
)

// counted is the text of a link that is a number of rows: "212", "7 CVEs", "All 64", "CSV of these 1,204 rows".
var counted = regexp.MustCompile(`^(?:All |CSV of these )?([0-9][0-9,]*)(?: [A-Za-z]+)?$`)

// number reads a number as pages write them.
func number(t testing.TB, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Whatever page a number is on that leads to a list: it is the number of the list's rows, by the list's own words, in
// its CSV, and by the call of the API that the list names. So it is for who manages all, and for who sees one group.
func TestLinkedNumbers(t *testing.T) {
	s := shared(t)
	pages := crawled(t)
	v, session := s.As(t, everything())
	linkedNumbers(t, v, session, pages)
	scoped, _ := s.As(t, []auth.Permission{auth.ReadVulnerabilities, auth.ReadSoftware}, "Lisbon")
	var seen []*page
	for _, p := range pages {
		if r := scoped.Do(http.MethodGet, p.path, nil); r.StatusCode == http.StatusOK && !p.out {
			seen = append(seen, &page{path: p.path, links: linksIn(r.Text)})
		}
	}
	linkedNumbers(t, scoped, nil, seen)
}

var (
	linkPart = regexp.MustCompile(`(?s)<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>`)
	tagPart  = regexp.MustCompile(`<[^>]*>`)
)

// linksIn are the links of a page.
func linksIn(text string) (all []link) {
	for _, found := range linkPart.FindAllStringSubmatch(text, -1) {
		all = append(all, link{To: html.UnescapeString(found[1]),
			Text: strings.TrimSpace(html.UnescapeString(tagPart.ReplaceAllString(found[2], "")))})
	}
	return all
}

// linkedNumbers compares the numbers of pages with the CSV of the lists that they lead to, and with a session with what
// these lists and their calls say.
func linkedNumbers(t *testing.T, v *webtest.Visitor, session *control.Session, pages []*page) {
	t.Helper()
	lists, kinds := map[string]*listed{}, map[string]int{}
	numbers := 0
	for _, p := range pages {
		for _, l := range p.links {
			found := counted.FindStringSubmatch(l.Text)
			path, query, _ := strings.Cut(strings.Replace(l.To, ".csv", "", 1), "?")
			if found == nil || !isList(path) || strings.Contains(query, "rows=") || strings.Contains(query, "page=") {
				continue
			}
			numbers++
			at := path + "?" + query
			if lists[at] == nil {
				lists[at] = &listed{rows: int64(len(v.Rows(path + ".csv?" + query))), findings: -1}
				if kinds[kindOf(path, query)]++; session != nil && kinds[kindOf(path, query)] <= ofAKind {
					lists[at].says(v, session, path, query)
				} else if path == "/vulnerabilities" && strings.Contains(query, "severity=") {
					lists[at].findings = int64(len(v.Rows("/findings.csv?" + query)))
				}
			}
			of := lists[at]
			// A count of findings of a severity leads to its CVEs, and the list says the count of findings.
			if n := number(t, found[1]); n != of.rows && !(strings.Contains(query, "severity=") && n == of.findings) {
				t.Errorf("%s says %q, and %s has %d rows, %d findings", p.path, l.Text, l.To, of.rows, of.findings)
			}
		}
	}
	if numbers < 40 || len(lists) < 15 {
		t.Errorf("only %d numbers of %d lists were compared", numbers, len(lists))
	}
	t.Logf("%d numbers of %d lists on %d pages", numbers, len(lists), len(pages))
}

// ofAKind is how many lists of a kind are asked for as pages and as calls, beside their CSV.
const ofAKind = 6

// kindOf is the path of a list with the names of its filters.
func kindOf(path, query string) string {
	values, _ := url.ParseQuery(query)
	return path + " " + strings.Join(slices.Sorted(maps.Keys(values)), " ")
}

// isList tells whether an address is of a list: there is its CSV.
func isList(path string) bool {
	kinds, _ := routes()
	return kind(kinds, path) == path+" " && listsByName()[path]
}

// listed is what a list has.
type listed struct{ rows, findings int64 }

var called = regexp.MustCompile(`GET (/v1/[^\s<]+)`)

// says holds what the page and the API say of a list to the rows of its CSV.
func (of *listed) says(v *webtest.Visitor, session *control.Session, path, query string) {
	v.Helper()
	text := v.Page(path+"?"+query, http.StatusOK)
	found := called.FindStringSubmatch(text)
	if found == nil {
		v.Fatalf("%s?%s names no call of the API", path, query)
	}
	token, err := session.Token(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	call := strings.ReplaceAll(found[1], "&amp;", "&")
	reply := v.Site.Visitor(v).Do(http.MethodGet, call, nil, "Authorization: Bearer "+token, "Accept: application/json")
	var told struct {
		Total *int64
		Sums  struct{ Findings int64 }
	}
	if err := json.Unmarshal([]byte(reply.Text), &told); err != nil || told.Total == nil {
		v.Fatalf("%s: %v, %.300s", call, err, reply.Text)
	}
	of.findings = told.Sums.Findings
	if *told.Total != of.rows {
		v.Errorf("%s?%s has %d rows, and %s %d", path, query, of.rows, call, *told.Total)
	}
	if want := " of " + thousands(of.rows) + " "; of.rows > 0 && !strings.Contains(text, want) {
		v.Errorf("%s?%s has %d rows, which its page does not say", path, query, of.rows)
	}
}

// thousands writes a number as pages do.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Parts add up: severities and ages to all findings, states of assessment to all devices.
func TestPartsAddUp(t *testing.T) {
	s := shared(t)
	pages := crawled(t)
	_, session := s.As(t, everything())
	all, err := control.Do(t.Context(), session,
		control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, &control.ListFilter{}))
	if err != nil || all.Value.Sums.Findings == 0 {
		t.Fatalf("no findings: %v", err)
	}
	devices := int64(len(s.Devices["Lisbon"]) + len(s.Devices["Tokyo"]) + 1)
	tables, bars := 0, 0
	for _, p := range pages {
		for _, sum := range p.parts {
			tables++
			if sum != all.Value.Sums.Findings {
				t.Errorf("%s: a table's findings add up to %d of %d", p.path, sum, all.Value.Sums.Findings)
			}
		}
		for _, found := range regexp.MustCompile(`([0-9,]+) assessed\b[^0-9]+([0-9,]+) partly\b[^0-9]+([0-9,]+) not assessed`).
			FindAllStringSubmatch(p.main, -1) {
			bars++
			if sum := number(t, found[1]) + number(t, found[2]) + number(t, found[3]); sum != devices {
				t.Errorf("%s: %q adds up to %d of %d devices", p.path, found[0], sum, devices)
			}
		}
	}
	if tables < 2 || bars < 1 {
		t.Errorf("only %d tables and %d bars have parts", tables, bars)
	}
}

// findingsOfParts are the sums of the columns of findings of tables whose rows are parts of all of them.
const findingsOfParts = `[...document.querySelectorAll("table")].flatMap(t => {
	const heads = [...t.querySelectorAll("thead th")].map(h => h.innerText.trim().toLowerCase());
	const at = heads.indexOf("findings");
	return at < 0 || !["severity", "open for"].includes(heads[0]) ? [] :
		[[...t.tBodies[0].rows].reduce((sum, r) => sum + Number(r.cells[at].innerText.replaceAll(",", "")), 0)];
})`

// Two callers with a group each see what adds up to what one sees who has both, and no name of the other's.
func TestTwoCallers(t *testing.T) {
	s := shared(t)
	pages := crawled(t)
	sum := 0
	for group, other := range map[string]string{"Lisbon": "Tokyo", "Tokyo": "Lisbon"} {
		b, _ := as(t, s, group)
		b.open("/devices?rows=200", 200)
		b.shows("Devices", group)
		mine := eval[int](b, `document.querySelectorAll("tbody tr").length`)
		if mine != len(s.Devices[group]) {
			t.Errorf("%s has %d devices, want %d", group, mine, len(s.Devices[group]))
		}
		sum += mine
		v, _ := s.As(t, everything(), group)
		for _, p := range pages {
			text := strings.ToLower(v.Do(http.MethodGet, p.path, nil).Text)
			for _, name := range s.Devices[other] {
				if strings.Contains(text, strings.ToLower(name)) {
					t.Errorf("%s shows %s to who sees %s", p.path, name, group)
					break
				}
			}
		}
	}
	b, _ := as(t, s)
	b.open("/", 200)
	b.shows("Overview", fmt.Sprintf("%d devices", sum+1)) // the one with the hostile name has no group
}
