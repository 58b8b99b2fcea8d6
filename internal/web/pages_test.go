package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// paths are addresses of pages, among them those of things that there are.
func (b *browser) paths() []string {
	b.Helper()
	all := []string{"/", "/vulnerabilities", "/vulnerabilities?severity=critical,high&sort=-epssScore&rows=20", "/findings", "/findings?severity=critical&sort=deviceId", "/actions", "/devices",
		"/devices?state=notAssessed", "/software", "/configuration", "/coverage", "/setup", "/search?q=a", "/vulnerabilities/CVE-1999-0001"}
	for _, list := range []string{"/vulnerabilities", "/findings", "/devices", "/software", "/configuration"} {
		for _, found := range regexp.MustCompile(`<th scope="row">(?:<span[^>]*></span>)?<a href="([^"]+)"`).
			FindAllStringSubmatch(b.page(list, http.StatusOK), 3) {
			all = append(all, strings.ReplaceAll(found[1], "&amp;", "&"))
		}
	}
	for _, p := range all {
		if strings.HasPrefix(p, "/devices/") {
			all = append(all, p+"?view=software", p+"?view=settings", p+"/why")
		}
	}
	return all
}

// entries are addresses of a CVE, a product and a device with findings.
func (b *browser) entries() (all []string) {
	b.Helper()
	row := regexp.MustCompile(`<th scope="row"><a href="(/devices/[0-9a-f]{40})">.*?<a href="(/vulnerabilities/[^"]+)">.*?<a href="(/software/[^"]+)">`)
	found := row.FindStringSubmatch(strings.ReplaceAll(b.page("/findings?severity=critical", http.StatusOK), "\n", ""))
	if found == nil {
		b.Fatal("no finding has its device, CVE and product")
	}
	return found[1:]
}

// number reads a number of a page.
func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every number that leads to a list is the number of that list's rows: of its page and of its CSV.
func TestNumbersAreTheRowsBehindThem(t *testing.T) {
	s := started(t)
	for _, groups := range [][]string{nil, {"Lisbon"}} {
		b, _ := s.as(t, everything(), groups...)
		linked := regexp.MustCompile(`<a href="(/(?:vulnerabilities|findings|devices|actions|software|configuration)(?:\?[^"]*)?)">` +
			`([0-9][0-9,]*)( (?:devices|CVEs|findings))?</a>`)
		seen := map[string]bool{}
		for _, page := range append(b.entries(), "/", "/vulnerabilities?rows=10", "/vulnerabilities?severity=critical&rows=3",
			"/software?rows=10", "/software?kev=true&rows=10", "/actions?rows=5", "/actions?severity=critical&fix=yes&rows=5",
			"/configuration?sort=-nonCompliantDevices&rows=10", "/coverage") {
			all := linked.FindAllStringSubmatch(b.page(page, http.StatusOK), -1)
			if len(all) < 1 {
				t.Errorf("%s has no number that leads anywhere", page)
			}
			for _, found := range all {
				to := strings.ReplaceAll(found[1], "&amp;", "&")
				if seen[to+found[2]] || strings.Contains(to, "rows=") {
					continue
				}
				seen[to+found[2]] = true
				path, query, _ := strings.Cut(to, "?")
				if rows := len(b.rows(path + ".csv?" + query)); rows != number(t, found[2]) {
					t.Errorf("%v: %s says %s, and %s has %d rows", groups, page, found[2], to, rows)
				}
			}
		}
		if len(seen) < 40 {
			t.Errorf("only %d numbers were compared", len(seen))
		}
	}
}

// The numbers of pages are those of the API, and those of severities are those of the lists behind them, for a caller
// who sees all and for one who sees a group.
func TestNumbersAreTheAPIs(t *testing.T) {
	s := started(t)
	for _, groups := range [][]string{nil, {"Tokyo"}} {
		b, session := s.as(t, everything(), groups...)
		overview := b.page("/", http.StatusOK)
		all, err := control.Do(t.Context(), session,
			control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, &control.ListFilter{}))
		if err != nil {
			t.Fatal(err)
		}
		sums := all.Value.Sums
		if sums.Severities.Critical == 0 || sums.KEV == 0 || sums.Severities.Sum() != sums.Findings {
			t.Fatalf("the sums are %+v", sums)
		}
		for _, one := range []struct {
			filter, severity string
			findings, cves   int64
		}{{"critical", "Critical", sums.Severities.Critical, sums.CVEs.Critical}, {"high", "High", sums.Severities.High, sums.CVEs.High},
			{"medium", "Medium", sums.Severities.Medium, sums.CVEs.Medium}, {"low", "Low", sums.Severities.Low, sums.CVEs.Low},
			{"none", "Unrated", sums.Severities.Unrated, sums.CVEs.Unrated}} {
			of, err := control.Do(t.Context(), session,
				control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
					&control.ListFilter{Severity: one.filter}))
			if err != nil {
				t.Fatal(err)
			}
			if of.Value.Sums.Findings != one.findings || of.Value.Total != one.cves {
				t.Errorf("%s: %d findings of %d CVEs, the list has %d of %d", one.filter, one.findings, one.cves,
					of.Value.Sums.Findings, of.Value.Total)
			}
			row := regexp.MustCompile(`</span>` + one.severity + `</a></th><td class="n" data-name="Findings"><a [^>]*>([0-9,]+)</a></td><td class="n" data-name="CVEs"><a [^>]*>([0-9,]+)<`).
				FindStringSubmatch(overview)
			if row == nil || number(t, row[1]) != int(one.findings) || number(t, row[2]) != int(one.cves) {
				t.Errorf("the overview says of %s %q, the API %d and %d", one.severity, row, one.findings, one.cves)
			}
		}
		latest, err := control.Do(t.Context(), session, control.ListGenerations())
		if err != nil {
			t.Fatal(err)
		}
		totals, err := latest.Value.Generations[0].Totals.Decode()
		if err != nil || totals.Severities != sums.Severities {
			t.Errorf("the snapshot counts %+v, the list %+v: %v", totals.Severities, sums.Severities, err)
		}
		if want := fmt.Sprintf("%d devices", totals.Devices); !strings.Contains(overview, want) {
			t.Errorf("the overview does not say %q", want)
		}
	}
}

// Nobody sees past their scope (law 5): no page of a caller has a byte of what only the other sees, devices add up,
// and what the other sees is as what does not exist.
func TestPagesKeepToTheScope(t *testing.T) {
	s := started(t)
	whole, _ := s.as(t, everything())
	total := len(whole.rows("/devices.csv"))
	var sum int
	for _, group := range []string{"Lisbon", "Tokyo"} {
		other := map[string]string{"Lisbon": "Tokyo", "Tokyo": "Lisbon"}[group]
		b, _ := s.as(t, everything(), group)
		sum += len(b.rows("/devices.csv"))
		for _, path := range append(b.paths(), "/devices.csv", "/devices?group="+other) {
			text := b.do(http.MethodGet, path, nil).body
			if strings.Contains(strings.ToLower(strings.ReplaceAll(text, "group="+other, "")), strings.ToLower(other)+"-") {
				t.Errorf("%s of %s names a device of %s", path, group, other)
			}
		}
		name := s.devices[other][0]
		mine := b.do(http.MethodGet, "/devices?device="+url.QueryEscape(name), nil)
		none := b.do(http.MethodGet, "/devices?device="+url.QueryEscape("x"+name), nil)
		if strip := idOf.ReplaceAllString(strings.ReplaceAll(none.body, "x"+name, name),
			""); mine.StatusCode != http.StatusNotFound ||
			none.StatusCode != http.StatusNotFound || token.ReplaceAllString(idOf.ReplaceAllString(mine.body, ""),
			"") != token.ReplaceAllString(strip, "") {
			t.Errorf("%s: a foreign device is not as one that does not exist: %d, %d", group, mine.StatusCode, none.StatusCode)
		}
		id := idsOf(whole.page("/devices?rows=200&q="+url.QueryEscape(name), http.StatusOK))
		if len(id) != 1 {
			t.Fatalf("ids of %s: %v", name, id)
		}
		for _, path := range []string{"/devices/" + id[0], "/devices/" + id[0] + "/why"} {
			if r := b.do(http.MethodGet, path, nil); r.StatusCode != http.StatusNotFound || strings.Contains(r.body,
				name) {
				t.Errorf("%s: status %d", path, r.StatusCode)
			}
		}
	}
	if ungrouped := total - sum; ungrouped != 1 { // the one with the hostile name
		t.Errorf("%d devices in all, %d in the two groups", total, sum)
	}
}

var (
	idOf = regexp.MustCompile(`<code>[0-9a-f-]{36}</code>`)
	// linksOfDevices are the addresses of devices in a list.
	linksOfDevices = regexp.MustCompile(`<th scope="row"><a href="/devices/([0-9a-f]{40})"`)
)

func idsOf(page string) (all []string) {
	for _, found := range linksOfDevices.FindAllStringSubmatch(page, -1) {
		all = append(all, found[1])
	}
	return all
}

// Names with markup, scripts, formulas and characters that turn lines around are text, on all pages and in CSV.
func TestHostileNames(t *testing.T) {
	s := started(t)
	b, _ := s.as(t, everything())
	paths := append(b.paths(), "/search?q="+url.QueryEscape(evil), "/devices?q="+url.QueryEscape(evil), "/software?q=svg",
		"/devices?"+url.QueryEscape(evil)+"=1", "/sign-in?code="+url.QueryEscape(evil)+"&to="+url.QueryEscape(evil))
	id := idsOf(b.page("/devices?q=svg", http.StatusOK))
	if len(id) != 1 {
		t.Fatalf("the hostile device is not there: %v", id)
	}
	paths = append(paths, "/devices/"+id[0], "/devices/"+id[0]+"?view=software", "/software?device="+id[0], "/devices/"+id[0]+"/why")
	product := regexp.MustCompile(`href="(/software/[^"]+)"`).FindStringSubmatch(b.page("/software?q=svg", http.StatusOK))
	if product == nil {
		t.Fatal("the hostile product is not there")
	}
	b.page(html.UnescapeString(product[1]), http.StatusOK)
	paths = append(paths, html.UnescapeString(product[1]))
	shown := 0
	for _, path := range paths {
		r := b.do(http.MethodGet, path, nil)
		if strings.Contains(r.body, "alert(2)") {
			shown++
		}
		for _, bad := range []string{"<script", "<svg onload", "\u202e", "javascript:"} {
			if strings.Contains(ourScript.ReplaceAllString(hidden.ReplaceAllString(r.body, ""), ""), bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
	}
	if shown < 6 {
		t.Errorf("only %d pages show the names", shown)
	}
	for _, path := range []string{"/devices.csv?q=svg", "/software.csv?q=svg"} {
		rows := b.rows(path)
		if len(rows) != 1 || !strings.HasPrefix(rows[0][0], "'=1+1<svg") && !strings.HasPrefix(rows[0][0], "=1+1") {
			t.Errorf("%s: %q", path, rows)
		}
		for _, row := range rows {
			for _, value := range row {
				if value != "-" && value != "" && strings.ContainsAny(value[:1], "=+-@\t\r") || strings.Contains(value, "\u202e") {
					t.Errorf("%s has the value %q", path, value)
				}
			}
		}
	}
}

// ourScript is the one script that pages load.
var ourScript = regexp.MustCompile(`<script src="(/assets/script-[0-9a-f]{16}\.js)" defer></script>`)

// quoted are values of attributes: a quote within one is escaped.
var quoted = regexp.MustCompile(`"[^"]*"`)

// hidden are values of forms that nobody sees.
var hidden = regexp.MustCompile(`<input type="hidden"[^>]*>`)

// No page has a style attribute, a script but ours, or an address of another host; each has the policy that forbids
// them, may not be framed, and is small.
func TestPagesLoadNothingElse(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	foreign := regexp.MustCompile(`(?:href|src|action)="(?:https?:)?//`)
	for _, path := range append(b.paths(), "/sign-in?code="+s.code(t, session), "/devices?nothing=1", "/devices/nothing") {
		r := b.do(http.MethodGet, path, nil)
		if n := len(ourScript.FindAllString(r.body, -1)); n != 1 {
			t.Errorf("%s loads our script %d times", path, n)
		}
		r.body = ourScript.ReplaceAllString(r.body, "")
		for _, bad := range []string{" style=", "<script", " on", "<iframe", "<object"} {
			if bad == " on" {
				if regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(quoted.ReplaceAllString(r.body, `""`)) {
					t.Errorf("%s has a handler", path)
				}
			} else if strings.Contains(r.body, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
		if foreign.MatchString(r.body) || strings.Count(r.body, "<h1") != 1 || len(r.body) > 100_000 {
			t.Errorf("%s: %d bytes, %d headings, or an address elsewhere", path, len(r.body), strings.Count(r.body, "<h1"))
		}
		policy := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q has no %s", path, policy, want)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	text := b.page("/", http.StatusOK)
	for _, asset := range []struct {
		found []string
		media string
		most  int
		never []string
	}{
		{found: regexp.MustCompile(`href="(/assets/style-[0-9a-f]{16}\.css)"`).FindStringSubmatch(text), media: "text/css", most: 12_000,
			never: []string{"url(", "@import"}},
		{found: ourScript.FindStringSubmatch(text), media: "text/javascript", most: 4_000,
			never: []string{"fetch", "XMLHttpRequest", "import", "innerHTML", "eval", "Storage", "cookie", "location"}},
	} {
		if asset.found == nil {
			t.Fatalf("no %s", asset.media)
		}
		r := s.browser(t).do(http.MethodGet, asset.found[1], nil)
		if r.StatusCode != http.StatusOK || len(r.body) > asset.most || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") ||
			!strings.HasPrefix(r.Header.Get("Content-Type"), asset.media) {
			t.Errorf("%s: %d, %d bytes, %v", asset.found[1], r.StatusCode, len(r.body), r.Header)
		}
		for _, bad := range asset.never {
			if strings.Contains(r.body, bad) {
				t.Errorf("%s has %q", asset.found[1], bad)
			}
		}
	}
}

// A list is what its address says: filters, order and pages. All of its pages have the rows of the CSV, each once.
func TestListsAreTheirAddress(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	first := regexp.MustCompile(`<th scope="row">.*?<a href="/vulnerabilities/([^"?]+)`)
	next := regexp.MustCompile(`<a href="([^"]+)" rel="next"`)
	var paged, listed []string
	for path := "/vulnerabilities?rows=100&severity=critical,high&sort=-cveId"; path != ""; {
		text := b.page(path, http.StatusOK)
		for _, found := range first.FindAllStringSubmatch(text, -1) {
			paged = append(paged, found[1])
		}
		path = ""
		if more := next.FindStringSubmatch(text); more != nil {
			path = strings.ReplaceAll(more[1], "&amp;", "&")
			if !strings.Contains(path, "snapshot=") {
				t.Errorf("the next page %s is of no snapshot", path)
			}
		}
	}
	for _, row := range b.rows("/vulnerabilities.csv?severity=critical,high&sort=-cveId") {
		listed = append(listed, row[0])
	}
	if len(listed) < 150 || !slices.Equal(paged, listed) || !slices.IsSortedFunc(listed, func(a,
		b string) int {
		return strings.Compare(b, a)
	}) {
		t.Errorf("%d rows on pages, %d in the CSV", len(paged), len(listed))
	}
	for sort, member := range map[string]func(*control.VulnerabilityRow) float64{
		"-devices":   func(r *control.VulnerabilityRow) float64 { return float64(r.Devices) },
		"-epssScore": func(r *control.VulnerabilityRow) float64 { return value(r.EPSS) },
		"cvssScore":  func(r *control.VulnerabilityRow) float64 { return -r.Score },
	} {
		got, err := control.Do(t.Context(), session,
			control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
				&control.ListFilter{Sort: sort, Limit: 200}))
		if err != nil || !slices.IsSortedFunc(got.Value.Rows, func(a, b control.VulnerabilityRow) int {
			return int(1000 * (member(&b) - member(&a)))
		}) {
			t.Errorf("%s is not sorted: %v", sort, err)
		}
	}
	if form, all := b.rows("/vulnerabilities.csv?q=&severity=&kev=&exploited=&fix=&group="), b.rows("/vulnerabilities.csv"); len(form) != len(all) {
		t.Errorf("a form that asks for nothing gets %d rows of %d", len(form), len(all))
	}
	if short, long := b.rows("/vulnerabilities.csv?kev"), b.rows("/vulnerabilities.csv?kev=true"); len(short) == 0 || len(short) != len(long) {
		t.Errorf("kev has %d rows, kev=true %d", len(short), len(long))
	}
	for _, bad := range []string{"?nothing=1", "?severity=grave", "?sort=name", "?rows=0", "?page=-1", "?kev=perhaps", "?min-epss=2",
		"?snapshot=x", "?since=yesterday", "?fix=maybe", "?group%3D=1", "?sort=-"} {
		if r := b.do(http.MethodGet, "/vulnerabilities"+bad, nil); r.StatusCode != http.StatusBadRequest ||
			!strings.Contains(r.body, "not understood") {
			t.Errorf("%s: status %d", bad, r.StatusCode)
		}
	}
	if r := b.do(http.MethodGet, "/vulnerabilities.csv?snapshot=99", nil); r.StatusCode != http.StatusGone {
		t.Errorf("the CSV of a snapshot that is not there: %d", r.StatusCode)
	}
}

func value(of *float64) float64 {
	if of == nil {
		return 0
	}
	return *of
}

// What a caller may not see by the API is on no page, and its address says which permission is lacking.
func TestPagesNeedThePermissionsOfTheAPI(t *testing.T) {
	s := started(t)
	b, _ := s.as(t, []auth.Permission{auth.ReadSoftware})
	for path, status := range map[string]int{"/": 200, "/software": 200, "/coverage": 200, "/vulnerabilities": 403, "/devices": 403,
		"/devices.csv": 403, "/findings": 403, "/findings.csv": 403, "/actions": 403, "/configuration": 403, "/vulnerabilities/CVE-2024-7971": 403} {
		r := b.do(http.MethodGet, path, nil)
		if r.StatusCode != status || status == 403 && !strings.Contains(r.body, "Vulnerability.Read.All") {
			t.Errorf("%s: status %d, want %d", path, r.StatusCode, status)
		}
	}
	if text := b.page("/", http.StatusOK); strings.Contains(text, "Critical findings") || strings.Contains(text, `href="/vulnerabilities"`) {
		t.Error("the overview shows findings")
	}
	// Clients of the API see the root, and addresses that are not there, as before.
	if r := b.do(http.MethodGet, "/", nil, "Accept: */*"); !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the root for programs is %q", r.Header.Get("Content-Type"))
	}
	if r := b.do(http.MethodGet, "/nothing", nil, "Accept: */*"); r.StatusCode != 404 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		t.Errorf("an address that is not there: %d, %q", r.StatusCode, r.Header.Get("Content-Type"))
	}
}

// Where nobody looked, no page says that there is nothing.
func TestNobodyLookedIsNotZero(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	unseen, err := control.Do(t.Context(), session, control.List[control.FleetRows](control.ListOfDevices,
		&control.ListFilter{State: "notAssessed", Limit: 50}))
	if err != nil || len(unseen.Value.Rows) == 0 {
		t.Fatalf("no device that was not assessed: %v", err)
	}
	for _, row := range b.rows("/devices.csv?state=notAssessed") {
		if row[6] == "0" {
			t.Errorf("%q says nothing of it", row)
		}
	}
	for i := range unseen.Value.Rows {
		if d := &unseen.Value.Rows[i]; d.Findings.Sum() == 0 {
			text := b.page("/devices/"+d.ID, http.StatusOK)
			if !strings.Contains(text, "Nothing was looked for") && !strings.Contains(text, "no support") {
				t.Errorf("the page of %s: %s", d.Name, text)
			}
		}
	}
	if text := b.page("/vulnerabilities/CVE-1999-0001", http.StatusOK); !strings.Contains(text, "nobody looked for it") {
		t.Errorf("of a CVE that no feed has: %s", text)
	}
}
