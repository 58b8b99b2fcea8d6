package catalog_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/version"
)

var drawVersion = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 3).Draw(t, "parts")
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += "."
		}
		text += fmt.Sprint(p)
	}
	return text + rapid.SampledFrom([]string{"", "", "", "a", "rc1"}).Draw(t, "suffix")
})

// drawRange draws ranges that are bounded below, if only by 0.
var drawRange = rapid.Custom(func(t *rapid.T) intel.Range {
	unaffected := rapid.IntRange(0, 3).Draw(t, "unaffected") == 0
	if rapid.Bool().Draw(t, "exact") {
		return intel.Range{Exact: drawVersion.Draw(t, "exact"), Unaffected: unaffected}
	}
	r := intel.Range{Low: drawVersion.Draw(t, "low"),
		LowExcluded: rapid.Bool().Draw(t, "excluded"), Unaffected: unaffected}
	if rapid.IntRange(0, 4).Draw(t, "open") > 0 {
		r.High, r.HighIncluded = drawVersion.Draw(t, "high"), rapid.Bool().Draw(t, "included")
	}
	return r
})

var drawRecord = rapid.Custom(func(t *rapid.T) intel.Record {
	cve := fmt.Sprintf("CVE-2024-%04d", rapid.IntRange(0, 3).Draw(t, "cve"))
	return intel.Record{
		Source: fmt.Sprint("document ", rapid.IntRange(0, 5).Draw(t, "source")),
		CVE:    &intel.CVE{ID: cve, Exploit: rapid.SampledFrom([]intel.Exploit{0, 1, 3}).Draw(t, "exploit")},
		Affected: []intel.Affected{{
			CVE: cve, Part: "a", Vendor: "acme", Product: rapid.SampledFrom([]string{"rocket", "anvil"}).Draw(t, "product"),
			By:       rapid.SampledFrom([]intel.Authority{intel.ByNVD, intel.ByCNA, intel.ByADP, intel.ByOther}).Draw(t, "by"),
			Versions: rapid.SliceOfN(drawRange, 1, 3).Draw(t, "versions"),
		}},
	}
})

// holds evaluates a range literally.
func holds(r intel.Range, v string) bool {
	order := func(bound string) int {
		c, err := version.Compare(version.Generic, v, bound)
		if err != nil {
			panic(err)
		}
		return c
	}
	if r.Exact != "" {
		return order(r.Exact) == 0
	}
	above := r.Low == "0" || order(r.Low) > 0 || !r.LowExcluded && order(r.Low) == 0
	below := r.High == "" || order(r.High) < 0 || r.HighIncluded && order(r.High) == 0
	return above && below
}

// TestDeterministic: the same records in any order give the same bytes.
func TestDeterministic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(drawRecord, 1, 8).Draw(rt, "records")
		shuffled := rapid.Permutation(records).Draw(rt, "shuffled")
		if !bytes.Equal(write(t, catalog.Config{}, compile(t, "test", records...)),
			write(t, catalog.Config{}, compile(t, "test", shuffled...))) {
			rt.Fatal("the order of records is seen in the catalog")
		}
	})
}

// TestBranches: what several open ranges of one record mean.
func TestBranches(t *testing.T) {
	for _, test := range []struct {
		bounds             []string
		affected, notThese []string
	}{
		{[]string{"115.16.1", "128.3.1"}, []string{"115.16.0", "1", "116.0", "127.9", "128.3.0"},
			[]string{"115.16.1", "115.99", "128.3.1"}},
		{[]string{"15.1", "14.7.1", "13.7.1"}, []string{"12.0", "13.7", "14.0", "14.7", "15.0"},
			[]string{"13.7.1", "13.9", "14.7.1", "14.8"}},
		{[]string{"3.0.16", "3.1.8"}, []string{"3.0.15", "3.1.0"}, []string{"3.0.16", "3.1.8"}},
		{[]string{"1.5.2", "2.0.0"}, []string{"1.5.1"}, []string{"1.5.2", "1.5.9", "1.6.0", "2.0.0"}},
		{[]string{"7.8.11", "8.0.3", "8.1.2", "9.0.0"}, []string{"7.8.10", "8.0.2", "8.1.1", "8.2.0"},
			[]string{"7.8.11", "7.9.0", "8.0.3", "8.1.2", "9.0.0"}},
		{[]string{"14", "13.6", "12.7"}, []string{"11.5", "12.6.9", "13.5.2"}, []string{"12.7.1", "13.6", "13.6.2", "14"}},
		{[]string{"142", "140.2", "128.14", "115.27"}, []string{"128.13", "129.0", "140.1", "141.0.1"},
			[]string{"115.27", "128.14", "140.2", "142"}},
		{[]string{"1.2.3", "1.2.5"}, []string{"1.2.2", "1.2.3", "1.2.4"}, []string{"1.2.5"}},
		{[]string{"131.0", "131.0.2"}, []string{"130", "131.0", "131.0.1"}, []string{"131.0.2"}},
	} {
		r := affects("CVE-2024-0001", "acme", "rocket", "")
		r.Affected[0].Versions = nil
		for _, bound := range test.bounds {
			r.Affected[0].Versions = append(r.Affected[0].Versions, intel.Range{High: bound})
		}
		c := build(t, catalog.Config{}, r)
		for _, v := range test.affected {
			if len(c.Verdict(windows("Acme", "Rocket", v)).Hits) == 0 {
				t.Errorf("%q: %s is not affected", test.bounds, v)
			}
		}
		for _, v := range test.notThese {
			if len(c.Verdict(windows("Acme", "Rocket", v)).Hits) > 0 {
				t.Errorf("%q: %s is affected", test.bounds, v)
			}
		}
	}
}
