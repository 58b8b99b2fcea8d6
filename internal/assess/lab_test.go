package assess_test

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	feedtable "github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// noon is the time of the generation in most tests.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// build makes a catalog from records.
func build(t testing.TB, records ...intel.Record) *catalog.Catalog {
	t.Helper()
	b := feedtable.NewBuilder("test")
	for _, r := range records {
		b.Add(r)
	}
	feed, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Merge(catalog.Config{}, []catalog.Source{{Name: "test", Table: feed}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// affects makes a record of a CVE in a product below a version; a negative score means none.
func affects(cve, vendor, product, below string, score float64) intel.Record {
	facts := intel.CVE{ID: cve}
	if score >= 0 {
		facts.Scores = []intel.Score{{Version: "3.1", Base: score, By: intel.ByNVD}}
	}
	return intel.Record{Source: cve, CVE: &facts, Affected: []intel.Affected{{
		CVE: cve, Part: "a", Vendor: vendor, Product: product, By: intel.ByNVD, Versions: []intel.Range{{High: below}},
	}}}
}

// known are the records of most tests' catalog.
func known() []intel.Record {
	return []intel.Record{
		affects("CVE-2024-0001", "google", "chrome", "100", 9.8),
		affects("CVE-2024-0002", "google", "chrome", "120", 7.5),
		affects("CVE-2024-0003", "google", "chrome", "120", 5.3),
		affects("CVE-2024-0004", "google", "chrome", "120", 3.1),
		affects("CVE-2024-0005", "google", "chrome", "120", 0),
		affects("CVE-2024-0006", "google", "chrome", "120", -1),
		affects("CVE-2024-0007", "7-zip", "7-zip", "24.07", 7.8),
	}
}

// checks are compiled once.
var checks = sync.OnceValues(benchmark.Default)

func newAssessor(t testing.TB, c *catalog.Catalog, change ...func(*assess.Settings)) *assess.Assessor {
	return assessorAt(t, c, noon, change...)
}

func assessorAt(t testing.TB, c *catalog.Catalog, now time.Time, change ...func(*assess.Settings)) *assess.Assessor {
	t.Helper()
	b, err := checks()
	if err != nil {
		t.Fatal(err)
	}
	settings := assess.DefaultSettings()
	for _, set := range change {
		set(&settings)
	}
	return assess.New(c, b, settings, now)
}

// installed makes a Windows device's entry of a software; disk paths may follow the version.
func installed(vendor, name, version string, diskPaths ...string) inventory.Software {
	return inventory.Software{Kind: "windows", Vendor: vendor, Name: name, Version: version, DiskPaths: diskPaths}
}

func chrome(version string, diskPaths ...string) inventory.Software {
	return installed("Google LLC", "Google Chrome", version, diskPaths...)
}

// host is the device of all tests, without a system version.
func host(software ...inventory.Software) *inventory.Report {
	return &inventory.Report{Device: inventory.Device{Name: "host.example.com", OSPlatform: "Windows11"},
		Software: software}
}

// input is the input for the device of a report.
func input(r *inventory.Report, old *assess.Rows) assess.Input {
	return assess.Input{
		Device: row.Device{ID: "0123456789012345678901234567890123456789", Name: r.Device.Name,
			OSPlatform: r.Device.OSPlatform, OSVersion: r.Device.OSVersion, OSArchitecture: "x64",
			GroupName: defender.GroupNone},
		Report: r, LastSeen: noon, Old: old,
	}
}

// device assesses a device without a history.
func device(t testing.TB, a *assess.Assessor, r *inventory.Report) *assess.Output {
	t.Helper()
	out := new(assess.Output)
	if err := a.Device(input(r, nil), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// decode decodes rows as a client does.
func decode[Asset any](t testing.TB, rows []byte) []Asset {
	t.Helper()
	var all []Asset
	for _, line := range bytes.Split(bytes.TrimSuffix(rows, []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var a Asset
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, a)
	}
	return all
}

func inventoryOf(t testing.TB, out *assess.Output) []defender.AssetSoftware {
	t.Helper()
	return decode[defender.AssetSoftware](t, out.Rows[defender.Software])
}

func vulnerabilitiesOf(t testing.TB, out *assess.Output) []defender.AssetVulnerability {
	t.Helper()
	return decode[defender.AssetVulnerability](t, out.Rows[defender.Vulnerabilities])
}
