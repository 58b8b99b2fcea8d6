package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/testneed"
)

// recorded lays out a machine whose package database and os-release were recorded.
func recorded(t *testing.T, name, status string, release []byte) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), name)
	for path, text := range map[string][]byte{"var/lib/dpkg/status": []byte(status), "etc/os-release": release} {
		path = filepath.Join(root, filepath.FromSlash(path))
		if len(text) == 0 {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// scanned is what a scan says as JSON, as far as it is read here.
type scanned struct {
	Results []struct {
		Software int
		Findings []struct{ SoftwareName, SoftwareVersion, CVEID, FixVersion string }
		Updates  []struct {
			SoftwareName      string
			Versions          []string
			Findings, Removed int
		}
	}
}

// scanRoot runs muster scan on a folder, and returns its status.
func scanRoot(t *testing.T, root, cache string, more ...string) (int, scanned) {
	t.Helper()
	var out, complaint bytes.Buffer
	args := append([]string{"scan", "--root", root, "--cache", cache, "--json"}, more...)
	status := run(t.Context(), args, strings.NewReader(""), &out, &complaint)
	var s scanned
	if err := json.Unmarshal(out.Bytes(), &s); err != nil || len(s.Results) != 1 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out.String(), complaint.String())
	}
	return status, s
}

// A scan of a recorded machine has the findings that a server has of it, which is as recorded, and with every
// other package set back to a version before all fixes. Packages that are updated as the scan says have none of
// the findings that it says are removed.
func TestScanOfRecordedMachines(t *testing.T) {
	status := string(testneed.Unpacked(t, "inventory", "debian12", "dpkg-status.gz"))
	release, err := os.ReadFile(testneed.Shared(t, "inventory", "debian12", "os-release"))
	if err != nil {
		t.Fatal(err)
	}
	feed, cache := testneed.Shared(t, "osv", "Debian", "dsa-dla.zip"), t.TempDir()
	stanzas := strings.Split(status, "\n\n")
	version := regexp.MustCompile(`(?m)^Version: .*$`)
	source := regexp.MustCompile(`(?m)^(Source: \S+) \(.*\)$`)
	set := func(stanza, to string) string {
		return source.ReplaceAllString(version.ReplaceAllLiteralString(stanza, "Version: "+to), "$1")
	}
	back := make([]string, len(stanzas))
	for i, stanza := range stanzas {
		if back[i] = stanza; i%2 == 0 {
			back[i] = set(stanza, "0~1")
		}
	}
	server := newSite(t)
	server.muster("feed", "import", "osv", feed)
	machines := map[string]string{"recorded": status, "back": strings.Join(back, "\n\n")}
	told := map[string]scanned{}
	for name, text := range machines {
		root := recorded(t, name, text, release)
		path := filepath.Join(t.TempDir(), name+".json")
		server.muster("collect", "--root", root, "--name", name, "--output", path)
		server.muster("report", path)
		got, s := scanRoot(t, root, cache, "--feeds", feed)
		if told[name] = s; got != console.StatusDone || s.Results[0].Software < 700 {
			t.Errorf("%s: status %d, %d pieces of software", name, got, s.Results[0].Software)
		}
	}
	server.muster("publish")
	wanted := map[string]bool{}
	path := filepath.Join(t.TempDir(), "rows.ndjson")
	server.muster("export", defender.Vulnerabilities.String(), path)
	rows, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(rows) {
		var row struct{ DeviceName, SoftwareName, SoftwareVersion, CVEID string }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		wanted[fmt.Sprintf("%s: %s %s %s", row.DeviceName, row.SoftwareName, row.SoftwareVersion, row.CVEID)] = true
	}
	given := map[string]bool{}
	for name, s := range told {
		for _, f := range s.Results[0].Findings {
			if intel.IsCVE(f.CVEID) { // rows have no advisories without one
				given[fmt.Sprintf("%s: %s %s %s", name, f.SoftwareName, f.SoftwareVersion, f.CVEID)] = true
			}
		}
	}
	if diff := cmp.Diff(wanted, given); diff != "" || len(wanted) < 100 {
		t.Errorf("%d findings (-server +scan):\n%s", len(wanted), diff)
	}
	updates := map[string]string{}
	for _, u := range told["back"].Results[0].Updates {
		if len(u.Versions) == 1 && u.Removed == u.Findings {
			updates[strings.TrimSuffix(u.SoftwareName, "_for_linux")] = u.Versions[0]
		}
	}
	for i, stanza := range back {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(stanza), "Package: "), "\n")
		if to := updates[name]; to != "" {
			back[i] = set(stanza, to)
		}
	}
	_, after := scanRoot(t, recorded(t, "after", strings.Join(back, "\n\n"), release), cache, "--feeds", feed)
	for _, f := range after.Results[0].Findings {
		if to := updates[strings.TrimSuffix(f.SoftwareName, "_for_linux")]; to != "" {
			t.Errorf("%s %s, as it was to be updated, has %s, fixed in %s", f.SoftwareName, f.SoftwareVersion, f.CVEID, f.FixVersion)
		}
	}
	if len(updates) < 25 {
		t.Errorf("%d updates", len(updates))
	}
}

// A machine of whose distribution no advisories are there was not assessed, whatever else was.
func TestScanWithoutAdvisoriesIsNoHealth(t *testing.T) {
	status := string(testneed.Unpacked(t, "inventory", "ubuntu1804", "dpkg-status.gz"))
	root := recorded(t, "bionic", status, nil)
	got, s := scanRoot(t, root, t.TempDir(), "--os", "ubuntu:18.04", "--feeds", testneed.Shared(t, "osv", "Debian", "dsa-dla.zip"))
	if got != console.StatusUnassessed || len(s.Results[0].Findings) > 0 || s.Results[0].Software == 0 {
		t.Errorf("status %d, %+v", got, s.Results[0])
	}
}
