package generation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/publication"
)

// asked are the rows of a snapshot in a scope, as clients read them, in their order. What answers say is
// compared with what they count.
type asked struct {
	*lab
	view  *answer.View
	lines [defender.DatasetCount][][]byte
	rows  [defender.DatasetCount][]map[string]any
}

func (l *lab) ask(a *answer.Answers, s publication.Snapshot, groups func(int64) bool) *asked {
	l.Helper()
	q := &asked{lab: l, view: a.Of(l.manifest(s), groups)}
	for d := range defender.Dataset(defender.DatasetCount) {
		for _, p := range l.parts(s, false, d) {
			for _, line := range l.lines(p.Path) {
				row := map[string]any{}
				if err := json.Unmarshal(line, &row); err != nil {
					l.Fatal(err)
				}
				if groups == nil || groups(int64(row["RbacGroupId"].(float64))) {
					q.lines[d], q.rows[d] = append(q.lines[d], append(slices.Clone(line), '\n')), append(q.rows[d], row)
				}
			}
		}
	}
	return q
}

// checkAnswers asks everything, in every scope.
func (h *history) checkAnswers(t *rapid.T, s publication.Snapshot) {
	h.Helper()
	answers := answer.New(h.files)
	scopes := []func(int64) bool{nil}
	for g := range int64(len(groups) + 1) {
		scopes = append(scopes, func(group int64) bool { return group == g }, func(group int64) bool { return group != g })
	}
	for _, scope := range scopes {
		q := h.ask(answers, s, scope)
		q.checkCounts()
		q.checkFindings(t)
		q.checkDevices(t)
	}
}

func must[T any](q *asked) func(T, error) T {
	return func(v T, err error) T {
		q.Helper()
		if err != nil {
			q.Fatal(err)
		}
		return v
	}
}

// same compares an answer with what the rows say.
func (q *asked) same(what string, want, got any) {
	q.Helper()
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
		q.Fatalf("%s: the rows say otherwise (-want +got):\n%s", what, diff)
	}
}

// tally counts rows and distinct devices by a key.
type tally map[string]map[string]int

func (t tally) add(key string, row map[string]any) {
	if t[key] == nil {
		t[key] = map[string]int{}
	}
	t[key][fmt.Sprint(row["DeviceId"])]++
}

func (t tally) findings(key string) (n int) {
	for _, rows := range t[key] {
		n += rows
	}
	return n
}

func (q *asked) checkCounts() {
	q.Helper()
	cves, products, exposed, settings := tally{}, tally{}, tally{}, tally{}
	var severities counts.Severities
	for _, row := range q.rows[defender.Vulnerabilities] {
		cves.add(fmt.Sprint(row["CveId"]), row)
		exposed.add(product(row), row)
		severity, _ := row["VulnerabilitySeverityLevel"].(string)
		severities.Count(severity)
	}
	for _, d := range []defender.Dataset{defender.Software, defender.NoProductCode} {
		for _, row := range q.rows[d] {
			products.add(product(row), row)
		}
	}
	for _, row := range q.rows[defender.Configurations] {
		settings.add(fmt.Sprintf("%v %v %v ", row["ConfigurationId"], row["IsApplicable"], row["IsCompliant"]), row)
	}
	var want, got []string
	for _, cve := range slices.Sorted(maps.Keys(cves)) {
		want = append(want, fmt.Sprint(cve, len(cves[cve]), cves.findings(cve)))
	}
	for _, c := range must[[]answer.CVE](q)(q.view.CVEs(q.ctx)) {
		got = append(got, fmt.Sprint(c.ID, c.Devices, c.Findings))
	}
	q.same("CVEs", want, got)
	want, got = nil, nil
	for _, p := range slices.Sorted(maps.Keys(products)) {
		want = append(want, fmt.Sprint(p, len(products[p]), len(exposed[p]), exposed.findings(p)))
	}
	for _, p := range must[[]answer.Product](q)(q.view.Products(q.ctx)) {
		got = append(got, fmt.Sprint(p.Vendor+"/"+p.Name, p.Devices, p.Exposed, p.Findings))
	}
	q.same("products", want, slices.Sorted(slices.Values(got)))
	q.checkCompliance()
	want, got = nil, nil
	for _, c := range must[[]answer.Configuration](q)(q.view.Configurations(q.ctx)) {
		for outcome, n := range map[string]int64{" true true ": c.Compliant, " true false ": c.NonCompliant,
			" false false ": c.NotApplicable} {
			if n > 0 {
				got = append(got, fmt.Sprint(c.ID, outcome, n))
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(settings)) {
		want = append(want, fmt.Sprint(c, len(settings[c])))
	}
	q.same("configurations", want, slices.Sorted(slices.Values(got)))
	var sum answer.Group
	for _, g := range must[[]answer.Group](q)(q.view.Groups(q.ctx)) {
		sum.Devices += g.Devices
		sum.Severities.Add(g.Severities)
	}
	totals := q.view.Totals()
	q.same("severities by group", severities, sum.Severities)
	q.same("totals", fmt.Sprint(totals.Devices, totals.Severities), fmt.Sprint(sum.Devices, sum.Severities))
}

func product(row map[string]any) string {
	return fmt.Sprint(row["SoftwareVendor"], "/", row["SoftwareName"])
}

// filters are random ones, each with what it means for a row.
func (q *asked) filter(t *rapid.T) (f answer.Filter, matches func(map[string]any) bool) {
	pick := func(name string, field string) string {
		if !rapid.Bool().Draw(t, name) {
			return ""
		}
		var all []string
		for _, row := range q.rows[defender.Vulnerabilities] {
			all = append(all, fmt.Sprint(row[field]))
		}
		return rapid.SampledFrom(append(all, "nothing")).Draw(t, field)
	}
	f = answer.Filter{CVE: pick("by CVE", "CveId"), Name: pick("by name", "SoftwareName"), Device: pick("by device", "DeviceId"),
		Version: pick("by version", "SoftwareVersion")}
	if s := pick("by severity", "VulnerabilitySeverityLevel"); s != "" {
		f.Severity = []string{s, "Critical"}
	}
	f.Exploited = rapid.IntRange(0, 3).Draw(t, "exploited") == 0
	if rapid.IntRange(0, 3).Draw(t, "fixable") == 0 {
		f.Fixable = new(bool)
	}
	parity := rapid.IntRange(0, 2).Draw(t, "CVE and version are alike or not, or either")
	if parity > 0 {
		f.Pair = func(key *row.SoftwareKey, one *projection.Finding) bool {
			return (len(key.Version)+int(one.CVE[len(one.CVE)-1]))%2 == parity-1
		}
		f.Key = rapid.SampledFrom([]string{"", fmt.Sprint("parity ", parity)}).Draw(t, "key")
	}
	return f, func(row map[string]any) bool {
		severity, _ := row["VulnerabilitySeverityLevel"].(string)
		cve, version := row["CveId"].(string), row["SoftwareVersion"].(string)
		return (parity == 0 || (len(version)+int(cve[len(cve)-1]))%2 == parity-1) &&
			(f.CVE == "" || f.CVE == row["CveId"]) && (f.Name == "" || f.Name == row["SoftwareName"]) &&
			(f.Device == "" || f.Device == row["DeviceId"]) && (f.Version == "" || f.Version == row["SoftwareVersion"]) &&
			(f.Severity == nil || slices.Contains(f.Severity, severity)) &&
			(!f.Exploited || row["ExploitabilityLevel"] != defender.NoExploit) &&
			(f.Fixable == nil || row["SecurityUpdateAvailable"] == *f.Fixable)
	}
}

// checkFindings reads a list of findings page by page, and a page from its middle.
func (q *asked) checkFindings(t *rapid.T) {
	q.Helper()
	f, matches := q.filter(t)
	var want []string
	for i, row := range q.rows[defender.Vulnerabilities] {
		if matches(row) {
			want = append(want, string(q.lines[defender.Vulnerabilities][i]))
		}
	}
	page := answer.Page{Skip: int64(rapid.IntRange(0, len(want)+1).Draw(t, "skip")), Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
	total := len(want)
	q.same("number of findings", total, must[int64](q)(q.view.CountFindings(q.ctx, f)))
	want = want[min(int(page.Skip), len(want)):]
	var got []string
	for page.Skip >= 0 {
		l := must[answer.List[answer.Finding]](q)(q.view.Findings(q.ctx, f, page))
		q.same("findings in all", total, l.Total)
		q.checkSeen(l.Rows)
		for i, line := range must[[][]byte](q)(q.view.Rows(q.ctx, l.Rows)) {
			got = append(got, string(line))
			for _, text := range []string{l.Rows[i].Finding.CVE, l.Rows[i].Device.ID, l.Rows[i].SoftwareKey.Version} {
				if !strings.Contains(string(line), `"`+text+`"`) {
					q.Fatalf("finding %+v is the row %s", l.Rows[i], line)
				}
			}
		}
		page.Skip = l.Next
	}
	q.checkFindingsOfDevices(f, matches)
	q.checkHaving(f, matches)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		q.Fatalf("findings by %+v are not the rows (-want +got):\n%s", f, diff)
	}
}

// checkFindingsOfDevices reads the findings of every other device some at a time, each after the last of those before.
func (q *asked) checkFindingsOfDevices(f answer.Filter, matches func(map[string]any) bool) {
	q.Helper()
	wanted := func(id string) bool { return id[0]%2 == 0 }
	f.Devices = func(d *answer.Device) bool { return wanted(d.ID) }
	var want, got []string
	for i, row := range q.rows[defender.Vulnerabilities] {
		if wanted(row["DeviceId"].(string)) && matches(row) {
			want = append(want, string(q.lines[defender.Vulnerabilities][i]))
		}
	}
	for at, more := int64(0), true; more; {
		var some []answer.Finding
		if err := q.view.EachFinding(q.ctx, f, at, func(found *answer.Finding, after int64) bool {
			some, at = append(some, *found), after
			return len(some)%7 > 0
		}); err != nil {
			q.Fatal(err)
		}
		more = len(some) == 7
		for _, line := range must[[][]byte](q)(q.view.Rows(q.ctx, some)) {
			got = append(got, string(line))
		}
	}
	q.same("findings of some devices", want, got)
}

// checkSeen compares when findings were first seen with the rows: at first each is read apart, then whole ranges.
func (q *asked) checkSeen(findings []answer.Finding) {
	q.Helper()
	var want, got []string
	for _, line := range must[[][]byte](q)(q.view.Rows(q.ctx, findings)) {
		row := map[string]any{}
		if err := json.Unmarshal(line, &row); err != nil {
			q.Fatal(err)
		}
		want = append(want, row["FirstSeenTimestamp"].(string))
	}
	for _, at := range must[[]time.Time](q)(answer.FirstSeen(q.ctx, q.view, findings)) {
		got = append(got, at.Format(time.DateTime))
	}
	q.same("first seen", want, got)
}

// checkHaving compares the devices that have what matches with those of the rows, whichever device is asked for.
func (q *asked) checkHaving(f answer.Filter, matches func(map[string]any) bool) {
	q.Helper()
	ids := map[string]bool{}
	for _, row := range q.rows[defender.Vulnerabilities] {
		if matches(row) {
			ids[row["DeviceId"].(string)] = true
		}
	}
	f.Exploited = f.Exploited || f.CVE == "" && f.Severity == nil && f.Fixable == nil && f.Pair == nil // about findings
	if f.Device != "" || f.Exploited {
		return
	}
	for range 2 { // found, and remembered
		q.checkSet("devices with findings", must[*answer.Set](q)(answer.FleetOf(q.view).Having(q.ctx, f)), slices.Sorted(maps.Keys(ids)))
	}
}

// checkSet compares a set with the ids of its devices, and what a device's number leads to.
func (q *asked) checkSet(what string, set *answer.Set, want []string) {
	q.Helper()
	var ids []string
	var numbers []uint32
	if err := answer.FleetOf(q.view).Each(q.ctx, func(n int64, d answer.Device) bool {
		if set.Has(n) {
			ids, numbers = append(ids, d.ID), append(numbers, uint32(n))
		}
		return true
	}); err != nil {
		q.Fatal(err)
	}
	q.same(what+" in the set", want, slices.Sorted(slices.Values(ids)))
	q.same(what+" counted", len(want), set.Devices)
	var again []string
	for _, d := range must[[]answer.Device](q)(answer.FleetOf(q.view).At(q.ctx, numbers)) {
		again = append(again, d.ID)
	}
	q.same(what+" by number", ids, again)
}

// checkDevices lists devices, those of something, and what one has.
func (q *asked) checkDevices(t *rapid.T) {
	q.Helper()
	known := map[string]answer.Device{}
	for page := (answer.Page{Limit: 2}); page.Skip >= 0; {
		l := must[answer.List[answer.Device]](q)(q.view.Devices(q.ctx, page))
		for _, d := range l.Rows {
			known[d.ID] = d
		}
		page.Skip = l.Next
	}
	q.same("devices", q.view.Totals().Devices, len(known))
	with := func(d defender.Dataset, is func(map[string]any) bool) []string {
		ids := map[string]bool{}
		for _, row := range q.rows[d] {
			if is(row) {
				ids[row["DeviceId"].(string)] = true
			}
		}
		return slices.Sorted(maps.Keys(ids))
	}
	check := func(what string, of answer.Of, want []string) {
		q.Helper()
		got := []string{}
		for page := (answer.Page{Limit: rapid.IntRange(1, 3).Draw(t, "limit")}); page.Skip >= 0; {
			l := must[answer.List[answer.Device]](q)(q.view.DevicesOf(q.ctx, of, page))
			for _, d := range l.Rows {
				got = append(got, d.ID)
			}
			q.same(what, len(want), l.Total)
			page.Skip = l.Next
		}
		q.same(what, want, slices.Sorted(slices.Values(got)))
		q.checkSet(what, must[*answer.Set](q)(answer.FleetOf(q.view).With(q.ctx, of)), want)
	}
	for _, rows := range q.rows {
		if len(rows) == 0 {
			continue
		}
		row := rapid.SampledFrom(rows).Draw(t, "row")
		if cve, ok := row["CveId"].(string); ok {
			check("devices of a CVE", answer.Of{CVE: cve}, with(defender.Vulnerabilities,
				func(r map[string]any) bool { return r["CveId"] == cve }))
			check("exposed devices", answer.Of{Vendor: row["SoftwareVendor"].(string), Name: row["SoftwareName"].(string),
				Exposed: true}, with(defender.Vulnerabilities, func(r map[string]any) bool { return product(r) == product(row) }))
		}
		if id, ok := row["ConfigurationId"].(string); ok {
			check("devices of a configuration", answer.Of{Configuration: id, Outcomes: []projection.Outcome{projection.NonCompliant}},
				with(defender.Configurations, func(r map[string]any) bool {
					return r["ConfigurationId"] == id && r["IsApplicable"] == true && r["IsCompliant"] == false
				}))
			one := known[row["DeviceId"].(string)]
			settings := must[[]answer.Setting](q)(q.view.Settings(q.ctx, one.ID))
			q.same("settings", len(with1(q.rows[defender.Configurations], one.ID)), len(settings))
		} else {
			version, _ := row["SoftwareVersion"].(string)
			is := func(r map[string]any) bool { return product(r) == product(row) && r["SoftwareVersion"] == version }
			want := append(with(defender.Software, is), with(defender.NoProductCode, is)...)
			slices.Sort(want)
			if version != "" {
				check("devices of a release", answer.Of{Vendor: row["SoftwareVendor"].(string), Name: row["SoftwareName"].(string),
					Version: version}, slices.Compact(want))
			}
		}
		one := known[row["DeviceId"].(string)]
		q.same("name, platform", fmt.Sprint(row["DeviceName"], row["OSPlatform"]), fmt.Sprint(one.Name, one.OSPlatform))
		q.same("findings of a device", len(with1(q.rows[defender.Vulnerabilities], one.ID)), one.Severities.Sum())
		software := must[[]answer.Release](q)(q.view.Software(q.ctx, one.ID))
		q.same("software of a device", one.Software, len(software))
	}
}

func with1(rows []map[string]any, device string) (some []map[string]any) {
	for _, row := range rows {
		if row["DeviceId"] == device {
			some = append(some, row)
		}
	}
	return some
}

// checkCompliance weighs the rows of configurations, and compares the sums with those of the manifest, of answers, and
// of devices. The impacts of the history are whole numbers, so that sums are exact in any order.
func (q *asked) checkCompliance() {
	q.Helper()
	want, devices := counts.Compliance{}, map[string]bool{}
	for _, row := range q.rows[defender.Configurations] {
		devices[row["DeviceId"].(string)] = true
		if row["IsApplicable"] == true {
			category := row["ConfigurationCategory"].(string)
			w := want[category]
			w.Applicable += row["ConfigurationImpact"].(float64)
			if row["IsCompliant"] == true {
				w.Compliant += row["ConfigurationImpact"].(float64)
			}
			want[category] = w
		}
	}
	q.same("compliance in the manifest", want, q.view.Totals().Compliance)
	q.same("compliance", want, must[counts.ComplianceByGroup](q)(q.view.Compliance(q.ctx)).Sum(nil))
	got := counts.Compliance{}
	for id := range devices {
		answer.Weigh(got, must[[]answer.Setting](q)(q.view.Settings(q.ctx, id)))
	}
	q.same("compliance of devices", want, got)
}
