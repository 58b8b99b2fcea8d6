package assess_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/row/rowtest"
)

// words are hard cases for ordering, joining and encoding names.
var words = []string{"", "a", "A", "a b", "a_b", "ab", "a\"b", "a\\b", "a\u2028b", "a\u0001b", "a<b", "ä", "\xff",
	"a\xff", "a/b", "a:b", "é", "e\u0301", "日本"}

// drawSoftware draws an entry: one of the known products, or random words.
func drawSoftware(t *rapid.T) inventory.Software {
	word := rapid.SampledFrom(words)
	s := rapid.SampledFrom([]inventory.Software{
		chrome(""), installed("google", "chrome", ""), installed("Igor Pavlov", "7-Zip", ""),
		{Kind: "generic", CPE: "cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*", Name: "x"},
		{Kind: "pypi", Name: "requests"}, {Kind: "deb", Name: "openssl"},
		{Kind: "windows", Vendor: word.Draw(t, "vendor"), Name: word.Draw(t, "name")},
		{Kind: "generic", Vendor: word.Draw(t, "vendor"), Name: word.Draw(t, "name")},
	}).Draw(t, "software")
	s.Version = rapid.SampledFrom([]string{"1", "1.0", "1.0.0.0", "22.01", "110.0", "110.0.0.0", "", "a\"",
		"\xff"}).Draw(t, "version")
	s.DiskPaths = rapid.SliceOfNDistinct(word, 0, 3, rapid.ID).Draw(t, "disk")
	s.RegistryPaths = rapid.SliceOfNDistinct(word, 0, 3, rapid.ID).Draw(t, "registry")
	slices.Sort(s.DiskPaths)
	slices.Sort(s.RegistryPaths)
	return s
}

// withoutMade leaves out what rows were made from: other pieces for each assessor.
var withoutMade = cmpopts.IgnoreFields(assess.Output{}, "Made")

// TestDeviceLaws: rows are in strict order of their keys, scan as rows of their dataset, and are
// the same bytes whatever the order of the report and the history of the Assessor.
func TestDeviceLaws(t *testing.T) {
	c := build(t, known()...)
	used := newAssessor(t, c)
	rapid.Check(t, func(rt *rapid.T) {
		r := host(rapid.SliceOfN(rapid.Custom(drawSoftware), 0, 12).Draw(rt, "software")...)
		r.Device.OSVersion = rapid.SampledFrom([]string{"", "10.0.22631.1"}).Draw(rt, "build")
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(words), rapid.ID).Draw(rt, "configurations") {
			r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: id, Applicable: true})
		}
		want := device(t, newAssessor(t, c), r)
		checkOrder(rt, &want.Rows)
		checkComponents(rt, used, want.Components)
		if diff := cmp.Diff(want, device(t, used, r), withoutMade); diff != "" {
			rt.Fatalf("an Assessor that was used before (-new +used):\n%s", diff)
		}
		shuffled := *r
		shuffled.Software = slices.Clone(r.Software)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		random.Shuffle(len(shuffled.Software), func(i, j int) {
			shuffled.Software[i], shuffled.Software[j] = shuffled.Software[j], shuffled.Software[i]
		})
		if diff := cmp.Diff(want, device(t, used, &shuffled), withoutMade); diff != "" {
			rt.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}

// checkOrder scans rows and compares neighbours.
func checkOrder(t *rapid.T, rows *assess.Rows) {
	for d := range defender.Dataset(defender.DatasetCount) {
		var scanned, last row.Row
		for i, rest := 0, rows[d]; len(rest) > 0; i++ {
			var err error
			if rest, err = row.ShapeOf(d, false).Scan(&scanned, rest); err != nil {
				t.Fatalf("%s: %v", d, err)
			}
			if i > 0 && row.CompareKeys(&last, &scanned) >= 0 {
				t.Fatalf("%s: rows out of order:\n%s%s", d, last.Line(), scanned.Line())
			}
			last, scanned = scanned, last
		}
	}
}

// checkComponents checks that a component is listed once, and that its key leads back to its
// verdict.
func checkComponents(t *rapid.T, a *assess.Assessor, components []assess.Component) {
	seen := map[string]bool{}
	for _, r := range components {
		if seen[r.Key] {
			t.Fatalf("component %q is listed twice", r.Key)
		}
		seen[r.Key] = true
		component, err := assess.ParseComponentKey(r.Key)
		if err != nil || assess.ComponentKey(component) != r.Key {
			t.Fatalf("component %q is read back as %+v, %v", r.Key, component, err)
		}
		if got, err := a.Fingerprint(r.Key); err != nil || got != r.Fingerprint {
			t.Fatalf("component %q: fingerprint %x, %v; want %x", r.Key, got, err, r.Fingerprint)
		}
	}
}

func TestParseComponentKeyRefuses(t *testing.T) {
	a := newAssessor(t, build(t))
	for _, key := range []string{"", "chrome", "\x00\x00", assess.ComponentKey(catalog.Component{Name: "a\x00b"})} {
		if _, err := a.Fingerprint(key); err == nil {
			t.Errorf("%q: no error", key)
		}
	}
}

// TestDiffLaw: the old rows with the delta applied are the new rows, except for last-seen times
// (design.md, law 1).
func TestDiffLaw(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	var differ assess.Differ
	var delta assess.Delta
	event := row.NewTimestamp(noon)
	rapid.Check(t, func(rt *rapid.T) {
		var sides [2]*assess.Rows
		for i := range sides {
			if sides[i] = drawRows(t, rt, a, i); rapid.IntRange(0, 9).Draw(rt, "absent") == 0 {
				sides[i] = nil
			}
		}
		if err := differ.Diff(sides[0], sides[1], event, &delta); err != nil {
			rt.Fatal(err)
		}
		for d := range defender.Dataset(defender.DatasetCount) {
			old, changes, want := tableOf(t, sides[0], d), tableOf(t, &delta.Rows, d), tableOf(t, sides[1], d)
			got, counts := old.apply(rt, changes, event.String())
			if diff := cmp.Diff(want.withoutLastSeen(), got.withoutLastSeen()); diff != "" {
				rt.Fatalf("%s: old + delta is not new (-want +got):\n%s", d, diff)
			}
			if counts != delta.Changes[d] {
				rt.Fatalf("%s: delta counts %+v, has %+v", d, delta.Changes[d], counts)
			}
			checkDeltaOrder(rt, d, delta.Rows[d])
		}
	})
}

// Each subtest is named by a sentence of doc/contract.md, section 8. Rows of an earlier row.Version give
// the same delta as those of the present one.
func TestFormIsNoChange(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	var differ assess.Differ
	event := row.NewTimestamp(noon)
	diff := func(t *rapid.T, old, now *assess.Rows) (delta assess.Delta) {
		if err := differ.Diff(old, now, event, &delta); err != nil {
			t.Fatal(err)
		}
		return delta
	}
	t.Run("So a change of form alone is no change", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			now := drawRows(t, rt, a, 0)
			if delta := diff(rt, earlierForm(rt, now), now); delta.Changes != (assess.Delta{}).Changes {
				rt.Fatalf("changes of rows that differ in form: %+v\n%s", delta.Changes, delta.Rows)
			}
		})
	})
	t.Run("Rows are compared by value: times by what rows show of them, numbers as numbers", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			old, now := drawRows(t, rt, a, 0), drawRows(t, rt, a, 1)
			if diff := cmp.Diff(diff(rt, old, now), diff(rt, earlierForm(rt, old), now), cmpopts.EquateEmpty()); diff != "" {
				rt.Fatalf("delta from rows of this version and of version 1 (-want +got):\n%s", diff)
			}
		})
	})
}

// earlierForm returns rows as version 1 of package row wrote them.
func earlierForm(t *rapid.T, rows *assess.Rows) *assess.Rows {
	var earlier assess.Rows
	for d := range rows {
		earlier[d] = rowtest.Earlier(t, row.ShapeOf(defender.Dataset(d), false), rows[d])
	}
	return &earlier
}

// drawRows assesses a random device, some of whose rows are equal from call to call.
func drawRows(t *testing.T, rt *rapid.T, a *assess.Assessor, day int) *assess.Rows {
	r := host(rapid.SliceOfN(rapid.Custom(drawSoftware), 0, 6).Draw(rt, "software")...)
	r.Software = append(r.Software, chrome("110.0"), installed("Acme", "Rocket", "1"))
	for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}),
		rapid.ID).Draw(rt, "configurations") {
		r.Configurations = append(r.Configurations, inventory.Configuration{
			ConfigurationID: id, Applicable: true, Compliant: rapid.Bool().Draw(rt, "compliant")})
	}
	in, out := input(r, nil), new(assess.Output)
	in.LastSeen = noon.AddDate(0, 0, day*rapid.IntRange(0, 1).Draw(rt, "later"))
	if err := a.Device(in, out); err != nil {
		t.Fatal(err)
	}
	return &out.Rows
}

func checkDeltaOrder(t *rapid.T, d defender.Dataset, rows []byte) {
	var scanned, last row.Row
	for i := 0; len(rows) > 0; i++ {
		var err error
		if rows, err = row.ShapeOf(d, true).Scan(&scanned, rows); err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		if i > 0 && row.CompareKeys(&last, &scanned) >= 0 {
			t.Fatalf("%s: delta out of order:\n%s%s", d, last.Line(), scanned.Line())
		}
		last, scanned = scanned, last
	}
}

// table has rows as a client sees them, by unique key. It is a separate implementation, so that
// the law is not checked by the code under test.
type table map[string]map[string]any

func tableOf(t *testing.T, rows *assess.Rows, d defender.Dataset) table {
	t.Helper()
	all := table{}
	if rows == nil {
		return all
	}
	for _, row := range decode[map[string]any](t, rows[d]) {
		key := fmt.Sprintf("%q", []any{row["SoftwareVendor"], row["SoftwareName"], row["SoftwareVersion"],
			row["CveId"], row["ConfigurationId"]})
		if all[key] != nil {
			t.Fatalf("%s: two rows have the key %s", d, key)
		}
		all[key] = row
	}
	return all
}

// apply returns the rows after a delta, and the number of changes by status.
func (old table) apply(t *rapid.T, delta table, event string) (table, counts.Changes) {
	now, sums := table{}, counts.Changes{}
	for key, row := range old {
		now[key] = row
	}
	for key, row := range delta {
		status := row["Status"]
		if row["EventTimestamp"] != event {
			t.Fatalf("row %s has event time %v", key, row["EventTimestamp"])
		}
		delete(row, "Status")
		delete(row, "EventTimestamp")
		was, said := row["PreviousIsCompliant"]
		delete(row, "PreviousIsCompliant")
		if before := old[key]; said != (status == "Updated" && before["IsCompliant"] != row["IsCompliant"]) ||
			said && was != before["IsCompliant"] {
			t.Fatalf("%v says that compliance was %v: %v, before it %v", status, was, row, before)
		}
		switch before := old[key]; {
		case status == "Fixed" && before != nil && cmp.Equal(before, row):
			sums.Fixed++
			delete(now, key)
		case status == "New" && before == nil:
			sums.New++
			now[key] = row
		case status == "Updated" && before != nil &&
			!cmp.Equal(table{key: before}.withoutLastSeen(), table{key: row}.withoutLastSeen()):
			sums.Updated++
			now[key] = row
		default:
			t.Fatalf("%v of %v, before it %v", status, row, before)
		}
	}
	return now, sums
}

// withoutLastSeen returns the rows without last-seen times, which are not changes.
func (old table) withoutLastSeen() table {
	bare := table{}
	for key, row := range old {
		bare[key] = map[string]any{}
		for name, value := range row {
			if name != "LastSeenTimestamp" && name != "SoftwareLastSeenTimestamp" && name != "Timestamp" {
				bare[key][name] = value
			}
		}
	}
	return bare
}

// TestDiffRefuses says that malformed old rows are an error. Only their ends and keys are checked:
// a hash has checked the rest.
func TestDiffRefuses(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	r := host(chrome("99.0"), chrome("130.0"), installed("Acme", "Rocket", "1"))
	r.Configurations = []inventory.Configuration{{ConfigurationID: "a", Applicable: true}}
	good := device(t, a, r).Rows
	var differ assess.Differ
	var delta assess.Delta
	for d := range defender.Dataset(defender.DatasetCount) {
		scanned, _ := row.Line(good[d])
		for _, malformed := range []string{"\n", "x\n", "{}\n", string(scanned[:len(scanned)/4]) + "}\n",
			string(scanned[:len(scanned)/2]) + "\n"} {
			for _, now := range []*assess.Rows{nil, &good} {
				var old assess.Rows
				old[d] = append([]byte(malformed), good[d]...)
				if err := differ.Diff(&old, now, row.NewTimestamp(noon), &delta); !errors.Is(err, row.ErrRow) {
					t.Errorf("%s: %.60q: error %v, want ErrRow", d, malformed, err)
				}
			}
		}
		for cut := 1; cut < len(scanned); cut += 7 {
			var old assess.Rows
			old[d] = scanned[:len(scanned)-cut]
			if err := differ.Diff(&old, nil, row.NewTimestamp(noon), &delta); !errors.Is(err, row.ErrRow) {
				t.Errorf("%s: a row without its last %d bytes: error %v, want ErrRow", d, cut, err)
			}
		}
	}
	if err := differ.Diff(&good, &good, row.NewTimestamp(noon), &delta); err != nil ||
		delta.Changes != [defender.DatasetCount]counts.Changes{} {
		t.Errorf("after errors: %v, %+v", err, delta.Changes)
	}
}

// TestKeysOfOlderSheets: keys from before systems had updates are read.
func TestKeysOfOlderSheets(t *testing.T) {
	old := "os\x00\x00Windows11\x0010.0.22631.1\x00\x00\x00\x00\x00\x00Windows11\x00"
	want := catalog.Component{Kind: "os", Name: "Windows11", Version: "10.0.22631.1", OSPlatform: "Windows11"}
	if c, err := assess.ParseComponentKey(old); err != nil || c != want {
		t.Errorf("%+v, %v", c, err)
	}
	want.Architecture, want.Hotfixes = "x64", "5034123 5034765"
	if c, err := assess.ParseComponentKey(assess.ComponentKey(want)); err != nil || c != want {
		t.Errorf("%+v, %v", c, err)
	}
}
