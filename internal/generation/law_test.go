package generation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// history is a random life of a random fleet: reports, upgrades, new intelligence, absence, clocks
// that jump, generations. Law 1 is checked after each generation. Some snapshots are compared with
// what a generation from nothing makes.
type history struct {
	*lab
	reports  map[string]*inventory.Report // the newest of each device
	known    []inteltest.Weakness
	advised  bool        // the advisories of a distribution are imported
	rules    *rbac.Rules // nil before the first
	last     *publication.Snapshot
	listed   []string // the CVEs in the list of exploited ones
	watched  *watched // the snapshot of which notices were made last; nil before the first
	repaired bool     // files were repaired: the snapshot before may be one that nobody watched
}

// products are what devices have: real identities, which the catalog's own rules resolve, one
// unknown product, and one product twice.
var products = []inventory.Software{
	{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome"},
	{Kind: "windows", Vendor: "Mozilla", Name: "Mozilla Firefox (x64 en-US)"},
	{Kind: "windows", Vendor: "Igor Pavlov", Name: "7-Zip 22.01 (x64)"},
	{Kind: "windows", Vendor: "OpenSSL Software Foundation", Name: "OpenSSL"},
	{Kind: "windows", Vendor: "Örtlich \"GmbH\" \\ Söhne", Name: "Buchhaltung\u2028 3"},
	{Kind: "generic", CPE: "cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*", Name: "chrome"},
	{Kind: "deb", Name: "openssl"},
}

// platforms are what devices run on. Each is covered in another way, some only once feeds are
// imported.
var platforms = [][2]string{
	{"Windows11", "10.0.22631.4751"}, {"Windows11", "10.0.22631"}, {"Linux", "debian_linux_12"},
	{"Linux", "amazon_linux_2023"}, {"FreeBSD", "14"},
}

var weaknesses = []inteltest.Weakness{
	{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "100", Score: 9.8},
	{CVE: "CVE-2024-0002", Vendor: "google", Product: "chrome", Before: "120.0.1", Score: 7.5},
	{CVE: "CVE-2024-0003", Vendor: "mozilla", Product: "firefox", Before: "110", Score: 5.3},
	{CVE: "CVE-2024-0004", Vendor: "7-zip", Product: "7-zip", Before: "24.07", Score: 7.5},
	{CVE: "CVE-2024-0005", Vendor: "openssl", Product: "openssl", Before: "3.3.3", Score: 5.3},
	{CVE: "CVE-2024-0002", Vendor: "google", Product: "chrome", Before: "120.0.1", Score: 5.3}, // rescored
}

func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live(t, &history{lab: newLab(t), reports: map[string]*inventory.Report{}})
	})
}

// live lets a history happen, and checks it.
func live(t *rapid.T, h *history) {
	t.Repeat(map[string]func(*rapid.T){
		"report":  h.someReport,
		"":        func(*rapid.T) {},
		"learn":   h.someKnowledge,
		"regroup": h.someRules,
		"remove":  h.someRemoval,
		"wait":    h.someTime,
		"except":  h.someException,
		"publish": func(t *rapid.T) { h.TB = t; h.generation() },
		"audit":   func(t *rapid.T) { h.TB = t; h.checkFromNothing(t, h.generation()) },
		"restart": func(t *rapid.T) { h.TB = t; h.close(); h.open() },
		"upgrade": h.upgrade,
		"list":    h.someList,
		"rebuild": h.someRebuild,
	})
	h.TB = t
	h.checkFromNothing(t, h.generation())
	h.verify()
}

func (h *history) someReport(t *rapid.T) {
	h.TB = t
	name := fmt.Sprintf("host-%d.example.com", rapid.IntRange(0, 5).Draw(t, "device"))
	platform := rapid.SampledFrom(platforms).Draw(t, "platform")
	r := &inventory.Report{
		Device: inventory.Device{ID: inventory.DeriveID("", name), Name: name,
			OSPlatform: platform[0], OSVersion: platform[1], OSArchitecture: "x64",
			Tags: []string{rapid.SampledFrom([]string{"north", "south"}).Draw(t, "tag")}},
		Time: h.now, Software: []inventory.Software{},
	}
	for i := range products {
		for range rapid.SampledFrom([]int{0, 0, 1, 1, 2}).Draw(t, "installs") {
			s := products[i]
			s.Version = rapid.SampledFrom([]string{"90.0", "99.1.2", "110.0", "120.0.2", "3.3.1", "24.07", ""}).Draw(t,
				"version")
			s.DiskPaths = []string{rapid.SampledFrom([]string{`C:\a.exe`, `C:\b.exe`}).Draw(t, "path")}
			r.Software = append(r.Software, s)
		}
	}
	if rapid.Bool().Draw(t, "judged") {
		r.Configurations = []inventory.Configuration{{ConfigurationID: "rule_a", Applicable: true,
			Compliant: rapid.Bool().Draw(t, "compliant")}}
	}
	h.report(r)
	if before := h.reports[name]; before != nil && r.Configurations == nil {
		r.Configurations = before.Configurations // an absent section does not change
	}
	h.reports[name] = r
}

func (h *history) someKnowledge(t *rapid.T) {
	h.TB = t
	h.known = rapid.SliceOfNDistinct(rapid.SampledFrom(weaknesses), 1, 4,
		func(w inteltest.Weakness) string { return w.CVE }).Draw(t, "weaknesses")
	h.learn(h.known...)
	if !h.advised && rapid.Bool().Draw(t, "advisories") {
		h.advised = true
		h.learnAdvisories()
	}
}

// groups are all groups that rules may name. They are made in this order, so that they have the
// same numbers in every lab.
var groups = []string{"North", "South", "Few"}

// someRules sets random rules. A group without rules stays.
func (h *history) someRules(t *rapid.T) {
	h.TB = t
	var rules []rbac.Rule
	for range rapid.IntRange(0, 3).Draw(t, "rules") {
		rule := rbac.Rule{Group: rapid.SampledFrom(groups).Draw(t, "group")}
		switch rapid.IntRange(0, 3).Draw(t, "condition") {
		case 0:
			rule.Tag = "north"
		case 1:
			rule.Name = "host-1*"
		case 2:
			rule.Device = "host-3.example.com"
		default:
			rule.Name = rapid.SampledFrom([]string{"host-?.example.com", "*"}).Draw(t, "pattern")
		}
		rules = append(rules, rule)
	}
	h.rules = h.setRules(rules...)
}

// setRules makes groups for an organization, and rules that fill them.
func (l *lab) setRules(rules ...rbac.Rule) *rbac.Rules {
	l.Helper()
	made, err := rbac.New(groups, rules)
	if err != nil {
		l.Fatal(err)
	}
	if _, err := l.store.Organizations.SetRules(l.ctx, org, made); err != nil {
		l.Fatal(err)
	}
	return made
}

func (h *history) someRemoval(t *rapid.T) {
	h.TB = t
	all := h.devices()
	if len(all) == 0 {
		return
	}
	d := rapid.SampledFrom(all).Draw(t, "device")
	if err := h.store.Reports.RemoveDevice(h.ctx, org, d.ID); err != nil {
		t.Fatal(err)
	}
	delete(h.reports, d.Name)
}

func (h *history) someTime(t *rapid.T) {
	h.TB = t
	h.later(rapid.SampledFrom([]time.Duration{
		time.Second, time.Hour, 24 * time.Hour, 20 * 24 * time.Hour, -time.Hour,
	}).Draw(t, "time"))
}

// generation publishes and checks law 1.
func (h *history) generation() publication.Snapshot {
	s := h.publish()
	if h.last != nil {
		if !s.Generated.After(h.last.Generated) || !s.Begun.After(h.last.Begun) {
			h.Fatalf("snapshot %d (%v, %v) is not later than %d (%v, %v)", s.Number, s.Begun, s.Generated, h.last.Number,
				h.last.Begun, h.last.Generated)
		}
	}
	h.checkLaw1(h.last, s)
	totals := h.manifest(s).Totals(nil)
	if fixed := totals.Changes[defender.Vulnerabilities.String()].Fixed; totals.FixedFindings.Sum() != fixed {
		h.Fatalf("%d findings are Fixed, for these reasons: %+v", fixed, totals.FixedFindings)
	}
	h.checkReasons(s)
	h.checkTrend(s, false)
	h.checkNotices(s, false)
	h.last = &s
	return s
}

// firstSeen are the columns that depend on history.
var firstSeen = []string{"FirstSeenTimestamp", "SoftwareFirstSeenTimestamp"}

// checkFromNothing compares the snapshot with one that is made of the same reports and intelligence
// without history. Copying, reusing and merging must give the same rows.
func (h *history) checkFromNothing(t *rapid.T, s publication.Snapshot) {
	h.Helper()
	fresh := newLab(h.TB.(tester))
	fresh.now = h.now
	if len(h.known) > 0 {
		fresh.learn(h.known...)
	}
	if h.advised {
		fresh.learnAdvisories()
	}
	if len(h.listed) > 0 {
		fresh.list(h.listed)
	}
	if h.rules != nil {
		fresh.setRules(h.rules.Rules()...)
	}
	for _, d := range h.devices() {
		r := *h.reports[d.Name]
		if h.now.Sub(d.Received) > h.settings.HideAfter {
			continue
		}
		fresh.report(&r)
	}
	want := fresh.publish()
	if all := h.exceptions(); len(all) > 0 {
		bare := fresh.rows(want, defender.Vulnerabilities, false)
		if _, err := fresh.store.Exceptions.Add(h.ctx, org, all, h.now); err != nil {
			h.Fatal(err)
		}
		want = fresh.publish()
		h.checkExcepted(bare, fresh.rows(want, defender.Vulnerabilities, false), all)
		if a, b := fresh.manifest(want).Totals(nil).Excepted, h.manifest(s).Totals(nil).Excepted; a != b {
			h.Fatalf("%d findings are excepted, from nothing %d", b, a)
		}
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		columns := append(firstSeen, lastSeen...)
		if diff := cmp.Diff(fresh.rows(want, d, false).without(columns...),
			h.rows(s, d, false).without(columns...)); diff != "" {
			h.Fatalf("%s: the merge is not what a generation from nothing makes (-want +got):\n%s", d, diff)
		}
	}
	h.checkCoverage(fresh, want, s)
	h.checkAnswers(t, s)
}

// checkCoverage compares the coverage of each device, and the counts, with those of a generation
// from nothing, and the counts with the devices.
func (h *history) checkCoverage(fresh *lab, want, got publication.Snapshot) {
	h.Helper()
	devices, sum := h.coverage(got)
	freshDevices, _ := fresh.coverage(want)
	if diff := cmp.Diff(freshDevices, devices, cmpopts.EquateEmpty()); diff != "" {
		h.Fatalf("the merge has another coverage than a generation from nothing (-want +got):\n%s", diff)
	}
	counted := h.manifest(got).Totals(nil).Coverage
	if diff := cmp.Diff(fresh.manifest(want).Totals(nil).Coverage, counted); diff != "" {
		h.Fatalf("the merge counts another coverage than a generation from nothing (-want +got):\n%s", diff)
	}
	var software int64
	for _, c := range counted.Software {
		software += c.Count
	}
	if software != sum || counted.Unknown != 0 {
		h.Fatalf("the manifest counts %d pieces of software, %d devices unknown; the devices have %d", software,
			counted.Unknown, sum)
	}
}

// coverage reads the coverage of each exported device, and counts the pieces of software.
func (l *lab) coverage(s publication.Snapshot) (devices map[string]coverage.Device, software int64) {
	l.Helper()
	devices = map[string]coverage.Device{}
	m := l.manifest(s)
	for i := range m.Ranges {
		if m.Ranges[i].Group == rbac.HiddenGroup {
			continue
		}
		r, err := l.files.OpenRange(&m.Ranges[i], nil)
		if err != nil {
			l.Fatal(err)
		}
		for j := range r.Sheet().Entries {
			e := &r.Sheet().Entries[j]
			devices[e.ID], software = e.Coverage, software+e.Coverage.Software.Sum()
		}
	}
	return devices, software
}

func (h *history) devices() []reports.Device {
	h.Helper()
	all, err := h.store.Reports.ListDevices(h.ctx, org, reports.DeviceFilter{AllGroups: true}, 1000)
	if err != nil {
		h.Fatal(err)
	}
	return all
}
