package catalog_test

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
)

// build makes a catalog of records of one feed, "test".
func build(t testing.TB, config catalog.Config, records ...intel.Record) *catalog.Catalog {
	t.Helper()
	feed := compile(t, "test", records...)
	c, err := catalog.Decode(write(t, config, feed), known(feed))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// compile makes a feed from records.
func compile(t testing.TB, name string, records ...intel.Record) catalog.Source {
	t.Helper()
	b := table.NewBuilder(name)
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Source{Name: name, Table: made}
}

// write writes the catalog file of feeds.
func write(t testing.TB, config catalog.Config, feeds ...catalog.Source) []byte {
	t.Helper()
	c, err := catalog.Merge(config, feeds)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := c.WriteFile(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// known finds the tables of feeds.
func known(feeds ...catalog.Source) catalog.Tables {
	return func(id string) (*table.Table, error) {
		for _, f := range feeds {
			if f.Table.ID() == id {
				return f.Table, nil
			}
		}
		return nil, fs.ErrNotExist
	}
}

// affects is a CNA's record: a CVE affects an application below a version.
func affects(cve, vendor, product, below string) intel.Record {
	return intel.Record{Source: cve, CVE: &intel.CVE{ID: cve}, Affected: []intel.Affected{{
		CVE: cve, Part: "a", Vendor: vendor, Product: product, By: intel.ByCNA,
		Versions: []intel.Range{{High: below}},
	}}}
}

// windows is an entry of a Windows device.
func windows(vendor, name, version string) catalog.Component {
	return catalog.Component{Kind: "windows", Vendor: vendor, Name: name, Version: version, OSPlatform: "Windows11"}
}

// system is a Windows device's own entry.
func system(platform, build string) catalog.Component {
	return catalog.Component{Kind: "os", Name: platform, Version: build, OSPlatform: platform}
}

// linux is an entry of a Linux device.
func linux(kind, name, version, osVersion string) catalog.Component {
	return catalog.Component{Kind: kind, Name: name, Version: version, OSPlatform: "Linux", OSVersion: osVersion}
}

// hit returns a verdict's hit for a CVE; nil if there is none.
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
