package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shown is a number of a page, and where else it is told: by calls, by metrics and by commands.
type shown struct {
	page string
	// says finds the number in what people read of the page.
	says string
	// calls are addresses of /v1 and /api, and commands those of the command line with --json, each with a path in its
	// reply (see dig); metrics are names with the labels that a line must have, of which the values are added.
	calls, commands [][2]string
	metrics         []string
	// per divides what a call, command or metric tells.
	per float64
}

// shownNumbers are the numbers of pages. {cve}, {product}, {path}, {device}, {check} and {feed} are of this server.
func shownNumbers() []shown {
	all := []shown{
		{page: "/", says: `Exploited CVEs \(KEV\) ([0-9,]+)`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.kev"}, {"/v1/vulnerabilities?kev=true&limit=1", "total"}},
			commands: [][2]string{{"findings --kev", "#cveId"}}},
		{page: "/", says: `Exploited CVEs \(KEV\) [0-9,]+ .*?on ([0-9,]+) device`, calls: [][2]string{{"/v1/fleet?kev=true&limit=1", "total"}},
			commands: [][2]string{{"devices --kev", "#"}}},
		{page: "/", says: `Critical findings ([0-9,]+)`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.severities.critical"},
			{"/api/machines/SoftwareVulnerabilitiesByMachine", "value[vulnerabilitySeverityLevel=Critical].#"}},
			commands: [][2]string{{"findings --each --severity critical", "#"}}, metrics: []string{"muster_findings", `severity="critical"`}},
		{page: "/", says: `Devices assessed ([0-9,]+)`, calls: [][2]string{{"/v1/coverage", "devices[state=assessed|partly].count"}},
			commands: [][2]string{{"coverage", "devices[state=assessed|partly].count"}}},
		{page: "/", says: `Exposure score ([0-9.]+)`, calls: [][2]string{{"/api/exposureScore", "score"}}, metrics: []string{"muster_exposure_score"}},
		{page: "/", says: `Settings score ([0-9.]+)`, calls: [][2]string{{"/v1/scores", "compliance.score"}}, commands: [][2]string{{"scores", "compliance.score"}},
			metrics: []string{"muster_compliance_score", `category="all"`}},
		{page: "/", says: `Since yesterday: .*?([0-9,]+) findings? (?:are|is) new`, calls: [][2]string{{"/v1/trends", "sinceYesterday.new"}, {"/v1/changes", "changes.vulnerabilities.new"}},
			commands: [][2]string{{"trends", "sinceYesterday.new"}, {"changes", "[status=New].findings"}}},
		{page: "/", says: `Since yesterday: .*? new, ([0-9,]+) fixed`, calls: [][2]string{{"/v1/trends", "sinceYesterday.fixed.+"}, {"/v1/changes", "changes.vulnerabilities.fixed"}},
			commands: [][2]string{{"trends", "sinceYesterday.fixed.+"}, {"changes", "[status=Fixed].findings"}}},
		{page: "/", says: `All: ([0-9,]+) actions`, calls: [][2]string{{"/v1/recommendations?limit=1", "total"}}, commands: [][2]string{{"recommendations", "#"}}},
		{page: "/", says: `Silent for more than a week: ([0-9,]+)`, calls: [][2]string{{"/v1/fleet?silent=true&limit=1", "total"}},
			metrics: []string{"muster_devices_silent", `days="7"`}},
		{page: "/", says: `0 to 6 days ([0-9,]+)`, calls: [][2]string{{"/v1/trends", "openFor[fromDays=0].findings"}}, commands: [][2]string{{"trends", "openFor[fromDays=0].findings"}}},
		{page: "/", says: `7 to 29 days ([0-9,]+)`, calls: [][2]string{{"/v1/trends", "openFor[fromDays=7].findings"}}, commands: [][2]string{{"trends", "openFor[fromDays=7].findings"}}},
		{page: "/", says: `([0-9,]+) findings? (?:were|was) fixed on the device`, calls: [][2]string{{"/v1/trends", "timeToRemediate.events"}},
			commands: [][2]string{{"trends", "timeToRemediate.events"}}},
		{page: "/", says: ` {feed} [0-9-]{10} ([0-9,]+) d`, calls: [][2]string{{"/v1/coverage", "feeds[name={feed}].ageDays"}},
			commands: [][2]string{{"coverage", "feeds[name={feed}].ageDays"}}},
		{page: "/intelligence", says: `{feed} {feed} [0-9-]{10} ([0-9,]+) d`, metrics: []string{"muster_feed_age_seconds", `name="{feed}"`}, per: 24 * 60 * 60},

		{page: "/vulnerabilities", says: `([0-9,]+) CVEs,`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "total"}, {"/v1/vulnerabilities?limit=1", "sums.cves.+"}},
			commands: [][2]string{{"findings", "#cveId"}}},
		{page: "/vulnerabilities", says: `CVEs, ([0-9,]+) findings`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.findings"},
			{"/api/machines/SoftwareVulnerabilitiesByMachine", "value.#"}}, commands: [][2]string{{"findings", "+findings"}}, metrics: []string{"muster_findings"}},
		{page: "/findings", says: ` of ([0-9,]+) Next`, calls: [][2]string{{"/v1/device-findings?limit=1", "total"}},
			commands: [][2]string{{"findings --each", "#"}}, metrics: []string{"muster_findings"}},
		{page: "/actions", says: `([0-9,]+) actions\.`, calls: [][2]string{{"/v1/recommendations?limit=1", "total"}}, commands: [][2]string{{"recommendations", "#"}}},
		{page: "/devices", says: `([0-9,]+) devices\.`, calls: [][2]string{{"/v1/fleet?limit=1", "total"}, {"/api/machines", "value.#"}},
			commands: [][2]string{{"devices", "#"}}, metrics: []string{"muster_devices"}},
		{page: "/software", says: `([0-9,]+) products`, calls: [][2]string{{"/v1/software?limit=1", "total"}}, commands: [][2]string{{"software", "#"}}},
		{page: "/configuration", says: `([0-9,]+) checks`, calls: [][2]string{{"/v1/configurations?limit=1", "total"}}, commands: [][2]string{{"configurations", "#"}}},
		{page: "/changes", says: `([0-9,]+) (?:are|is) new`, calls: [][2]string{{"/v1/changes", "changes.vulnerabilities.new"}}},
		{page: "/changes", says: `([0-9,]+) changes\.`, calls: [][2]string{{"/v1/changes?limit=1", "total"}}},
		{page: "/changes", says: `that makes ([0-9,]+)`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.findings"}}, metrics: []string{"muster_findings"}},
		{page: "/exceptions", says: `([0-9,]+) findings? (?:are|is) hidden`, calls: [][2]string{{"/v1/exceptions/findings?limit=1", "excepted"}}},
		{page: "/intelligence", says: `cve5 vulnrichment [0-9-]{10} [0-9,]+ d \S+: too old ([0-9,]+)`, calls: [][2]string{{"/v1/feeds", "feeds[name=vulnrichment].records"}},
			commands: [][2]string{{"feed list", "feeds[name=vulnrichment].records"}}},
		{page: "/access", says: `([0-9,]+) clients?, and`, calls: [][2]string{{"/v1/clients", "clients.#"}}, commands: [][2]string{{"client list", "clients.#"}}},
		{page: "/access", says: `and ([0-9,]+) devices? with`, calls: [][2]string{{"/v1/clients", "devices"}}, commands: [][2]string{{"client list", "devices"}}},
		{page: "/access/groups", says: `None ([0-9,]+)`, calls: [][2]string{{"/v1/groups", "groups[rbacGroupId=0].devices"}}, commands: [][2]string{{"group list", "groups[rbacGroupId=0].devices"}},
			metrics: []string{"muster_devices", `group="None"`}},
		{page: "/access/sessions", says: `([0-9,]+) browsers? `, calls: [][2]string{{"/v1/sessions?all=true", "sessions.#"}}, commands: [][2]string{{"session list --all", "sessions.#"}}},

		{page: "/vulnerabilities/{cve}", says: `([0-9,]+) devices? ha(?:s|ve) it`, calls: [][2]string{{"/v1/fleet?cve={cve}&limit=1", "total"}, {"/api/vulnerabilities/{cve}", "exposedMachines"},
			{"/api/vulnerabilities/{cve}/machineReferences", "value.#"}}, commands: [][2]string{{"devices --cve {cve}", "#"}}},
		{page: "/software/{path}", says: `([0-9,]+) devices? ha(?:s|ve) it`, calls: [][2]string{{"/v1/software?software={product}", "rows.+devices"}, {"/v1/fleet?software={product}&limit=1", "total"}},
			commands: [][2]string{{"software --software {product}", "+devices"}}},
		{page: "/software/{path}", says: `([0-9,]+) CVEs? (?:are|is) known`, calls: [][2]string{{"/v1/software?software={product}", "rows.+weaknesses"}},
			commands: [][2]string{{"findings --software {product}", "#cveId"}}},
		{page: "/software/{path}", says: `([0-9,]+) findings? in all`, calls: [][2]string{{"/v1/device-findings?software={product}&limit=1", "total"}},
			commands: [][2]string{{"findings --each --software {product}", "#"}}},
		{page: "/devices/{device}", says: `([0-9,]+) findings`, calls: [][2]string{{"/v1/device-findings?device={device}&limit=1", "total"}},
			commands: [][2]string{{"findings --each --device {device}", "#"}}},
		{page: "/devices/{device}", says: `All ([0-9,]+) `, calls: [][2]string{{"/v1/recommendations?device={device}&limit=1", "total"}},
			commands: [][2]string{{"recommendations --device {device}", "#"}}},
		{page: "/configuration/{check}", says: `([0-9,]+) devices? fails?`, calls: [][2]string{{"/v1/configurations?limit=1000", "rows[configurationId={check}].nonCompliantDevices"}},
			commands: [][2]string{{"configurations", "[configurationId={check}].nonCompliantDevices"}}},
	}
	for _, s := range []string{"Critical", "High", "Medium", "Low"} {
		low := strings.ToLower(s)
		all = append(all, shown{page: "/", says: `Severity Findings .*? ` + s + ` ([0-9,]+)`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.severities." + low},
			{"/v1/device-findings?limit=1&severity=" + low, "total"}, {"/api/machines/SoftwareVulnerabilitiesByMachine", "value[vulnerabilitySeverityLevel=" + s + "].#"}},
			commands: [][2]string{{"findings --severity " + low, "+findings"}}, metrics: []string{"muster_findings", `severity="` + low + `"`}},
			shown{page: "/", says: `Severity Findings .*? ` + s + ` [0-9,]+ ([0-9,]+)`, calls: [][2]string{{"/v1/vulnerabilities?limit=1", "sums.cves." + low},
				{"/v1/vulnerabilities?limit=1&severity=" + low, "total"}}, commands: [][2]string{{"findings --severity " + low, "#cveId"}}})
	}
	for _, one := range [][2]string{{"assessed", ` ([0-9,]+) assessed`}, {"partly", ` ([0-9,]+) partly `}, {"notAssessed", ` ([0-9,]+) not assessed`}} {
		for _, page := range []string{"/", "/coverage"} {
			path := "devices[state=" + one[0] + "].count"
			all = append(all, shown{page: page, says: one[1], calls: [][2]string{{"/v1/coverage", path}}, commands: [][2]string{{"coverage", path}},
				metrics: []string{"muster_devices", `state="` + one[0] + `"`}})
		}
	}
	return all
}

// Check 7 of the example design: what pages show, the calls of /v1 and /api, the metrics and the command line tell.
func TestNumbersOfPages(t *testing.T) {
	s := newSite(t)
	s.muster("demo", "--once", "--days", "2", "--devices", "12")
	s.serve()
	v := newReader(s)
	names := v.names()
	pages, replies := map[string]string{}, map[string][]any{}
	metrics := v.get("/metrics", "text/plain")
	compared := 0
	for _, one := range shownNumbers() {
		fill := strings.NewReplacer(names...).Replace
		address := fill(one.page)
		if pages[address] == "" {
			pages[address] = readable(v.get(address, "text/html"))
		}
		found := regexp.MustCompile(fill(one.says)).FindStringSubmatch(pages[address])
		if found == nil {
			t.Errorf("%s has nothing of %q: %.2000s", address, one.says, pages[address])
			continue
		}
		want, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
		if err != nil {
			t.Fatal(err)
		}
		digits := 0
		if _, after, ok := strings.Cut(found[1], "."); ok {
			digits = len(after)
		}
		is := func(where string, got float64, err error) {
			t.Helper()
			if one.per > 0 {
				got = math.Floor(got / one.per)
			}
			if round := math.Pow10(digits); err != nil || math.Round(got*round) != math.Round(want*round) {
				t.Errorf("%s says %s (%s), %s %v: %v", address, found[1], one.says, where, got, err)
			}
			compared++
		}
		for _, call := range one.calls {
			at := fill(call[0])
			if replies[at] == nil {
				replies[at] = decoded(t, v.get(at, "application/json"))
			}
			got, err := number(replies[at], fill(call[1]))
			is(at+" "+call[1], got, err)
		}
		for _, command := range one.commands {
			line := fill(command[0])
			if replies[line] == nil {
				replies[line] = decoded(t, s.muster(append(strings.Fields(line), "--json")...))
			}
			got, err := number(replies[line], fill(command[1]))
			is("muster "+line+" "+command[1], got, err)
		}
		if len(one.metrics) > 0 {
			var labels []string
			for _, label := range one.metrics[1:] {
				labels = append(labels, fill(label))
			}
			got, err := metric(metrics, one.metrics[0], labels)
			is(strings.Join(one.metrics, " "), got, err)
		}
	}
	t.Logf("%d comparisons of %d numbers on %d pages", compared, len(shownNumbers()), len(pages))
	if compared < 100 {
		t.Errorf("only %d numbers were compared", compared)
	}
	v.lists()
}

// reader reads pages and calls of a site's server.
type reader struct {
	*site
	client *http.Client
}

// newReader signs a browser in as the administrator.
func newReader(s *site) *reader {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	v := &reader{s, &http.Client{Jar: jar}}
	printed := s.muster("open", "--print")
	u, err := url.Parse(regexp.MustCompile(`http://\S+code=\S+`).FindString(printed))
	if err != nil || u.Query().Get("code") == "" {
		s.Fatalf("muster open printed %q: %v", printed, err)
	}
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/sign-in",
		strings.NewReader(url.Values{"code": {u.Query().Get("code")}}.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", s.url)
	v.send(r)
	return v
}

// send returns the body of a reply, which must be one of success.
func (v *reader) send(r *http.Request) string {
	v.Helper()
	response, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		v.Fatalf("%s: status %d, %v: %.500s", r.URL, response.StatusCode, err, text)
	}
	return string(text)
}

// get reads an address as a browser or as a program does.
func (v *reader) get(at, media string) string {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodGet, v.url+at, nil)
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Accept", media)
	if media != "text/html" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	return v.send(r)
}

// names are a CVE, a product, a device, a check and a feed of this server, which have numbers.
func (v *reader) names() []string {
	v.Helper()
	first := func(list string) map[string]any {
		var told struct{ Rows []map[string]any }
		if err := json.Unmarshal([]byte(v.get("/v1/"+list+"?limit=1", "application/json")), &told); err != nil || len(told.Rows) == 0 {
			v.Fatalf("%s has no row: %v", list, err)
		}
		return told.Rows[0]
	}
	text := func(row map[string]any, name string) string { return fmt.Sprint(row[name]) }
	product := first("software")
	vendor, name := text(product, "softwareVendor"), text(product, "softwareName")
	return []string{"{cve}", text(first("vulnerabilities"), "cveId"), "{product}", vendor + "/" + name, "{path}", vendor + "-_-" + name,
		"{device}", text(first("fleet"), "id"), "{check}", text(first("configurations"), "configurationId"), "{feed}", "nvd"}
}

var (
	scriptLine = regexp.MustCompile(`(?s)<pre tabindex="0"><code>(?:(muster [^\n]*)\n)?(GET [^<]*)</code></pre>`)
	rowsOfAll  = regexp.MustCompile(`CSV of (?:these ([0-9,]+) rows|this row)`)
)

// lists holds every list, unfiltered and filtered, to the command and the call that stand under it.
func (v *reader) lists() {
	v.Helper()
	tried := 0
	for _, at := range []string{"/vulnerabilities", "/vulnerabilities?severity=critical,high&kev=true", "/findings?severity=critical", "/findings?fix=yes&exploited=true",
		"/actions", "/actions?q=chrome", "/devices", "/devices?severity=critical", "/software?q=microsoft", "/software?kev=true", "/configuration", "/configuration?q=ssh"} {
		page := v.get(at, "text/html")
		found, rows := scriptLine.FindStringSubmatch(page), rowsOfAll.FindStringSubmatch(page)
		if found == nil || rows == nil {
			v.Errorf("%s has no rows, or names no command and call", at)
			continue
		}
		want := 1.0
		if rows[1] != "" {
			want, _ = strconv.ParseFloat(strings.ReplaceAll(rows[1], ",", ""), 64)
		}
		path := "#"
		if strings.HasPrefix(at, "/vulnerabilities") {
			path = "#cveId"
		}
		call := strings.TrimPrefix(strings.TrimSpace(html.UnescapeString(found[2])), "GET ")
		if got, err := number(decoded(v, v.get(call, "application/json")), "total"); err != nil || got != want {
			v.Errorf("%s has %v rows, %s %v: %v", at, want, call, got, err)
		}
		words := strings.Fields(strings.ReplaceAll(html.UnescapeString(found[1]), "'", ""))
		if got, err := number(decoded(v, v.muster(append(words[1:], "--json")...)), path); err != nil || got != want {
			v.Errorf("%s has %v rows, %q %v: %v", at, want, words, got, err)
		}
		tried++
	}
	if tried < 10 {
		v.Errorf("only %d lists were compared", tried)
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// readable is what people read of a page, in one line.
func readable(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(main, " "))), " ")
}

// decoded decodes the values of a text of JSON: one, or one on each line.
func decoded(t testing.TB, text string) (all []any) {
	t.Helper()
	for decoder := json.NewDecoder(bytes.NewReader([]byte(text))); ; {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v in %.300s", err, text)
		}
		all = append(all, value)
	}
}

// number returns a number of what was decoded: of all values, if its path is one of a list, else of the only one.
func number(all []any, path string) (float64, error) {
	if strings.ContainsAny(path[:1], "#+[") {
		return dig(all, path)
	}
	if len(all) != 1 {
		return 0, fmt.Errorf("there are %d values", len(all))
	}
	return dig(all[0], path)
}

// dig returns a number of decoded JSON: "a.b" is a member, "#" how many values a list has and "#a" how many different
// ones of a member, "+" the sum of an object's members and "+a" that of a member over a list, "a[b=c|d]" those of a
// list whose member is c or d, over which what follows is added.
func dig(value any, path string) (float64, error) {
	part, rest, _ := strings.Cut(path, ".")
	list, _ := value.([]any)
	object, _ := value.(map[string]any)
	name, filter, filtered := strings.Cut(part, "[")
	switch {
	case path == "":
		n, ok := value.(float64)
		if !ok {
			return 0, fmt.Errorf("%v is no number", value)
		}
		return n, nil
	case part == "#":
		return float64(len(list)), nil
	case strings.HasPrefix(part, "#"):
		different := map[any]bool{}
		for _, one := range list {
			different[one.(map[string]any)[part[1:]]] = true
		}
		return float64(len(different)), nil
	case part == "+":
		return sum(slices.Collect(maps.Values(object)), "")
	case strings.HasPrefix(part, "+"):
		return sum(list, part[1:])
	case !filtered:
		member, ok := object[part]
		if !ok {
			return 0, fmt.Errorf("there is no %q", part)
		}
		return dig(member, rest)
	}
	if name != "" {
		list, _ = object[name].([]any)
	}
	member, wanted, _ := strings.Cut(strings.TrimSuffix(filter, "]"), "=")
	list = slices.DeleteFunc(slices.Clone(list), func(one any) bool {
		return !slices.Contains(strings.Split(wanted, "|"), fmt.Sprint(one.(map[string]any)[member]))
	})
	if rest == "#" {
		return float64(len(list)), nil
	}
	return sum(list, rest)
}

// sum adds what a path finds in each value.
func sum(list []any, path string) (total float64, err error) {
	for _, one := range list {
		n, err := dig(one, path)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// metric adds the values of the lines of a metric that have all labels.
func metric(text, name string, labels []string) (total float64, err error) {
	found := false
	for line := range strings.Lines(text) {
		of, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		lacks := func(label string) bool { return !strings.Contains(of, label) }
		if !ok || !strings.HasPrefix(of, name+"{") || slices.ContainsFunc(labels, lacks) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		total, found = total+n, true
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return total, nil
}
