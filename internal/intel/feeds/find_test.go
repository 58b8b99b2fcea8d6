package feeds_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// A file that is given itself and is not read is an error that names it; one in a folder is passed
// over, so that it keeps no other from being sent.
func TestFilesThatAreNotRead(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.json", "all.ndjson", "list.csv", "README"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(`{"id":"A-1"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"all.ndjson", "list.csv", "README"} {
		path := filepath.Join(folder, name)
		if _, _, err := feeds.Find(intel.OSV, []string{path}); err == nil || !strings.Contains(err.Error(), name+`" is not read`) {
			t.Errorf("%s is found: %v", name, err)
		}
		if _, err := feeds.One(intel.OSV, []string{path}); err == nil || !strings.Contains(err.Error(), name+`" is not read`) {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
	read := filepath.Join(folder, "a.json")
	one, err := feeds.One(intel.OSV, []string{folder})
	if err != nil || len(one.Files) != 1 || one.Files[0] != read {
		t.Errorf("one feed of %q, %v", one.Files, err)
	}
	found, passed, err := feeds.Find(intel.OSV, []string{folder})
	if err != nil || len(found) != 1 || len(found[0].Files) != 1 || found[0].Files[0] != read {
		t.Errorf("found %+v, %v", found, err)
	}
	want := []string{filepath.Join(folder, "all.ndjson"), filepath.Join(folder, "list.csv")}
	if !slices.Equal(passed, want) {
		t.Errorf("passed over %q", passed)
	}
}

// A list of rows in a zip is recognised, and so is one that lies in a folder; kinds that read no lists do
// not read it.
func TestListsInArchives(t *testing.T) {
	folder := t.TempDir()
	list := `"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes","Exploits"` +
		"\r\n" + `"20250909","CVE-2025-48807","5065429","","Windows 10","","Critical","","5063709",` + "\r\n"
	for name, text := range map[string]string{"definitions.zip": archive(t, "CVEs.csv", list), "CVEs.csv": list} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, passed, err := feeds.Find("", []string{folder})
	if err != nil || len(passed) > 0 || len(found) != 2 || found[0].Kind != intel.MSRC || found[1].Kind != intel.MSRC {
		t.Errorf("found %+v, passed over %q, %v", found, passed, err)
	}
	feed, err := feeds.New(intel.OSV, feeds.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range feed.Parse(t.Context(), os.DirFS(folder)) {
		if got := fmt.Sprint(err); got != intel.ErrNoRecords.Error() {
			t.Errorf("osv reads a list: %s", got)
		}
	}
}
