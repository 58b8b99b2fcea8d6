package feeds_test

import (
	"io/fs"
	"os"
	"path"
	"testing"
	"testing/fstest"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// Files of feeds that publishers of distributions make themselves are recognised by their content, whatever they are
// called, and name the feed.
func TestOwnFeedsAreRecognised(t *testing.T) {
	for _, test := range []struct {
		kind       intel.Kind
		file, name string
		odd        int
	}{
		{intel.CSAF, "csaf/testdata/cve-2024-0208.json", "Red Hat", 0},
		{intel.CSAF, "csaf/testdata/rhsa-2024_0811.json", "Red Hat advisories", 0},
		{intel.Ubuntu, "ubuntu/testdata/CVE-2023-38545.json", "Ubuntu", 0},
		{intel.Bodhi, "bodhi/testdata/FEDORA-2023-6d4055d482.json", "Fedora:36", 0},
		{intel.OVAL, "oval/testdata/azurelinux-3.0.xml", "Azure Linux:3", 0},
		{intel.OVAL, "oval/testdata/oracle.xml", "Oracle Linux", 0},
		{intel.OVAL, "oval/testdata/suse.xml", "SUSE rpm", 2},
	} {
		text, err := fs.ReadFile(os.DirFS(".."), test.file)
		if err != nil {
			t.Fatal(err)
		}
		end := path.Ext(test.file)
		files := fstest.MapFS{"x" + end: {Data: text}}
		if kind, ok := feeds.Recognize(files); !ok || kind != test.kind {
			t.Errorf("%s is recognised as %q, %t", test.file, kind, ok)
		}
		feed, err := feeds.New(test.kind, feeds.Config{})
		if err != nil {
			t.Fatal(err)
		}
		contents := &feeds.Contents{Until: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
		records, odd := inteltest.Parse(t, feed, files)
		for i := range records {
			contents.Add(&records[i])
		}
		if name, err := contents.Name(test.kind); err != nil || name != test.name || len(odd) > test.odd {
			t.Errorf("%s is called %q, %v, %v; want %q", test.file, name, err, odd, test.name)
		}
		if kind, _ := feeds.For(test.name); test.name == "Red Hat" && kind != test.kind {
			t.Errorf("who needs %s is told to import kind %s", test.name, kind)
		}
	}
}
