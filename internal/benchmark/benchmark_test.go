package benchmark_test

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
)

// testCase is a case of a check: the result for facts.
type testCase struct {
	ID    string
	Want  string // compliant, nonCompliant, notApplicable, unknown
	Facts inventory.Facts
	// Software has the versions of packages of Debian by name.
	Software map[string]string
	// Device is the device, as a family.
	Device map[string]string
}

// report returns the report of a device that is as the case says.
func (c *testCase) report() *inventory.Report {
	r := linux(c.Facts)
	r.Device.OSPlatform, r.Device.OSVersion = c.Device["osPlatform"], c.Device["osVersion"]
	if c.Software != nil {
		r.Software = []inventory.Software{}
	}
	for name, version := range c.Software {
		r.Software = append(r.Software, inventory.Software{Kind: "deb", Name: name, Version: version})
	}
	return r
}

func cases(tb testing.TB) []testCase {
	tb.Helper()
	var all []testCase
	for _, d := range load(tb).Definitions() {
		add := func(want string, list []inventory.Facts) {
			for _, facts := range list {
				facts = maps.Clone(facts)
				software := facts["software"]
				device := map[string]string{"osPlatform": d.Platforms[0]}
				maps.Copy(device, facts["device"])
				delete(facts, "software")
				delete(facts, "device")
				all = append(all, testCase{d.ID, want, facts, software, device})
			}
		}
		add("compliant", d.Cases.Compliant)
		add("nonCompliant", d.Cases.NonCompliant)
		add("notApplicable", d.Cases.NotApplicable)
		add("unknown", d.Cases.Silent)
	}
	return all
}

func load(tb testing.TB) *benchmark.Benchmark {
	tb.Helper()
	b, err := benchmark.Default()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func linux(facts inventory.Facts) *inventory.Report {
	return &inventory.Report{Device: inventory.Device{Name: "host", OSPlatform: "Linux"}, Facts: facts}
}

// said returns the word of testCase.Want for the result with an id.
func said(results []benchmark.Result, id string) string {
	i, found := slices.BinarySearchFunc(results, id, func(r benchmark.Result, id string) int {
		return cmp.Compare(r.Definition.ID, id)
	})
	switch {
	case !found:
		return "unknown"
	case !results[i].Applicable:
		return "notApplicable"
	case !results[i].Compliant:
		return "nonCompliant"
	}
	return "compliant"
}

func TestCases(t *testing.T) {
	b := load(t)
	for _, c := range cases(t) {
		results, _ := b.Evaluate(c.report())
		if got := said(results, c.ID); got != c.Want {
			t.Errorf("%s of %v: %s, want %s", c.ID, c.Facts, got, c.Want)
		}
	}
}

// Try is what "muster benchmark test" and a server with checks of its own do.
func TestTry(t *testing.T) {
	cases, wrong, err := load(t).Try(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range wrong {
		t.Error(f)
	}
	if cases < 400 {
		t.Errorf("only %d cases were tried", cases)
	}
}

// A check without one of its families says nothing, whatever the others contain.
func TestFamilyNotAskedFor(t *testing.T) {
	b := load(t)
	definitions := map[string]*benchmark.Definition{}
	for _, d := range b.Definitions() {
		definitions[d.ID] = d
	}
	for _, c := range cases(t) {
		for _, family := range definitions[c.ID].Facts {
			if family == "software" || family == "device" {
				continue
			}
			facts := maps.Clone(c.Facts)
			delete(facts, family)
			for _, state := range benchmark.Stateful()[family] {
				delete(facts, state)
			}
			c.Facts = facts
			results, err := b.Evaluate(c.report())
			if got := said(results, c.ID); got != "unknown" || err != nil {
				t.Errorf("%s without %s: %s, %v", c.ID, family, got, err)
			}
		}
	}
}

func TestOtherPlatformsHaveNoResults(t *testing.T) {
	b := load(t)
	for _, platform := range []string{"", "Windows11", "macOS"} {
		r := linux(inventory.Facts{"sshd": {}, "sysctl": {}})
		r.Device.OSPlatform = platform
		if results, err := b.Evaluate(r); len(results) != 0 || err != nil {
			t.Errorf("%q: %d results, %v", platform, len(results), err)
		}
	}
}

func TestErrorStopsOneCheckOnly(t *testing.T) {
	b := load(t)
	good, err := b.Evaluate(linux(inventory.Facts{"sshd": {}}))
	if err != nil {
		t.Fatal(err)
	}
	bad, err := b.Evaluate(linux(inventory.Facts{"sshd": {"MaxAuthTries": "many"}}))
	if err == nil || !strings.Contains(err.Error(), `check "scid-900106"`) {
		t.Errorf("error %v does not name the check", err)
	}
	if len(bad) != len(good)-1 || said(bad, "scid-900106") != "unknown" {
		t.Errorf("%d results with one error, %d without", len(bad), len(good))
	}
	if _, again := b.Evaluate(linux(inventory.Facts{"sshd": {"MaxAuthTries": "many"}})); again == nil {
		t.Error("the error is gone at the second time")
	}
}

func TestCarriedResults(t *testing.T) {
	r := linux(inventory.Facts{"sshd": {"PermitRootLogin": "yes"}})
	r.Configurations = []inventory.Configuration{
		{ConfigurationID: "xccdf_b", Applicable: true, Compliant: false, Category: "Network", Impact: 40},
		{ConfigurationID: "xccdf_a", Name: "A", Applicable: false, Compliant: true, Category: "none"},
		{ConfigurationID: "scid-900101", Applicable: true, Compliant: true},
		{ConfigurationID: "xccdf_b", Applicable: true, Compliant: true, Category: "Network", Impact: 40},
	}
	results, err := load(t).Evaluate(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(results, "scid-900101"); got != "compliant" {
		t.Errorf("the carried result does not hold: %s", got)
	}
	if got := said(results, "scid-900103"); got != "compliant" {
		t.Errorf("our own results are gone: %s", got)
	}
	got := results[len(results)-2:]
	want := []benchmark.Result{
		{Definition: &benchmark.Definition{ID: "xccdf_a", Name: "A", Category: "Security controls", Impact: 5}},
		{Definition: &benchmark.Definition{ID: "xccdf_b", Name: "xccdf_b", Category: "Network", Impact: 10},
			Applicable: true, Compliant: true},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	i := slices.IndexFunc(results, func(r benchmark.Result) bool { return r.Definition.ID == "scid-900101" })
	if d := results[i].Definition; d.Name != "Disable root login over SSH" || d.Impact != 8 {
		t.Errorf("the carried result lost the check's name and impact: %+v", d)
	}
}

// Results are in order of id, each id once, and the same with and without the cache.
func TestEvaluateLaws(t *testing.T) {
	shared := load(t)
	all := cases(t)
	rapid.Check(t, func(t *rapid.T) {
		r := linux(inventory.Facts{})
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 20).Draw(t, "facts") {
			maps.Copy(r.Facts, c.Facts)
		}
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "carried") {
			r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: c.ID, Applicable: true})
		}
		first, _ := shared.Evaluate(r)
		if !slices.IsSortedFunc(first, func(a, b benchmark.Result) int {
			return cmp.Or(cmp.Compare(a.Definition.ID, b.Definition.ID), 1)
		}) {
			t.Fatal("results are not in order or not unique")
		}
		second, _ := shared.Evaluate(r)
		if diff := gocmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRememberedEqualsFresh(t *testing.T) {
	shared := load(t)
	for _, c := range cases(t)[:12] {
		want, wantErr := load(t).Evaluate(linux(c.Facts))
		got, gotErr := shared.Evaluate(linux(c.Facts))
		if diff := gocmp.Diff(want, got); diff != "" || (wantErr == nil) != (gotErr == nil) {
			t.Errorf("%v: %s %v %v", c.Facts, diff, wantErr, gotErr)
		}
	}
}

func TestHostileFacts(t *testing.T) {
	b := load(t)
	huge := strings.Repeat("aes256-cbc,", 6000)
	crowd := map[string]string{}
	for i := range 3000 {
		crowd["s"+strings.Repeat("x", i%50)+string(rune('a'+i%26))+" auth pam_unix.so"] = huge[:i%100]
	}
	for _, value := range []string{"", huge, "\x00\xff\xfe", "-", "99999999999999999999", "1e9",
		strings.Repeat("9m", 30000), "'\"$(reboot)"} {
		facts := inventory.Facts{"pam": crowd, "nonsense": {"a": "b"}, "device": {"osPlatform": value}}
		for _, c := range cases(t) {
			for family, values := range c.Facts {
				if facts[family] == nil {
					facts[family] = map[string]string{}
				}
				for key := range values {
					facts[family][key] = value
				}
			}
		}
		results, _ := b.Evaluate(linux(facts))
		if len(results) == 0 {
			t.Errorf("no check survives the value %.20q", value)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	b := load(t)
	all := cases(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, c := range all {
				results, _ := b.Evaluate(c.report())
				if got := said(results, c.ID); got != c.Want {
					t.Errorf("%s of %v: %s, want %s", c.ID, c.Facts, got, c.Want)
				}
			}
		})
	}
	wg.Wait()
}

// thisMachine collects the facts of the machine that runs the test.
func thisMachine(tb testing.TB) *inventory.Report {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("facts are collected on Linux only")
	}
	r, _, err := collect.Collect(tb.Context(), collect.Config{Now: time.Unix(1764000000, 0)})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestThisMachine(t *testing.T) {
	r := thisMachine(t)
	results, err := load(t).Evaluate(r)
	if err != nil {
		t.Error(err)
	}
	if got := said(results, "scid-900501"); got == "unknown" {
		t.Error("nothing is said of /etc/passwd")
	}
	for _, r := range results {
		t.Logf("%s %-13s %s", r.Definition.ID, said(results, r.Definition.ID), r.Definition.Name)
	}
}
