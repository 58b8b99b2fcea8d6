package catalog_test

import (
	"bytes"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// build makes a catalog of records of one feed, "test".
func build(t testing.TB, config catalog.Config, records ...intel.Record) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Decode(write(t, config, records...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write makes the file of a catalog of records.
func write(t testing.TB, config catalog.Config, records ...intel.Record) []byte {
	t.Helper()
	b, err := catalog.NewBuilder(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		b.Add("test", r)
	}
	var file bytes.Buffer
	if _, err := b.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// affects is a CNA's record: a CVE affects an application below a version.
func affects(cve, vendor, product, below string) intel.Record {
	return intel.Record{Source: cve, CVE: &intel.CVE{ID: cve}, Affected: []intel.Affected{{
		CVE: cve, Part: "a", Vendor: vendor, Product: product, By: intel.ByCNA,
		Versions: []intel.Range{{High: below}},
	}}}
}

// windows is an entry of a Windows device.
func windows(vendor, name, version string) catalog.Release {
	return catalog.Release{Kind: "windows", Vendor: vendor, Name: name, Version: version, OSPlatform: "Windows11"}
}

// system is a Windows device's own entry.
func system(platform, build string) catalog.Release {
	return catalog.Release{Kind: "os", Name: platform, Version: build, OSPlatform: platform}
}

// linux is an entry of a Linux device.
func linux(kind, name, version, osVersion string) catalog.Release {
	return catalog.Release{Kind: kind, Name: name, Version: version, OSPlatform: "Linux", OSVersion: osVersion}
}

// hit returns a verdict's hit on a CVE, nil if there is none.
func hit(v *catalog.Verdict, cve string) *catalog.Hit {
	for i := range v.Hits {
		if v.Hits[i].CVE == cve {
			return &v.Hits[i]
		}
	}
	return nil
}

// identity is how rows show a verdict.
func identity(v *catalog.Verdict) string { return v.Vendor + "/" + v.Name + " " + v.Version }
