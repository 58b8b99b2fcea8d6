package update_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/update"
)

const product, other = "Windows Server 2012 R2", "Windows Server 2012"

// bookOf makes a book of records.
func bookOf(t testing.TB, records []intel.Record) *update.Book {
	t.Helper()
	b := table.NewBuilder("test")
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return update.NewBook([]update.Feed{{Name: "test", Table: made, CVE: func(row uint32) (uint32, bool) { return row, true }}})
}

func nothing() map[uint32]int { return nil }

// statuses judges a device by each CVE's number.
func statuses(b *update.Branch, d update.Device) map[uint32]update.Status {
	all := map[uint32]update.Status{}
	b.State(d).Each(func(uint32) bool { return false }, func(j update.Judged) { all[j.CVE] = j.Status })
	return all
}

// chains draws updates of two products that replace each other, with CVEs.
func chains(rt *rapid.T) []intel.Record {
	n := rapid.IntRange(1, 14).Draw(rt, "updates")
	large := rapid.Bool().Draw(rt, "large") // as many CVEs as cumulative updates have
	var records []intel.Record
	for i := range n {
		name := rapid.SampledFrom([]string{product, product, other, "Windows Server 2019"}).Draw(rt, "product")
		u := intel.Update{Product: name, ID: fmt.Sprint(5000000 + i),
			Published: time.Date(2020, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)}
		for _, older := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 2).Draw(rt, "older") {
			if older != i {
				u.Supersedes = append(u.Supersedes, fmt.Sprint(5000000+older))
			}
		}
		count := rapid.IntRange(1, 3).Draw(rt, "CVEs")
		if large {
			count += 10
		}
		for k := range count {
			u.CVE = fmt.Sprintf("CVE-2020-%04d", rapid.IntRange(0, 20).Draw(rt, "CVE")+k)
			records = append(records, intel.Record{Source: u.CVE, Updates: []intel.Update{u}})
		}
	}
	return records
}

func releases() []update.Release {
	return []update.Release{{Name: "windows_server_2012_r2", Build: 9600}, {Name: "windows_server_2019", Build: 17763}}
}

func drawList(rt *rapid.T, label string) []string {
	return rapid.SliceOfDistinct(rapid.Map(rapid.IntRange(0, 15), func(i int) string { return fmt.Sprint(5000000 + i) }),
		func(id string) string { return id }).Draw(rt, label)
}

// TestInstallingMoreAddsNothing: a device with more updates has no CVE that one with fewer is known not to have.
func TestInstallingMoreAddsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		book, fewer := bookOf(t, chains(rt)), drawList(rt, "fewer")
		more := append(slices.Clone(fewer), drawList(rt, "more")...)
		for _, release := range releases() {
			b := book.Branch(release, nothing)
			if b == nil {
				continue
			}
			before := statuses(b, update.Device{Listed: true, Hotfixes: fewer})
			after := statuses(b, update.Device{Listed: true, Hotfixes: more})
			for cve, status := range before {
				if status == update.Installed && after[cve] != update.Installed ||
					status == update.Missing && after[cve] == update.Unknown {
					rt.Fatalf("%s: CVE %d is %v with %q, %v with %q", release.Name, cve, status, fewer, after[cve], more)
				}
			}
		}
	})
}

// TestOrderOfRecords: the order of records, and that of a list, decide nothing.
func TestOrderOfRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records, list := chains(rt), drawList(rt, "list")
		shuffled, turned := rapid.Permutation(records).Draw(rt, "records"), rapid.Permutation(list).Draw(rt, "order")
		one, two := bookOf(t, records), bookOf(t, shuffled)
		for _, release := range releases() {
			b, c := one.Branch(release, nothing), two.Branch(release, nothing)
			if b == nil {
				continue
			}
			var judged, again []update.Judged
			into := func(all *[]update.Judged) func(update.Judged) {
				return func(j update.Judged) { *all = append(*all, j) }
			}
			b.State(update.Device{Listed: true, Hotfixes: list}).Each(never, into(&judged))
			c.State(update.Device{Listed: true, Hotfixes: turned}).Each(never, into(&again))
			if !slices.Equal(judged, again) {
				rt.Fatalf("%v and %v", judged, again)
			}
		}
	})
}

func never(uint32) bool { return false }

// TestOtherProducts: what is said of another product fixes nothing.
func TestOtherProducts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records, list := chains(rt), drawList(rt, "list")
		var own []intel.Record
		for _, r := range records {
			if r.Updates[0].Product == product {
				own = append(own, r)
			}
		}
		if len(own) == 0 {
			return
		}
		release, d := releases()[0], update.Device{Listed: true, Hotfixes: list}
		all, alone := map[string]update.Status{}, map[string]update.Status{}
		for i, of := range [][]intel.Record{records, own} {
			into := []map[string]update.Status{all, alone}[i]
			names := namesOf(t, of)
			for number, status := range statuses(bookOf(t, of).Branch(release, nothing), d) {
				into[names[number]] = status
			}
		}
		if fmt.Sprint(all) != fmt.Sprint(alone) {
			rt.Fatalf("%v with other products, %v without", all, alone)
		}
	})
}

// namesOf lists the CVEs of records by number.
func namesOf(t testing.TB, records []intel.Record) (names []string) {
	for _, r := range records {
		names = append(names, r.Updates[0].CVE)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestReduce: a list and what decides of it give the same answers.
func TestReduce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		book, list := bookOf(t, chains(rt)), drawList(rt, "list")
		revision := rapid.IntRange(0, 3).Draw(rt, "revision")
		for _, release := range releases() {
			b := book.Branch(release, func() map[uint32]int { return map[uint32]int{1: 1, 2: 2, 3: 2} })
			if b == nil {
				continue
			}
			reduced := update.DeviceOf("", b.Reduce(update.List(withKB(list)))).Hotfixes
			one := statuses(b, update.Device{Revision: revision, Listed: true, Hotfixes: list})
			two := statuses(b, update.Device{Revision: revision, Listed: true, Hotfixes: reduced})
			if fmt.Sprint(one) != fmt.Sprint(two) {
				rt.Fatalf("%q: %v; %q: %v", list, one, reduced, two)
			}
		}
	})
}

func withKB(list []string) []string {
	named := []string{}
	for _, id := range list {
		named = append(named, "KB"+id)
	}
	return named
}

// TestList: a report without a list differs from one with an empty list.
func TestList(t *testing.T) {
	for _, test := range []struct {
		hotfixes []string
		want     string
	}{
		{nil, ""}, {[]string{}, "-"}, {[]string{"KB2", "KB1", "KB1"}, "1 2"}, {[]string{"Q1", "KB", "KB1x", "File 1"}, ""}, {[]string{"Q1", "KB7"}, "7"}, {[]string{"KB1234567890123", "KB123456789012"}, "123456789012"},
	} {
		if got := update.List(test.hotfixes); got != test.want {
			t.Errorf("%q: %q, want %q", test.hotfixes, got, test.want)
		}
		if d := update.DeviceOf("10.0.22631.7", test.want); d.Listed != (test.want != "") || d.Revision != 7 || d.Build != "10.0.22631" {
			t.Errorf("%q: %+v", test.want, d)
		}
	}
}
