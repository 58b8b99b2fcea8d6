package coverage_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/intel/table"
)

// compile makes a feed's table.
func compile(t testing.TB, kind intel.Kind, records []intel.Record) *table.Table {
	t.Helper()
	b := table.NewBuilder("test")
	b.Kind = kind
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// describe says what a feed of records holds.
func describe(t testing.TB, kind intel.Kind, records []intel.Record) coverage.Feed {
	t.Helper()
	return coverage.Describe("test", compile(t, kind, records))
}

// advisories makes n advisories; of each hundred, some are about one CVE.
func advisories(n, issues int, ecosystems ...string) []intel.Record {
	records := make([]intel.Record, n)
	for i := range records {
		r := &records[i]
		r.Source = fmt.Sprint("A-", i)
		if i%100 < issues {
			r.Source = fmt.Sprint("X-CVE-2024-", i)
		}
		for _, name := range ecosystems {
			r.Packages = append(r.Packages, intel.Package{Ecosystem: name, Name: "p", Ranges: []intel.Range{{High: "1"}}})
		}
	}
	return records
}

// cves is a table with so many CVEs of each year.
func cves(kind intel.Kind, newest time.Time, years map[int]int) *table.Table {
	made := &table.Table{Extent: table.Extent{Kind: kind, Newest: uint64(newest.Unix())}}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		made.Records += years[year]
		made.Extent.Years = append(made.Extent.Years, uint32(year))
		made.Extent.CVEs = append(made.Extent.CVEs, uint32(years[year]))
	}
	return made
}

// plenty is more than was published in any year.
const plenty = 50_000

// TestSampleIsAPart: each feed of the embedded sample says which part it is.
func TestSampleIsAPart(t *testing.T) {
	for _, f := range sample.Feeds() {
		parser, err := feeds.New(f.Kind, feeds.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var records []intel.Record
		for r, err := range parser.Parse(t.Context(), f.Files) {
			if _, odd := errors.AsType[*intel.RecordError](err); odd {
				continue // a part of a real record, beside the rest
			}
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		}
		if got := describe(t, f.Kind, records); !strings.Contains(got.Part, " of about ") {
			t.Errorf("%s: %q", f.Name, got.Part)
		}
	}
}

func TestPartsOfEcosystems(t *testing.T) {
	for _, test := range []struct {
		what    string
		records []intel.Record
		want    string
	}{
		{"all", advisories(1400, 0, "RubyGems"), ""},
		{"a sample", advisories(37, 0, "RubyGems"), "RubyGems: 37 of about 1,800 advisories"},
		{"of a small one", advisories(20, 0, "Hex"), "Hex: 20 of about 45 advisories"},
		{"a release of its own size", advisories(400, 0, "AlmaLinux:10"), ""},
		{"a part of it", advisories(214, 0, "AlmaLinux:9"), "AlmaLinux:9: 214 of about 1,800 advisories"},
		{"a release", advisories(250, 0, "Alpine:v3.20"), ""},
		{"a part of one", advisories(100, 0, "Alpine:v3.20"),
			"Alpine:v3.20: 100 of about 3,900 advisories of all releases"},
		{"with what is not fixed", advisories(3000, 90, "Debian:12"), ""},
		{"without", advisories(3000, 3, "Debian:12"), "Debian:12: advisories only, and no records of CVEs without a fix"},
		{"all releases, one of which is old", append(advisories(2500, 0, "Alpine:v3.20"), advisories(20, 0, "Alpine:v3.2")...),
			""},
		{"another release beside it", append(advisories(1800, 0, "AlmaLinux:9"), advisories(30, 0, "AlmaLinux:8")...), ""},
		{"an ecosystem of unknown size", advisories(1, 0, "opam"), ""},
	} {
		if got := describe(t, intel.OSV, test.records); got.Part != test.want {
			t.Errorf("%s: %q, want %q", test.what, got.Part, test.want)
		}
	}
}

func TestPartsOfCVEs(t *testing.T) {
	between := func(first, last int, but ...int) map[int]int {
		years := map[int]int{}
		for year := first; year <= last; year++ {
			if !slices.Contains(but, year) {
				years[year] = plenty
			}
		}
		return years
	}
	begun := between(1999, 2025)
	begun[2026] = 10
	for _, test := range []struct {
		what   string
		newest int
		years  map[int]int
		want   string
	}{
		{"all of them, and some of the year that goes on", 2026, begun, ""},
		{"all of them, a year later", 2027, begun, "CVE records of 1999 to 2025 only"},
		{"and with that year", 2027, between(1999, 2026), ""},
		{"years that are not known yet", 2030, between(1999, 2030), ""},
		{"one year", 2025, between(2024, 2024), "CVE records of 2024 only"},
		{"some years", 2026, between(2020, 2024, 2023), "CVE records of 2020 to 2022, 2024 only"},
		{"all but one", 2026, between(1999, 2026, 2003), "CVE records of 1999 to 2002, 2004 to 2026 only"},
		{"until long ago", 2019, between(1999, 2019), "CVE records of 1999 to 2019 only"},
		{"a few", 2026, map[int]int{2024: 1000}, "1,000 of about 360,000 CVE records"},
		{"one", 1999, map[int]int{1999: 1}, "1 of about 360,000 CVE records"},
		{"none", 2026, nil, "0 of about 360,000 CVE records"},
	} {
		newest := time.Date(test.newest, 3, 1, 0, 0, 0, 0, time.UTC)
		if got := coverage.Describe("test", cves(intel.CVE5, newest, test.years)); got.Part != test.want {
			t.Errorf("%s: %q, want %q", test.what, got.Part, test.want)
		}
	}
}

// TestFeedsTogether: the years of several feeds add up, but a year is not made of two halves.
func TestFeedsTogether(t *testing.T) {
	newest := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		whole := map[int]bool{}
		var list []coverage.Feed
		for range rapid.IntRange(1, 4).Draw(rt, "feeds") {
			years := map[int]int{}
			for year := 1999; year <= 2025; year++ {
				years[year] = rapid.SampledFrom([]int{500, plenty, plenty, plenty}).Draw(rt, "cves")
				whole[year] = whole[year] || years[year] == plenty
			}
			list = append(list, coverage.Describe("test", cves(intel.NVD, newest, years)))
		}
		all := true
		for year := 1999; year <= 2025; year++ {
			all = all && whole[year]
		}
		if got := coverage.PartOfCVEs(list...); all != (got == "") {
			rt.Fatalf("%v: %q", whole, got)
		}
	})
}

// TestTotalDecides: where the publisher's total is in the file, less than it is a part.
func TestTotalDecides(t *testing.T) {
	entry := intel.Record{CVE: &intel.CVE{ID: "CVE-2024-0001"}}
	for _, test := range []struct {
		kind        intel.Kind
		held, total int
		want        string
	}{
		{intel.KEV, 1404, 1404, ""}, {intel.KEV, 1404, 0, ""},
		{intel.KEV, 78, 78, "78 of about 1,400 entries"},
		{intel.KEV, 1404, 1500, "1,404 of about 1,500 records that its publisher lists"},
		{intel.KEV, 1404, 2000, "1,404 of about 2,000 entries"},
		{intel.MSRC, 12_000, 0, ""}, {intel.MSRC, 83, 0, "83 of about 12,000 CVEs"},
		{intel.EOL, 464, 464, ""}, {intel.EOL, 29, 29, "29 of about 460 products"},
	} {
		records := make([]intel.Record, test.held)
		for i := range records {
			records[i] = entry
			records[i].Listing = &intel.Listing{}
		}
		records[0].Listing = &intel.Listing{Total: test.total}
		if got := describe(t, test.kind, records); got.Part != test.want {
			t.Errorf("%s, %d of %d: %q", test.kind, test.held, test.total, got.Part)
		}
	}
}
