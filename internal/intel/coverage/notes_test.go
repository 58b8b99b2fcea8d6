package coverage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

func TestNotes(t *testing.T) {
	commits := advisories(30, 0, "Hex")
	for i := range commits {
		commits[i].Packages[0].Ranges = nil
	}
	for _, test := range []struct {
		what    string
		kind    intel.Kind
		records []intel.Record
		want    []string
	}{
		{"whole", intel.OSV, advisories(30, 0, "Hex"), nil},
		{"unknown", intel.OSV, advisories(1, 0, "Fortran"),
			[]string{"no device can use this feed: Fortran: muster does not know the ecosystem"}},
		{"of telephones", intel.OSV, advisories(1, 0, "Android"),
			[]string{"no device can use this feed: Android: reports contain none of its software"}},
		{"without an order", intel.OSV, advisories(1, 0, "opam"),
			[]string{"no device can use this feed: opam: the order of its versions is not known"}},
		{"commits", intel.OSV, commits,
			[]string{"no device can use this feed: Hex: its advisories state commits, and no versions"}},
		{"no packages", intel.OSV, advisories(2, 0),
			[]string{"no device can use this feed: no advisory names a package"}},
		{"products of a distribution", intel.OSV, advisories(9999, 0, "Red Hat:openshift:4.16", "Red Hat:enterprise_linux:9::baseos"),
			[]string{"no device can use 1 of its 2 ecosystems: Red Hat:openshift:4.16: no distribution that muster knows is judged by it"}},
		{"a part", intel.OSV, advisories(3, 0, "Hex"), []string{"this is a part of what its publisher lists " +
			"(Hex: 3 of about 45 advisories): what it alone judges is partly assessed"}},
		{"a part of the updates", intel.MSRC, []intel.Record{{Source: "CVE-2024-0001"}}, []string{"this is a part of what its publisher lists " +
			"(1 of about 12,000 CVEs): of other CVEs no update is known"}},
		{"no products", intel.CVE5, []intel.Record{{Source: "CVE-2024-0001", CVE: &intel.CVE{ID: "CVE-2024-0001"}}},
			[]string{"no device can use this feed: no record names a product with versions"}},
	} {
		if diff := cmp.Diff(test.want, coverage.Notes(describe(t, test.kind, test.records))); diff != "" {
			t.Errorf("%s: %s", test.what, diff)
		}
	}
}

// TestUselessIsWhatNothingSelects: of an ecosystem of Linux that is not called useless some release
// of some distribution is judged, and whatever a release is judged by is useful.
func TestUselessIsWhatNothingSelects(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom(ecosystem.Distributions()).Draw(rt, "distribution")
		release := rapid.StringMatching(`[1-9][0-9]?(\.[0-9]{1,2})?`).Draw(rt, "release")
		var known []string
		for _, pattern := range slices.Concat(d.Channels, d.Paid, d.Instead) {
			for _, mark := range []string{"{release}", "{major}", "{pack}", "{line}", "{lts}"} {
				major, _, _ := strings.Cut(release, ".")
				pattern = strings.ReplaceAll(pattern, mark, rapid.SampledFrom([]string{release, major, "15 SP6"}).Draw(rt, "text"))
			}
			known = append(known, strings.ReplaceAll(pattern, "*", "Server"))
		}
		slices.Sort(known)
		for _, channel := range d.Select(known, release, "1-1.el9") {
			e := coverage.Ecosystem{Name: channel.Full, Usable: 1}
			_, ordered := ecosystem.SchemeOf(channel.Full)
			if _, ok := ecosystem.Of(channel.Full); ok && ordered && e.Useless() != "" {
				rt.Fatalf("%s %s is judged by %q, which is useless: %s", d.ID, release, e.Name, e.Useless())
			}
		}
	})
}
