package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	known "github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory/fleet"
)

// listed is a lab with a fleet in two groups, and the rows of its exports.
type listed struct {
	*lab
	rows []defender.AssetVulnerability
	// kev has the CVEs that the sample's KEV lists.
	kev map[string]bool
	// epss has the scores that were imported after the snapshot.
	epss map[string]float64
	// products counts the products that have each CVE.
	products map[string]int
}

func newListed(t *testing.T) *listed {
	t.Helper()
	inTurn(t)
	l := &listed{lab: newLab(t), kev: map[string]bool{}, epss: map[string]float64{}, products: map[string]int{}}
	var imports []library.Import
	for _, f := range known.Feeds() {
		imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	if _, build, err := l.library.Import(t.Context(), imports...); err != nil {
		t.Fatal(err)
	} else if _, err := l.library.Wait(t.Context(), build); err != nil {
		t.Fatal(err)
	}
	l.equal("groups", l.put("/v1/groups", `{"rules":[{"group":"Linux","platform":"Linux"}]}`).StatusCode, http.StatusOK)
	for report := range (fleet.Fleet{Seed: 3, Devices: 24, Begun: noon}).All(0) {
		report.Device.Tags = append(report.Device.Tags, "floor"+report.Device.ID[:1])
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		l.accept(string(text), jsonBody)
	}
	l.publish()
	texts, _ := l.pull(l.server.URL + "/api/machines/SoftwareVulnerabilitiesByMachine")
	if err := json.Unmarshal([]byte("["+strings.Join(texts, ",")+"]"), &l.rows); err != nil || len(l.rows) < 1000 {
		t.Fatalf("%d rows, %v", len(l.rows), err)
	}
	seen := map[[3]string]bool{}
	for _, v := range l.rows {
		if k := [3]string{*v.CVEID, v.SoftwareVendor, v.SoftwareName}; !seen[k] {
			seen[k] = true
			l.products[*v.CVEID]++
		}
	}
	if r := l.get("/v1/findings?minEpss=0.5"); r.StatusCode != http.StatusConflict {
		t.Errorf("without scores: status %d", r.StatusCode)
	}
	l.score()
	c, err := l.library.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := range c.CVEs().Len() {
		if one := c.CVEs().At(n); one.KEV.Listed {
			l.kev[one.ID] = true
		}
	}
	return l
}

// score imports scores of EPSS for some of the CVEs.
func (l *listed) score() {
	l.Helper()
	text, n := "cve,epss,percentile\n", 0
	for i := range l.rows {
		id := *l.rows[i].CVEID
		if _, ok := l.epss[id]; ok || id[len(id)-1] == '7' {
			continue
		}
		n++
		l.epss[id] = float64(n%10) / 10
		text += fmt.Sprintf("%s,%.5f,0.5\n", id, l.epss[id])
	}
	_, build, err := l.library.Import(l.Context(), library.Import{Kind: intel.EPSS, Name: "epss",
		Files: library.FilesOf(fstest.MapFS{"epss.csv": {Data: []byte(text)}})})
	if err == nil {
		_, err = l.library.Wait(l.Context(), build)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// pages reads all pages of a list.
func pages[T any](t interface{ Fatalf(string, ...any) }, l *lab, list string,
	query url.Values) (rows []T, head control.ListHead) {
	type page struct {
		control.ListHead
		Rows []T `json:"rows"`
	}
	for {
		r := l.get("/v1/" + list + "?" + query.Encode())
		var p page
		if err := json.Unmarshal(r.body, &p); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s?%s: status %d, %v: %s", list, query.Encode(), r.StatusCode, err, r.body)
		}
		rows, head = append(rows, p.Rows...), p.ListHead
		if p.Next == "" {
			return rows, head
		}
		query.Set("after", p.Next)
	}
}

// levels are the ranks of the levels of exploits.
var levels = []string{defender.NoExploit, defender.ExploitIsPublic, defender.ExploitIsVerified, defender.ExploitIsInKit}

// For random filters, all pages of the findings together have exactly the CVEs of products that the rows of the
// export have, with the same numbers of rows and devices, and the higher risk comes first; the other lists agree.
func TestListsAgreeWithExports(t *testing.T) {
	l, aimed := newListed(t), 0
	rapid.Check(t, func(r *rapid.T) {
		one := rapid.SampledFrom(l.rows).Draw(r, "a row")
		query, wanted := url.Values{}, []func(*defender.AssetVulnerability) bool{}
		add := func(name, value string, is func(*defender.AssetVulnerability) bool) {
			if rapid.IntRange(0, 3).Draw(r, name) == 0 {
				query.Set(name, value)
				wanted = append(wanted, is)
			}
		}
		add("cve", *one.CVEID, func(v *defender.AssetVulnerability) bool { return *v.CVEID == *one.CVEID })
		add("severity", "high,critical", func(v *defender.AssetVulnerability) bool {
			return v.VulnerabilitySeverityLevel != nil && slices.Contains([]string{"High", "Critical"}, *v.VulnerabilitySeverityLevel)
		})
		add("exploited", "true", func(v *defender.AssetVulnerability) bool { return v.ExploitabilityLevel != defender.NoExploit })
		add("kev", "true", func(v *defender.AssetVulnerability) bool { return l.kev[*v.CVEID] })
		add("minEpss", "0.4", func(v *defender.AssetVulnerability) bool { return l.epss[*v.CVEID] >= 0.4 })
		add("software", strings.ToUpper(one.SoftwareName), func(v *defender.AssetVulnerability) bool {
			return v.SoftwareName == one.SoftwareName
		})
		add("device", one.DeviceName, func(v *defender.AssetVulnerability) bool { return v.DeviceID == one.DeviceID })
		add("group", one.RBACGroupName, func(v *defender.AssetVulnerability) bool { return v.RBACGroupName == one.RBACGroupName })
		floor := one.DeviceID[:1]
		add("tag", "floor"+floor, func(v *defender.AssetVulnerability) bool { return v.DeviceID[:1] == floor })
		query.Set("limit", fmt.Sprint(rapid.IntRange(5, 1000).Draw(r, "limit")))

		type key struct{ cve, vendor, name string }
		findings, devices := map[key]int64{}, map[key]map[string]bool{}
		exposed, whole := map[string]bool{}, int64(0)
		for i := range l.rows {
			v := &l.rows[i]
			if slices.ContainsFunc(wanted, func(is func(*defender.AssetVulnerability) bool) bool { return !is(v) }) {
				continue
			}
			k := key{*v.CVEID, v.SoftwareVendor, v.SoftwareName}
			if devices[k] == nil {
				devices[k] = map[string]bool{}
			}
			findings[k]++
			whole++
			devices[k][v.DeviceID], exposed[v.DeviceID] = true, true
		}
		rows, head := pages[control.FindingRow](r, l.lab, "findings", cloned(query))
		if len(rows) != len(findings) || head.Total != int64(len(rows)) {
			r.Fatalf("%v: %d rows of %d, want %d", query, len(rows), head.Total, len(findings))
		}
		for i, row := range rows {
			k := key{row.CVEID, row.Vendor, row.Name}
			n := int64(len(devices[k]))
			exact := len(row.Versions) == 1 || query.Has("device") || query.Has("tag") || l.products[row.CVEID] == 1
			if row.Findings != findings[k] || row.KEV != l.kev[row.CVEID] || row.Devices < n || exact && row.Devices != n ||
				row.Devices > row.Findings {
				r.Fatalf("%+v: want %d findings on %d devices", row, findings[k], n)
			}
			if i > 0 && less(&row, &rows[i-1]) {
				r.Fatalf("%+v comes after %+v", row, rows[i-1])
			}
		}
		var sum int64
		affected, _ := pages[control.AffectedRow](r, l.lab, "affected", cloned(query))
		for _, d := range affected {
			for _, s := range d.Software {
				for _, cve := range s.CVEIDs {
					if !devices[key{cve, s.Vendor, s.Name}][d.ID] {
						r.Fatalf("%v: %s has %s %s of %s", query, d.ID, s.Name, s.Version, cve)
					}
					sum++
				}
			}
		}
		if sum != whole || len(affected) != len(exposed) {
			r.Fatalf("%v: %d findings on %d devices, want %d on %d", query, sum, len(affected), whole, len(exposed))
		}
		l.singles(r, query, rows, whole)
		sum = 0
		products, _ := pages[control.SoftwareRow](r, l.lab, "software", cloned(query))
		for _, p := range products {
			sum += p.Findings
		}
		if sum != whole {
			r.Fatalf("%v: software has %d findings, want %d", query, sum, whole)
		}
		advice, _ := pages[control.RecommendationRow](r, l.lab, "recommendations", cloned(query))
		sum = 0
		for _, a := range advice {
			sum += a.Findings
		}
		if sum != whole {
			r.Fatalf("%v: recommendations have %d findings, want %d", query, sum, whole)
		}
		if len(rows) > 0 { // about one finding alone the lists name the same versions
			row, narrow := rows[rapid.IntRange(0, len(rows)-1).Draw(r, "finding")], cloned(query)
			narrow.Set("cve", row.CVEID)
			narrow.Set("software", row.Vendor+"/"+row.Name)
			alone, _ := pages[control.RecommendationRow](r, l.lab, "recommendations", narrow)
			if len(alone) != 1 || !slices.Equal(alone[0].Targets, row.Targets) {
				r.Fatalf("%v: to %+v, and the finding to %+v", narrow, alone, row.Targets)
			}
			aimed += len(row.Targets)
		}
		found, _ := pages[control.FleetRow](r, l.lab, "fleet", cloned(query))
		if query.Has("cve") || query.Has("severity") || query.Has("exploited") || query.Has("kev") || query.Has("minEpss") {
			if len(found) != len(exposed) {
				r.Fatalf("%v: %d devices, want %d", query, len(found), len(exposed))
			}
		}
	})
	if aimed == 0 {
		t.Error("no finding names a version")
	}
}

func cloned(query url.Values) url.Values {
	other := url.Values{}
	for name, values := range query {
		other[name] = values
	}
	return other
}

// less reports whether a has a higher risk than b.
func less(a, b *control.FindingRow) bool {
	rank := func(row *control.FindingRow) int { return slices.Index(levels, row.Exploitability) }
	switch {
	case a.KEV != b.KEV:
		return a.KEV
	case rank(a) != rank(b):
		return rank(a) > rank(b)
	case scoreOf(a) != scoreOf(b):
		return scoreOf(a) > scoreOf(b)
	}
	weight := func(row *control.FindingRow) float64 {
		least := map[string]float64{defender.SeverityCritical: 9, defender.SeverityHigh: 7, defender.SeverityMedium: 4,
			defender.SeverityLow: 0.1}
		return cmp.Or(row.Score, least[row.Severity])
	}
	return weight(a) > weight(b)
}

// Advisories that name no CVE are in the lists, by the risk of their severity, and are found by their id in any case.
func TestListsHaveAdvisories(t *testing.T) {
	l := newLab(t)
	advisory := func(id, name, more string) string {
		return `{"id":"` + id + `","modified":"2026-01-02T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"` + name + `"},` +
			`"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.0.0"}]}]}]` + more + `}`
	}
	vector := func(text string) string { return `,"severity":[{"type":"CVSS_V3","score":"` + text + `"}]` }
	l.equal("osv", l.putFiles("/v1/feeds/osv/npm", map[string]string{
		"a.json": advisory("MAL-2022-7421", "evil", ""),
		"b.json": advisory("CVE-2024-0001", "left", vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")), // 7.5
		"c.json": advisory("GHSA-5j5w-g665-5m35", "right", vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N")),
	}).StatusCode, 200)
	l.accept(`{"device":{"name":"web.example.com","osPlatform":"Linux","osVersion":"debian_12"},"software":[`+
		`{"kind":"npm","name":"left","version":"1.0.0","purl":"pkg:npm/left@1.0.0"},`+
		`{"kind":"npm","name":"evil","version":"1.0.0","purl":"pkg:npm/evil@1.0.0"},`+
		`{"kind":"npm","name":"right","version":"1.0.0","purl":"pkg:npm/right@1.0.0"}]}`, jsonBody)
	l.publish()
	ids := func(query url.Values) (all []string) {
		rows, _ := pages[control.FindingRow](t, l, "findings", query)
		for _, row := range rows {
			all = append(all, row.CVEID+" "+row.Severity)
		}
		return all
	}
	l.equal("by risk", ids(url.Values{}), []string{"MAL-2022-7421 Critical", "CVE-2024-0001 High", "GHSA-5j5w-g665-5m35 Medium"})
	for query, want := range map[string][]string{"ghsa-5J5W-g665-5m35": {"GHSA-5j5w-g665-5m35 Medium"},
		"mal-2022-7421": {"MAL-2022-7421 Critical"}, "cve-2024-0001": {"CVE-2024-0001 High"}, "GHSA-none": nil} {
		l.equal(query, ids(url.Values{"cve": {query}}), want)
	}
}

// Where exploits are is told with details, and the level without.
func TestFindingsNameExploits(t *testing.T) {
	l := newLab(t)
	l.equal("records", l.putFiles("/v1/feeds/nvd/nvd", map[string]string{"a.json": inteltest.NVD([]inteltest.Weakness{
		{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "99", Score: 7.5}})}).StatusCode, 200)
	l.equal("exploits", l.putFiles("/v1/feeds/exploitdb/exploitdb", map[string]string{"a.csv": "id,file,type,platform,port,date_updated," +
		"verified,codes\n7,a,remote,linux,,,1,CVE-2024-0001\n"}).StatusCode, 200)
	l.equal("modules", l.putFiles("/v1/feeds/metasploit/metasploit", map[string]string{"a.json": `{"exploit_a":{"fullname":"exploit/a",` +
		`"type":"exploit","references":["CVE-2024-0001"],"path":"/modules/exploits/a.rb","mod_time":""}}`}).StatusCode, 200)
	l.accept(`{"device":{"name":"pc.example.com","osPlatform":"Windows11"},"software":[{"kind":"windows","vendor":"Google LLC",`+
		`"name":"Google Chrome","version":"90.0"}]}`, jsonBody)
	l.publish()
	for _, details := range []bool{false, true} {
		rows, _ := pages[control.FindingRow](t, l, "findings", url.Values{"details": {fmt.Sprint(details)}})
		var want []string
		if details {
			want = []string{"https://github.com/rapid7/metasploit-framework/blob/master/modules/exploits/a.rb",
				"https://www.exploit-db.com/exploits/7"}
		}
		if len(rows) != 1 || rows[0].Exploitability != defender.ExploitIsInKit || !slices.Equal(rows[0].ExploitURLs, want) {
			t.Errorf("details %t: %+v", details, rows)
		}
	}
}

// scoreOf is the score of EPSS; 0 if there is none.
func scoreOf(row *control.FindingRow) float64 {
	if row.EPSS == nil {
		return 0
	}
	return *row.EPSS
}

// A caller with one group sees its rows, counts, recommendations and coverage only (law 5), and a token of a wider
// scope is not good for it.
func TestListsKeepToTheScope(t *testing.T) {
	l := newListed(t)
	wider := into[control.FindingRows](l.lab, "/v1/findings?limit=1").Next
	devices, findings, mine, others := map[string]bool{}, map[[2]string]int64{}, int64(0), ""
	for i := range l.rows {
		v := &l.rows[i]
		if v.RBACGroupName != "Linux" {
			others = v.DeviceName
			continue
		}
		mine = v.RBACGroupID
		devices[v.DeviceID] = true
		findings[[2]string{*v.CVEID, v.SoftwareVendor + "/" + v.SoftwareName}]++
	}
	if len(devices) == 0 || others == "" {
		t.Fatalf("%d devices in the group, %q in none", len(devices), others)
	}
	l.as(auth.Caller{ID: "linux", Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{mine}})
	rows, head := pages[control.FindingRow](t, l.lab, "findings", url.Values{})
	if len(rows) != len(findings) {
		t.Errorf("%d findings, want %d", len(rows), len(findings))
	}
	var whole int64
	for _, row := range rows {
		n := findings[[2]string{row.CVEID, row.Vendor + "/" + row.Name}]
		if row.Findings != n || row.Devices > n {
			t.Errorf("%+v: want %d findings", row, n)
		}
		whole += n
	}
	affected, _ := pages[control.AffectedRow](t, l.lab, "affected", url.Values{"limit": {"1"}})
	for _, d := range affected {
		if !devices[d.ID] || d.Group != "Linux" {
			t.Errorf("%+v is of another group", d)
		}
	}
	if len(affected) != len(devices) {
		t.Errorf("%d affected devices, want %d", len(affected), len(devices))
	}
	fleet, _ := pages[control.FleetRow](t, l.lab, "fleet", url.Values{})
	var assessed int64
	for _, one := range head.Coverage.Devices {
		assessed += one.Count
	}
	if assessed != int64(len(fleet)) {
		t.Errorf("coverage of %d devices, and the list has %d", assessed, len(fleet))
	}
	for _, d := range fleet {
		if d.Group != "Linux" {
			t.Errorf("%+v is of another group", d)
		}
	}
	var advised, installed int64
	var shares float64
	advice, _ := pages[control.RecommendationRow](t, l.lab, "recommendations", url.Values{})
	for _, a := range advice {
		if advised += a.Findings; a.Devices > int64(len(fleet)) {
			t.Errorf("%+v: of %d devices", a, len(fleet))
		}
		shares += a.ExposureShare
	}
	if shares < 0.999999 || shares > 1.000001 {
		t.Errorf("the shares of the exposure add up to %v", shares)
	}
	products, _ := pages[control.SoftwareRow](t, l.lab, "software", url.Values{})
	for _, p := range products {
		if installed += p.Findings; p.Devices > int64(len(fleet)) {
			t.Errorf("%+v: of %d devices", p, len(fleet))
		}
	}
	if advised != whole || installed != whole {
		t.Errorf("%d and %d findings, want %d", advised, installed, whole)
	}
	checks, _ := pages[control.ConfigurationRow](t, l.lab, "configurations", url.Values{})
	for _, c := range checks {
		if c.Compliant+c.NonCompliant+c.NotApplicable > int64(len(fleet)) {
			t.Errorf("%+v: of %d devices", c, len(fleet))
		}
	}
	for query, status := range map[string]int{"device=" + others: 404, "group=0": 404, "after=" + wider: 400} {
		for _, list := range []string{"findings", "recommendations", "software", "fleet", "configurations"} {
			if r := l.get("/v1/" + list + "?" + query); r.StatusCode != status {
				t.Errorf("%s?%s: status %d, want %d: %s", list, query, r.StatusCode, status, r.body)
			}
		}
	}
}

// What nobody looked at is said, mistakes are refused, a page shows the snapshot that its list began with, and
// its token is good for that list only.
func TestListsOfOneSnapshot(t *testing.T) {
	l := newLab(t)
	l.equal("before the first snapshot", l.get("/v1/findings").StatusCode, http.StatusNotFound)
	l.accept(`{"device":{"name":"a.example.com","osPlatform":"Linux","osVersion":"amazon_linux_2023"},
		"software":[{"kind":"deb","name":"openssl","version":"1"},{"kind":"deb","name":"zlib","version":"1"}]}`, jsonBody)
	l.publish()
	empty := into[control.FindingRows](l, "/v1/findings")
	if len(empty.Rows) != 0 || empty.Coverage == nil || states(*empty.Coverage)["notAssessed"] != 1 {
		t.Errorf("%+v", empty)
	}
	for query, status := range map[string]int{"cve=CVE-1": 400, "severity=worst": 400, "fix=maybe": 400, "since=yesterday": 400,
		"kev=1": 400, "minEpss=2": 400, "minEpss=NaN": 400, "minEpss=high": 400, "limit=0": 400, "after=x": 400, "group=Nobody": 404, "device=nobody": 404, "tag=none": 404} {
		if r := l.get("/v1/findings?" + query); r.StatusCode != status {
			t.Errorf("%s: status %d, want %d: %s", query, r.StatusCode, status, r.body)
		}
	}
	first := into[control.SoftwareRows](l, "/v1/software?limit=1")
	if len(first.Rows) != 1 || first.Total != 2 || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	l.accept(`{"device":{"name":"a.example.com"},"software":[{"kind":"deb","name":"bash","version":"1"}]}`, jsonBody)
	l.publish()
	second := into[control.SoftwareRows](l, "/v1/software?limit=1&after="+first.Next)
	if second.Number != first.Number || len(second.Rows) != 1 || second.Rows[0].Name != "zlib" || second.Next != "" {
		t.Errorf("%+v after %+v", second, first)
	}
	for _, path := range []string{"/v1/findings?after=", "/v1/software?software=zlib&after="} {
		l.equal(path, l.get(path+first.Next).StatusCode, http.StatusBadRequest)
	}
}

// TestPagesOfListsCostWhatTheyHold compares the memory that the first page of a list needs, which counts and sorts all
// rows, with that of the next: those rows are kept. They are counted anew when a feed says something else of CVEs.
func TestPagesOfListsCostWhatTheyHold(t *testing.T) {
	n := street(t)
	cost := func(address string) (next string, bytes uint64) {
		t.Helper()
		var reply control.ListHead
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n.decode(n.get(address), http.StatusOK, &reply)
		runtime.ReadMemStats(&after)
		return reply.Next, after.TotalAlloc - before.TotalAlloc
	}
	for _, list := range []string{control.ListOfFindings, control.ListOfSoftware, control.ListOfRecommendations} {
		cost("/v1/" + list + "?limit=1") // reads what all lists are made of
		address := "/v1/" + list + "?fix=yes&limit=1"
		next, first := cost(address)
		_, second := cost(address + "&after=" + next)
		if next == "" || second > first/2 {
			t.Errorf("%s: the first page took %d bytes, the second (%q) %d", list, first, next, second)
		}
	}
	var listed struct{ Rows []control.FindingRow }
	n.decode(n.get("/v1/findings?cve=CVE-2023-3079&limit=1"), http.StatusOK, &listed)
	n.score("2026-11-23", map[string]float64{"CVE-2023-3079": 0.5})
	n.decode(n.get("/v1/findings?cve=CVE-2023-3079&limit=1"), http.StatusOK, &listed)
	if len(listed.Rows) != 1 || listed.Rows[0].EPSS == nil || *listed.Rows[0].EPSS != 0.5 {
		t.Errorf("after another score was imported: %+v", listed.Rows)
	}
}
