package catalog_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/shown"
	"github.com/muster-project/muster/internal/version"
)

// The version that mends components has none of the CVEs but those that are left, is not below any component's,
// and if none is left no lower version that rules name is like that (unless a more trusted source denies it, which is
// not drawn).
func TestMend(t *testing.T) {
	mended, left := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(drawRecord, 1, 8).Draw(rt, "records")
		bounds := map[string]bool{}
		for i := range records {
			a := &records[i].Affected[0]
			a.Product = "rocket"
			for k := range a.Versions {
				a.Versions[k].Unaffected = false
				bounds[a.Versions[k].High] = true
			}
		}
		c := build(t, catalog.Config{}, records...)
		at := func(v string) catalog.Component {
			return catalog.Component{Version: v, CPE: "cpe:2.3:a:acme:rocket:*:*:*:*:*:*:*:*", OSPlatform: "Windows11"}
		}
		hits := func(v string) (cves []string) {
			for _, h := range c.Verdict(at(v)).Hits {
				cves = append(cves, h.CVE)
			}
			return cves
		}
		installed := rapid.SliceOfN(drawVersion, 1, 3).Draw(rt, "installed")
		var all []catalog.Component
		var cves []string
		for _, v := range installed {
			all, cves = append(all, at(v)), append(cves, hits(v)...)
			if catalog.Line(c, at(v)) != catalog.Line(c, at(installed[0])) {
				rt.Fatal("versions of a product are of several lines")
			}
		}
		slices.Sort(cves)
		cves = slices.Compact(cves)
		m := catalog.Mend(c, all, cves)
		if m.Version == "" {
			if !slices.Equal(m.Left, cves) {
				rt.Fatalf("%v of %v are left, and no version is named", m.Left, cves)
			}
			return
		}
		mended++
		left += len(m.Left)
		rest := slices.DeleteFunc(hits(m.Version), func(cve string) bool { return !slices.Contains(cves, cve) })
		if !slices.Equal(rest, m.Left) || !bounds[m.Version] {
			rt.Fatalf("%s has %v, left %v", m.Version, rest, m.Left)
		}
		older := func(a, b string) bool {
			n, err := version.Compare(version.Generic, a, b)
			return err == nil && n < 0
		}
		for _, v := range installed {
			if older(m.Version, v) {
				rt.Fatalf("%s is mended by %s", v, m.Version)
			}
		}
		for v := range bounds {
			below := func(i string) bool { return older(v, i) }
			if v == "" || len(m.Left) > 0 || !older(v, m.Version) || slices.ContainsFunc(installed, below) {
				continue
			}
			more := func(cve string) bool { return slices.Contains(cves, cve) && !slices.Contains(m.Left, cve) }
			if !slices.ContainsFunc(hits(v), more) {
				rt.Fatalf("%s mends, too, and %s is named", v, m.Version)
			}
		}
	})
	if !testing.Short() && (mended == 0 || left == 0) { // a few draws may have neither
		t.Errorf("%d were mended, %d CVEs left", mended, left)
	}
}

// A build of Windows is mended by a revision of the same build, and rows lead back to the component.
func TestMendShown(t *testing.T) {
	c := build(t, catalog.Config{}, builds("CVE-2099-0001", "microsoft", "windows_11_23h2", "10.0.22631.4000"),
		builds("CVE-2099-0002", "microsoft", "windows_11_24h2", "10.0.26100.2000"),
		affects("CVE-2099-0003", "acme", "rocket_2", "2.5"),
		intel.Record{Source: "x", CVE: &intel.CVE{ID: "CVE-2099-0004"}, Affected: []intel.Affected{{CVE: "CVE-2099-0004", Part: "a",
			Vendor: "acme", Product: "anvil", By: intel.ByNVD, Versions: []intel.Range{{Low: "0", High: "3", HighIncluded: true}}}}})
	for _, test := range []struct{ vendor, name, version, cve, want string }{
		{"microsoft", "windows_11", "10.0.22631.3880", "CVE-2099-0001", "10.0.22631.4000"},
		{"microsoft", "windows_11", "10.0.26100.1500", "CVE-2099-0002", "10.0.26100.2000"},
		{"acme", "rocket_2", "1.0", "CVE-2099-0003", "2.5"},
		{"acme", "anvil", "1.0", "CVE-2099-0004", ""}, // up to 3: what comes after it is not named
	} {
		r, ok := shown.Component(c, test.vendor, test.name, test.version, []string{test.cve})
		if !ok {
			t.Errorf("%s is not found", test.name)
		}
		if m := catalog.Mend(c, []catalog.Component{r}, []string{test.cve}); m.Version != test.want {
			t.Errorf("%s: %+v, want %s", test.name, m, test.want)
		}
	}
	for _, test := range [][3]string{{"acme", "rocket_2", "3.0"}, {"acme", "rocket_3", "1.0"}, {"microsoft", "windows_11", "10.0.26100.1"},
		{"microsoft", "windows_12", "10.0.26100.1"}} {
		if r, ok := shown.Component(c, test[0], test[1], test[2], []string{"CVE-2099-0001"}); ok {
			t.Errorf("%q is %+v", test, r)
		}
	}
	if m := catalog.Mend(c, nil, []string{"CVE-2099-0001"}); m.Version != "" || len(m.Left) != 1 {
		t.Errorf("nothing is mended by %+v", m)
	}
}
