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
		}
		slices.Sort(cves)
		cves = slices.Compact(cves)
		m := mend(rt, c, all, cves)
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
			Vendor: "acme", Product: "anvil", By: intel.ByNVD, Versions: []intel.Range{{Low: "0", High: "3", HighIncluded: true}}}}},
		intel.Record{Source: "GHSA-1", Packages: []intel.Package{{CVEs: []string{"CVE-2099-0005"}, Advisory: "GHSA-1", Ecosystem: "Maven",
			Name: "org.acme:rocket", Ranges: []intel.Range{{High: "1.2.3"}}}}},
		affects("CVE-2099-0006", "python", "python", "3.9.20"))
	for _, test := range []struct{ vendor, name, version, cve, want string }{
		{"microsoft", "windows_11", "10.0.22631.3880", "CVE-2099-0001", "10.0.22631.4000"},
		{"microsoft", "windows_11", "10.0.26100.1500", "CVE-2099-0002", "10.0.26100.2000"},
		{"acme", "rocket_2", "1.0", "CVE-2099-0003", "2.5"},
		{"maven", "org.acme:rocket", "1.2", "CVE-2099-0005", "1.2.3"},
		{"python", "python", "3.9.13.0", "CVE-2099-0006", "3.9.20"}, // which is no package of PyPI
		{"acme", "anvil", "1.0", "CVE-2099-0004", ""},               // up to 3: what comes after it is not named
	} {
		r, ok := shown.Component(c, "", test.vendor, test.name, test.version, []string{test.cve})
		if !ok {
			t.Errorf("%s is not found", test.name)
		}
		if m := mend(t, c, []catalog.Component{r}, []string{test.cve}); m.Version != test.want {
			t.Errorf("%s: %+v, want %s", test.name, m, test.want)
		}
	}
	for _, test := range [][3]string{{"acme", "rocket_2", "3.0"}, {"acme", "rocket_3", "1.0"}, {"microsoft", "windows_11", "10.0.26100.1"},
		{"microsoft", "windows_12", "10.0.26100.1"}} {
		if r, ok := shown.Component(c, "", test[0], test[1], test[2], []string{"CVE-2099-0001"}); ok {
			t.Errorf("%q is %+v", test, r)
		}
	}
	if of, _ := catalog.LineOf(c, catalog.Component{Name: "unheard", Version: "1"}); of != nil {
		t.Errorf("nothing is of the line %q", of.Key)
	}
}

// mend mends components of one line.
func mend(t rapid.TB, c *catalog.Catalog, all []catalog.Component, cves []string) catalog.Mended {
	var line *catalog.Line
	var places []catalog.At
	for _, r := range all {
		of, at := catalog.LineOf(c, r)
		if of == nil || line != nil && line.Key != of.Key {
			t.Fatalf("%+v is of another line", r)
		}
		line, places = of, append(places, at)
	}
	if none := line.Mend(nil, cves); none.Version != "" || len(none.Left) != len(cves) {
		t.Errorf("nothing is mended by %+v", none)
	}
	return line.Mend(places, cves)
}

// A package is mended by the version that its advisory names, if the version of its source is its own; what is
// built elsewhere, or of a source with versions of its own, by none that is known.
func TestMendPackages(t *testing.T) {
	c := build(t, catalog.Config{}, intel.Record{Source: "DSA-1", Packages: []intel.Package{{CVEs: []string{"CVE-2099-0001"},
		Advisory: "DSA-1", Ecosystem: "Debian:12", Name: "rocket", Ranges: []intel.Range{{High: "1.0-2+deb12u1"}}}}},
		intel.Record{Source: "DSA-2", Packages: []intel.Package{{CVEs: []string{"CVE-2099-0002"}, Advisory: "DSA-2",
			Ecosystem: "Debian:12", Name: "rocket", Ranges: []intel.Range{{High: "1.0-2+deb12u2"}}}}},
		intel.Record{Source: "ALSA-1", Packages: []intel.Package{{CVEs: []string{"CVE-2099-0001"}, Advisory: "ALSA-1",
			Ecosystem: "AlmaLinux:9", Name: "rocket", Ranges: []intel.Range{{High: "1.0-2.el9"}}}}},
		intel.Record{Source: "GHSA-1", Packages: []intel.Package{{CVEs: []string{"CVE-2099-0001"}, Advisory: "GHSA-1",
			Ecosystem: "npm", Name: "rocket", Ranges: []intel.Range{{High: "1.2.3"}}}}})
	for _, test := range []struct {
		component catalog.Component
		want      string
	}{
		{catalog.Component{Kind: "deb", Name: "librocket1", Version: "1.0-1", SourcePackage: "rocket", OSPlatform: "Linux",
			OSVersion: "debian_linux_12"}, "1.0-2+deb12u2"},
		{catalog.Component{Kind: "deb", Name: "librocket1", Version: "3:0.9-1", SourcePackage: "rocket", SourceVersion: "1.0-1",
			OSPlatform: "Linux", OSVersion: "debian_linux_12"}, ""},
		{catalog.Component{Kind: "rpm", Name: "rocket", Version: "1.0-1.el9", OSPlatform: "Linux",
			OSVersion: "almalinux_9.4"}, "1.0-2.el9"},
		{catalog.Component{Kind: "rpm", Name: "rocket", Version: "1.0-1.el9", OSPlatform: "Linux",
			OSVersion: "enterprise_linux_9.4"}, ""},
		{catalog.Component{Name: "rocket", Version: "1.0.0", PURL: "pkg:npm/rocket@1.0.0", OSPlatform: "Linux"}, "1.2.3"},
	} {
		var cves []string
		for _, h := range c.Verdict(test.component).Hits {
			cves = append(cves, h.CVE)
		}
		if len(cves) == 0 {
			t.Errorf("%+v has no findings", test.component)
		}
		got := ""
		if of, at := catalog.LineOf(c, test.component); of != nil {
			got = of.Mend([]catalog.At{at}, cves).Version
		}
		if got != test.want {
			t.Errorf("%+v is mended by %q, want %q", test.component, got, test.want)
		}
	}
	// Where the device's release is known, rows lead back to a package by its name; else, or by another name, nowhere.
	for _, test := range []struct{ system, vendor, name, version, want string }{
		{"debian_linux_12", "debian", "rocket_for_linux", "1.0-1", "1.0-2+deb12u1"},
		{"almalinux_9.4", "almalinux", "rocket", "1.0-1.el9", "1.0-2.el9"},
		{"", "debian", "rocket_for_linux", "1.0-1", ""},
		{"debian_linux_11", "debian", "rocket_for_linux", "1.0-1", ""},
		{"ubuntu_linux_22.04", "debian", "rocket_for_linux", "1.0-1", ""},
		{"debian_linux_12", "debian", "librocket1_for_linux", "1.0-1", ""},
	} {
		got, cves := "", []string{"CVE-2099-0001"}
		if r, ok := shown.Component(c, test.system, test.vendor, test.name, test.version, cves); ok {
			got = mend(t, c, []catalog.Component{r}, cves).Version
		}
		if got != test.want {
			t.Errorf("%+v is mended by %q", test, got)
		}
	}
}
