package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
)

const (
	x64on23H2 = "Windows 11 Version 23H2 for x64-based Systems"
	server12  = "Windows Server 2012 R2"
)

// month is the day of updates in a month of 2024.
func month(m time.Month) time.Time { return time.Date(2024, m, 12, 0, 0, 0, 0, time.UTC) }

// kb is a record: an update fixes CVEs of a product.
func kb(id, product string, published time.Time, supersedes string, cves ...string) intel.Record {
	r := intel.Record{Source: "KB" + id}
	for _, cve := range cves {
		u := intel.Update{CVE: cve, Product: product, ID: id, Published: published, Severity: intel.SeverityHigh,
			Title: published.Format("January 2006") + " Security Updates", URL: "https://example.com/?q=KB" + id}
		if supersedes != "" {
			u.Supersedes = []string{supersedes}
		}
		r.Updates = append(r.Updates, u)
	}
	return r
}

// many are CVEs of a year, as many as a cumulative update has.
func many(year string) (cves []string) {
	for i := range 10 {
		cves = append(cves, "CVE-"+year+"-100"+string(rune('0'+i)))
	}
	return cves
}

// listing is a system with a list of updates.
func listing(platform, version, list string) catalog.Component {
	r := system(platform, version)
	r.Hotfixes = list
	return r
}

// numbered lists the CVEs of hits.
func numbered(v *catalog.Verdict) (cves []string) {
	for _, h := range v.Hits {
		cves = append(cves, h.CVE)
	}
	return cves
}

// monthly is a catalog of three cumulative updates of Windows 11 23H2, of which records give the first two a build,
// of an update of a single part, and of two monthly rollups and a security-only update of Server 2012 R2.
func monthly(t testing.TB) *catalog.Catalog {
	var records []intel.Record
	for _, cve := range many("2021") {
		records = append(records, builds(cve, "microsoft", "windows_11_23h2", "10.0.22631.3007"))
	}
	for _, cve := range many("2022") {
		records = append(records, builds(cve, "microsoft", "windows_11_23h2", "10.0.22631.3155"))
	}
	return build(t, catalog.Config{}, append(records,
		builds("CVE-2024-0007", "microsoft", "windows_11_23h2", "10.0.22631.3155"), // of which no update is known
		kb("5034123", x64on23H2, month(1), "", many("2021")...),
		kb("5034765", x64on23H2, month(2), "5034123", many("2022")...),
		kb("5035853", x64on23H2, month(3), "5034765", many("2023")...),
		kb("5012170", x64on23H2, month(2), "", "CVE-2022-0001"),
		kb("5034171", server12, month(1), "", "CVE-2024-0001"),
		kb("5034170", server12, month(1), "", "CVE-2024-0001"),
		kb("5034819", server12, month(2), "5034171", "CVE-2024-0002"),
		kb("5099999", "Windows Server 2012", month(5), "5034819", "CVE-2024-0001"),
	)...)
}

// TestUpdates says which CVEs a system has by its build and by its list of updates, and how far it is assessed.
func TestUpdates(t *testing.T) {
	c := monthly(t)
	all2023, later := many("2023"), slices.Concat(many("2022"), many("2023"))
	single := []string{"CVE-2022-0001"}
	for _, test := range []struct {
		what, platform, version, list string
		hits                          []string
		state                         coverage.State
		reason                        coverage.Reason
	}{
		{"before a known build", "Windows11", "10.0.22631.3000", "5012170",
			append(slices.Concat(many("2021"), later), "CVE-2024-0007"), coverage.Assessed, coverage.NoReason},
		{"between two builds", "Windows11", "10.0.22631.3085", "5012170", append(slices.Clone(later), "CVE-2024-0007"),
			coverage.Assessed, coverage.NoReason},
		{"the build decides, whatever is listed", "Windows11", "10.0.22631.3085", "5012170 5034765",
			append(slices.Clone(later), "CVE-2024-0007"), coverage.Assessed, coverage.NoReason},
		{"the build of an update has none of the later ones", "Windows11", "10.0.22631.3155", "", all2023, coverage.Partly,
			coverage.NoHotfixList},
		{"an update of a part is not listed", "Windows11", "10.0.22631.3155", "-", slices.Concat(single, all2023),
			coverage.Assessed, coverage.NoReason},
		{"above every known build, without a list", "Windows11", "10.0.22631.3200", "", nil, coverage.Partly,
			coverage.NoHotfixList},
		{"a list without any cumulative update does not say that there is none", "Windows11", "10.0.22631.3200", "5012170",
			nil, coverage.Partly, coverage.BuildNewer},
		{"the list names an update older than the build", "Windows11", "10.0.22631.3200", "5012170 5034765", nil,
			coverage.Partly, coverage.BuildNewer},
		{"the list names the newest", "Windows11", "10.0.22631.3296", "5012170 5035853", nil, coverage.Assessed,
			coverage.NoReason},
		{"what is unknown decides nothing", "Windows11", "10.0.22631.3296", "5012170 5035853 5099999 9", nil,
			coverage.Assessed, coverage.NoReason},
		{"without revision and list", "Windows11", "10.0.22631.0", "", nil, coverage.NotAssessed, coverage.NoBuildRevision},
		{"without revision, and the list names no cumulative update", "Windows11", "10.0.22631", "5012170", nil,
			coverage.NotAssessed, coverage.NoBuildRevision},
		{"without revision, by the update that is listed", "Windows11", "10.0.22631", "5012170 5034123",
			append(slices.Clone(later), "CVE-2024-0007"), coverage.Partly, coverage.NoBuildRevision},
		{"a rollup", "WindowsServer2012R2", "6.3.9600.0", "5034171", []string{"CVE-2024-0002"}, coverage.Assessed,
			coverage.NoReason},
		{"security only", "WindowsServer2012R2", "6.3.9600.0", "5034170", []string{"CVE-2024-0002"}, coverage.Assessed,
			coverage.NoReason},
		{"the rollup after it", "WindowsServer2012R2", "6.3.9600.0", "5034819", nil, coverage.Assessed, coverage.NoReason},
		{"none", "WindowsServer2012R2", "6.3.9600.0", "-", []string{"CVE-2024-0001", "CVE-2024-0002"}, coverage.Assessed,
			coverage.NoReason},
		{"no list", "WindowsServer2012R2", "6.3.9600.0", "", nil, coverage.NotAssessed, coverage.NoBuildRevision},
		{"an update for another product", "WindowsServer2012R2", "6.3.9600.0", "5099999",
			[]string{"CVE-2024-0001", "CVE-2024-0002"}, coverage.Assessed, coverage.NoReason},
		{"its own product", "WindowsServer2012", "6.2.9200.0", "5099999", nil, coverage.Assessed, coverage.NoReason},
		{"a release without updates", "Windows11", "10.0.22000.1", "-", nil, coverage.NotAssessed, coverage.NoProductFeed},
	} {
		v := c.Verdict(listing(test.platform, test.version, test.list))
		slices.Sort(test.hits)
		if got := numbered(v); !slices.Equal(got, test.hits) {
			t.Errorf("%s: %q, want %q", test.what, got, test.hits)
		}
		if v.Coverage.State != test.state || v.Coverage.Reason != test.reason {
			t.Errorf("%s: %v, %v", test.what, v.Coverage.State, v.Coverage.Reason)
		}
	}
}

// TestOneBuildIsTwoProducts: a client and a server share a build. The platform says which of them it is, to records as
// to updates.
func TestOneBuildIsTwoProducts(t *testing.T) {
	const client, server = "Windows 11 Version 24H2 for x64-based Systems", "Windows Server 2025"
	c := build(t, catalog.Config{},
		builds("CVE-2024-0001", "microsoft", "windows_10_1809", "10.0.17763.200"),
		builds("CVE-2024-0002", "microsoft", "windows_server_2019", "10.0.17763.200"),
		builds("CVE-2024-0003", "microsoft", "windows_11_24h2", "10.0.26100.200"),
		builds("CVE-2024-0004", "microsoft", "windows_server_2025", "10.0.26100.200"),
		kb("5001", client, month(1), "", "CVE-2024-0005"), kb("5002", server, month(1), "", "CVE-2024-0006"))
	for _, test := range []struct {
		platform, version string
		want              []string
	}{
		{"Windows10", "10.0.17763.100", []string{"CVE-2024-0001"}},
		{"WindowsServer2019", "10.0.17763.100", []string{"CVE-2024-0002"}},
		{"Windows11", "10.0.26100.100", []string{"CVE-2024-0003", "CVE-2024-0005"}},
		{"WindowsServer2025", "10.0.26100.100", []string{"CVE-2024-0004", "CVE-2024-0006"}},
	} {
		r := listing(test.platform, test.version, "-")
		if got := numbered(c.Verdict(r)); !slices.Equal(got, test.want) {
			t.Errorf("%s %s: %q, want %q", test.platform, test.version, got, test.want)
		}
	}
}

// TestUpdateOfRow: a finding names the update that first fixes the CVE for its product, not the newest one.
func TestUpdateOfRow(t *testing.T) {
	c := monthly(t)
	v := c.Verdict(listing("Windows11", "10.0.22631.3000", "5012170"))
	for cve, want := range map[string]intel.Fix{
		"CVE-2021-1000": {ID: "5034123", Title: "January 2024 Security Updates", URL: "https://example.com/?q=KB5034123",
			Available: true},
		"CVE-2023-1000": {ID: "5035853", Title: "March 2024 Security Updates", URL: "https://example.com/?q=KB5035853",
			Available: true},
		"CVE-2024-0007": {Available: true},
	} {
		if h := hit(v, cve); h == nil || h.Fix != want {
			t.Errorf("%s: %+v, want %+v", cve, h, want)
		}
	}
	if h := hit(v, "CVE-2023-1000"); h.Source != "test/KB5035853" || h.Severity != intel.SeverityHigh {
		t.Errorf("%+v", h)
	}
	rollup := hit(c.Verdict(listing("WindowsServer2012R2", "6.3.9600.0", "-")), "CVE-2024-0001")
	if rollup.Fix.ID != "5034171" {
		t.Errorf("%+v: the rollup, which others replace, is named before security only", rollup.Fix)
	}
}

// TestMonthOfOtherProducts: another product of Microsoft is mended by an update whose number its rows do not have.
func TestMonthOfOtherProducts(t *testing.T) {
	office := affects("CVE-2024-0001", "microsoft", "teams", "2")
	c := build(t, catalog.Config{}, office, kb("", "Microsoft Teams for Desktop", month(6), "", "CVE-2024-0001"),
		kb("5002600", "Microsoft Office 2016 (64-bit edition)", month(7), "", "CVE-2024-0001"))
	h := hit(c.Verdict(windows("Microsoft", "Microsoft Teams", "1")), "CVE-2024-0001")
	if h == nil || h.Fix != (intel.Fix{Title: "June 2024 Security Updates", Available: true}) {
		t.Errorf("%+v", h)
	}
}

// TestListsWithoutUpdates: without a feed of updates, architecture and list decide nothing.
func TestListsWithoutUpdates(t *testing.T) {
	c := build(t, catalog.Config{}, builds("CVE-2024-0002", "microsoft", "windows_11_23h2", "10.0.22631.4751"))
	plain := c.Verdict(system("Windows11", "10.0.22631.3000"))
	r := listing("Windows11", "10.0.22631.3000", "5034123")
	r.Architecture = "x64"
	if c.Verdict(r) != plain {
		t.Error("the verdict is another one")
	}
}

// TestPartsOfUpdates: who is judged by updates of which a feed has only some months is partly assessed, and not who is
// judged by a build. One whole feed is enough.
func TestPartsOfUpdates(t *testing.T) {
	some := []intel.Record{kb("5034765", x64on23H2, month(2), "", "CVE-2024-0002"),
		kb("5034171", server12, month(1), "", "CVE-2024-0001"), kb("5012170", "Windows 10 Version 21H2 for x64-based Systems", month(1), "", "CVE-2024-0003")}
	all := slices.Clone(some)
	for i := range 12_000 {
		all = append(all, intel.Record{Source: fmt.Sprint("CVE-2023-1", i), Updates: []intel.Update{{CVE: fmt.Sprint("CVE-2023-1", i),
			Product: "Microsoft Office 2016", ID: "7", Published: month(1)}}})
	}
	records := compile(t, "records", builds("CVE-2024-0002", "microsoft", "windows_11_23h2", "10.0.22631.3155")) // of no kind: whole
	for _, test := range []struct {
		what, platform, version, list string
		feeds                         []catalog.Source
		want                          coverage.Answer
	}{
		{"a list, by some months", "WindowsServer2012R2", "6.3.9600.0", "5034171", []catalog.Source{records, compileKind(t, intel.MSRC, "months", some...)},
			coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart, Wants: "msrc", Feeds: []string{"months", "records"}}},
		{"a list, by all months", "WindowsServer2012R2", "6.3.9600.0", "5034171", []catalog.Source{records, compileKind(t, intel.MSRC, "months", some...),
			compileKind(t, intel.MSRC, "wesng", all...)}, coverage.Answer{State: coverage.Assessed, Feeds: []string{"months", "records", "wesng"}}},
		{"a build, by some months", "Windows11", "10.0.22631.3100", "5034123", []catalog.Source{records, compileKind(t, intel.MSRC, "months", some...)},
			coverage.Answer{State: coverage.Assessed, Feeds: []string{"months", "records"}}},
		{"an update of a part, by some months", "Windows10", "10.0.19044.3100", "5034123",
			[]catalog.Source{compile(t, "records", builds("CVE-2024-0009", "microsoft", "windows_10_21h2", "10.0.19044.3155")), compileKind(t, intel.MSRC, "months", some...)},
			coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart, Wants: "msrc", Feeds: []string{"months", "records"}}},
	} {
		c, err := catalog.Merge(catalog.Config{}, test.feeds)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, c.Verdict(listing(test.platform, test.version, test.list)).Coverage); diff != "" {
			t.Errorf("%s: %s", test.what, diff)
		}
	}
}

// TestLongLists: no update of a list is cut off, however many there are. What a report may list has 80 KB.
func TestLongLists(t *testing.T) {
	c := monthly(t)
	var list strings.Builder
	for i := range inventory.MaxHotfixes - 1 {
		fmt.Fprint(&list, 4_000_000+i, " ")
	}
	r := listing("WindowsServer2012R2", "6.3.9600.0", list.String()+"5034819")
	v := c.Verdict(r)
	if len(v.Hits) > 0 || v.Coverage.State != coverage.Assessed {
		t.Errorf("%q, %v: the update that ends the list is installed", numbered(v), v.Coverage.State)
	}
	if lacking := catalog.LackingUpdates(c, r, []string{"CVE-2024-0002"}); len(lacking) > 0 {
		t.Errorf("%+v", lacking)
	}
}

// TestVerdictsOfListsAreShared: devices whose lists differ in what decides nothing share a verdict.
func TestVerdictsOfListsAreShared(t *testing.T) {
	c := monthly(t)
	one := c.Verdict(listing("Windows11", "10.0.22631.3155", "5012170 5034123 5034765"))
	for _, list := range []string{"5034765 5012170", "5012170 5034765 9 4999999"} {
		if c.Verdict(listing("Windows11", "10.0.22631.3155", list)) != one {
			t.Errorf("%q has a verdict of its own", list)
		}
	}
}

// TestLackingUpdates: the newest of updates that replace each other is what is missing, with all that it fixes.
func TestLackingUpdates(t *testing.T) {
	c := monthly(t)
	of := func(r catalog.Component) []catalog.Lacking {
		var found []string
		for _, h := range c.Verdict(r).Hits {
			found = append(found, h.CVE)
		}
		return catalog.LackingUpdates(c, r, found)
	}
	lacking := of(listing("Windows11", "10.0.22631.3085", "-"))
	later := slices.Concat(many("2022"), many("2023"))
	if len(lacking) != 2 || lacking[0].ID != "5035853" || !slices.Equal(lacking[0].CVEs, later) ||
		lacking[1].ID != "5012170" || !slices.Equal(lacking[1].CVEs, []string{"CVE-2022-0001"}) {
		t.Errorf("%+v", lacking)
	}
	lacking = of(listing("WindowsServer2012R2", "6.3.9600.0", "-"))
	if len(lacking) != 1 || lacking[0].ID != "5034819" || len(lacking[0].CVEs) != 2 {
		t.Errorf("%+v", lacking)
	}
	if lacking = of(listing("Windows11", "10.0.22631.3296", "5012170 5035853")); len(lacking) != 0 {
		t.Errorf("%+v", lacking)
	}
}

// TestArchitectures: a CVE of the release for other architectures alone is no finding, whatever records say, which name
// the release alone.
func TestArchitectures(t *testing.T) {
	const on32 = "Windows 10 Version 21H2 for 32-bit Systems"
	c := build(t, catalog.Config{}, builds("CVE-2024-0001", "microsoft", "windows_10_21h2", "10.0.19044.9"),
		builds("CVE-2024-0002", "microsoft", "windows_10_21h2", "10.0.19044.9"),
		kb("5000001", on32, month(1), "", "CVE-2024-0001"),
		kb("5000002", "Windows 10 Version 21H2 for x64-based Systems", month(1), "", "CVE-2024-0002"))
	for architecture, want := range map[string]string{"x64": "CVE-2024-0002", "x86": "CVE-2024-0001",
		"": "CVE-2024-0001 CVE-2024-0002"} {
		r := listing("Windows10", "10.0.19044.5", "-")
		r.Architecture = architecture
		if got := strings.Join(numbered(c.Verdict(r)), " "); got != want {
			t.Errorf("%q: %s, want %s", architecture, got, want)
		}
	}
}

// TestRollupsHaveSecurityOnly: a monthly rollup has what the security-only updates of its month and of those before
// have, and a hole in the list of what it replaces does not matter.
func TestRollupsHaveSecurityOnly(t *testing.T) {
	var records []intel.Record
	number := func(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }
	id := func(n int) string { return "50" + number(n) + "00" }
	for n := range 12 {
		older := ""
		if n > 0 {
			older = id(n - 1)
		}
		records = append(records, kb(id(n), server12, month(time.Month(1+n)), older, many("20"+number(n))...))
	}
	records = append(records, kb("5099", server12, month(6), "", many("2030")...),
		kb("5098", server12, month(12).AddDate(0, 0, 1), "", many("2031")...))
	c := build(t, catalog.Config{}, records...)
	got := numbered(c.Verdict(listing("WindowsServer2012R2", "6.3.9600.0", id(10))))
	if want := slices.Concat(many("2011"), many("2031")); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got = numbered(c.Verdict(listing("WindowsServer2012R2", "6.3.9600.0", "5099"))); len(got) != 130 {
		t.Errorf("%d CVEs: security only has none of the rollups' fixes", len(got))
	}
}

// TestExplainUpdates: an explanation names the updates that fix a CVE, and what is known of them.
func TestExplainUpdates(t *testing.T) {
	c := monthly(t)
	for _, test := range []struct {
		what     string
		r        catalog.Component
		cve      string
		affected bool
		want     string
	}{
		{"by records", listing("Windows11", "10.0.22631.3000", ""), "CVE-2021-1000", true,
			"test/CVE-2021-1000 affects 5034123, test/KB5034123 updateMissing 5034123"},
		{"by its update", listing("Windows11", "10.0.22631.3155", "-"), "CVE-2023-1000", true,
			"test/KB5035853 updateMissing 5035853"},
		{"unknown", listing("Windows11", "10.0.22631.3200", ""), "CVE-2023-1000", false,
			"test/KB5035853 updateUnknown 5035853"},
		{"one of two", listing("WindowsServer2012R2", "6.3.9600.0", "5034170"), "CVE-2024-0001", false,
			"test/KB5034171 updateMissing 5034171, test/KB5034170 updateInstalled 5034170"},
	} {
		e := c.Explain(test.r, test.cve)
		var said []string
		for _, s := range e.Statements {
			said = append(said, s.Source+" "+string(s.Effect)+" "+s.Fix.ID)
		}
		if got := strings.Join(said, ", "); got != test.want || e.Affected() != test.affected {
			t.Errorf("%s: %s, affected %v; want %s", test.what, got, e.Affected(), test.want)
		}
	}
	about, known := c.About("CVE-2024-0001")
	if want := []string{"o:microsoft:windows_server_2012", "o:microsoft:windows_server_2012_r2"}; !known ||
		!slices.Equal(about, want) {
		t.Errorf("%q, %v", about, known)
	}
}

// TestMendLeavesUpdates: a build that records name mends their CVEs, and none of those that an update alone fixes.
func TestMendLeavesUpdates(t *testing.T) {
	c := monthly(t)
	r := listing("Windows11", "10.0.22631.3000", "-")
	m := mend(t, c, []catalog.Component{r}, numbered(c.Verdict(r)))
	if want := slices.Concat([]string{"CVE-2022-0001"}, many("2023")); m.Version != "10.0.22631.3155" ||
		!slices.Equal(m.Left, want) {
		t.Errorf("%s, left %q", m.Version, m.Left)
	}
}
