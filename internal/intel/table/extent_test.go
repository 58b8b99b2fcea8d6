package table_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/table"
)

// compile makes a table of records and reads it back from its file.
func compile(t testing.TB, kind intel.Kind, records ...intel.Record) *table.Table {
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
	var file bytes.Buffer
	if err := made.WriteFile(&file); err != nil {
		t.Fatal(err)
	}
	read, err := table.Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.Extent, read.Extent, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the file has another extent (-made +read):\n%s", diff)
	}
	return read
}

// row is what a table holds of an ecosystem.
type row struct{ Records, Issues, Usable, First, Last uint32 }

func rows(t *table.Table) map[string]row {
	e, list := &t.Extent.Ecosystems, map[string]row{}
	for i, name := range e.Name {
		list[t.Texts.Text(name)] = row{e.Records[i], e.Issues[i], e.Usable[i], e.First[i], e.Last[i]}
	}
	return list
}

func advisory(id string, year int, ecosystems ...string) intel.Record {
	r := intel.Record{Source: id, Published: time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC)}
	for _, e := range ecosystems {
		r.Packages = append(r.Packages, intel.Package{Ecosystem: e, Name: "p", Ranges: []intel.Range{{High: "1"}}})
	}
	return r
}

func TestExtentOfAdvisories(t *testing.T) {
	commits := advisory("GHSA-1", 2020, "npm")
	commits.Packages[0].Ranges = nil
	got := rows(compile(t, intel.OSV,
		advisory("DSA-1-1", 2023, "Debian:12", "Debian:12", "Debian:11"),
		advisory("DEBIAN-CVE-2024-0001", 2024, "Debian:12"),
		commits))
	want := map[string]row{
		"Debian":    {Records: 2, Issues: 1, Usable: 2, First: 2023, Last: 2024},
		"Debian:11": {Records: 1, Usable: 1, First: 2023, Last: 2023},
		"Debian:12": {Records: 2, Issues: 1, Usable: 2, First: 2023, Last: 2024},
		"npm":       {Records: 1, First: 2020, Last: 2020},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFewDatesSayNothing: the repository of Go's advisories has dates in its oldest ones alone.
func TestFewDatesSayNothing(t *testing.T) {
	dated, undated := advisory("GO-1", 2022, "Go"), advisory("GO-2", 2022, "Go")
	undated.Published = time.Time{}
	if got := compile(t, intel.OSV, dated, undated).Extent.Newest; table.Time(got).Year() != 2022 {
		t.Errorf("half of the records have a date, and the newest is %v", table.Time(got))
	}
	if got := compile(t, intel.OSV, dated, undated, undated).Extent.Newest; got != table.Unknown {
		t.Errorf("one of three has a date, and the newest is %v", table.Time(got))
	}
}

func TestExtentOfCVEs(t *testing.T) {
	cve := func(id string, rejected bool) intel.Record {
		return intel.Record{Source: id, CVE: &intel.CVE{ID: id, Rejected: rejected}}
	}
	override := intel.Record{Source: "CVE-2023-0009", Affected: []intel.Affected{{CVE: "CVE-2023-0009", Part: "a",
		Vendor: "acme", Product: "rocket", By: intel.ByOther, Versions: []intel.Range{{High: "2"}}}}}
	e := compile(t, intel.NVD, cve("CVE-2024-0001", false), cve("CVE-2024-0001", false), cve("CVE-2024-0002", true),
		cve("CVE-1999-0001", false), override).Extent
	years, cves := []uint32{1999, 2023, 2024}, []uint32{1, 1, 1}
	if !slices.Equal(e.Years, years) || !slices.Equal(e.CVEs, cves) || e.Kind != intel.NVD {
		t.Errorf("%+v", e)
	}
}

// TestListed: pages of one query share their total, complete files add theirs.
func TestListed(t *testing.T) {
	file, other := &intel.Listing{Total: 3, Here: 3}, &intel.Listing{Total: 1404}
	page, next := &intel.Listing{Total: 90, Here: 20}, &intel.Listing{Total: 91, Here: 20}
	for _, test := range []struct {
		listings []*intel.Listing
		want     int
	}{
		{nil, 0}, {[]*intel.Listing{file, file, file}, 3}, {[]*intel.Listing{file, other}, 1407},
		{[]*intel.Listing{page, page, next}, 91}, {[]*intel.Listing{{}}, 0},
	} {
		var records []intel.Record
		for i, l := range test.listings {
			records = append(records, intel.Record{Source: fmt.Sprint(i), Listing: l})
		}
		if got := compile(t, intel.NVD, records...).Extent.Listed; got != test.want {
			t.Errorf("%+v: %d, want %d", test.listings, got, test.want)
		}
	}
}

// TestExtentIsThatOfRecords compares extents with a count by hand, in any order of records.
func TestExtentIsThatOfRecords(t *testing.T) {
	names := []string{"Debian:11", "Debian:12", "npm", "Alpine:v3.20"}
	rapid.Check(t, func(rt *rapid.T) {
		var records []intel.Record
		want, newest := map[string]uint32{}, time.Time{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "records") {
			r := advisory(fmt.Sprint("A-", i), rapid.IntRange(2000, 2030).Draw(rt, "year"),
				rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(rt, "ecosystems")...)
			r.Modified = r.Published.Add(time.Duration(rapid.IntRange(-9, 9).Draw(rt, "hours")) * time.Hour)
			for _, name := range names {
				if slices.ContainsFunc(r.Packages, func(p intel.Package) bool { return p.Ecosystem == name }) {
					want[name]++
				}
			}
			if changed := slices.MaxFunc([]time.Time{r.Published, r.Modified}, time.Time.Compare); changed.After(newest) {
				newest = changed
			}
			records = append(records, r)
		}
		made := compile(t, intel.OSV, rapid.Permutation(records).Draw(rt, "order")...)
		got := map[string]uint32{}
		for name, r := range rows(made) {
			if name != "Debian" && name != "Alpine" {
				got[name] = r.Records
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || !table.Time(made.Extent.Newest).Equal(newest) {
			rt.Fatalf("newest %v, want %v; %s", table.Time(made.Extent.Newest), newest, diff)
		}
	})
}
