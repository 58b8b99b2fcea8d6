package main

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
)

// spoiling is one way to damage a folder: which files, and how.
type spoiling struct{ pattern, how string }

// spoilings returns each way for each kind of file.
func spoilings() (all []spoiling) {
	const org = "files/" + organization.Default
	for _, pattern := range []string{
		"muster.db", "version", "key", "catalog/*", "feed/*/*/*", org + "/manifest/*", org + "/sheet/*/*/*/*",
		org + "/NonCpeSoftwareInventory/*/*/json/*/*", org + "/DeltaNonCpeSoftwareInventory/*/*/json/*/*",
	} {
		for _, how := range []string{"flip", "remove", "truncate", "empty", "zero"} {
			if pattern != node.VersionFile || how != "truncate" { // it would have the same content
				all = append(all, spoiling{pattern, how})
			}
		}
	}
	return append(all, spoiling{"files", "remove"}, spoiling{org, "remove"}, spoiling{"muster.db-wal", "remove"},
		spoiling{"muster.db-wal", "flip"}, spoiling{"muster.db-wal", "empty"})
}

// spoil damages a file of a folder, and returns it.
func (s spoiling) spoil(t testing.TB, folder string, random *rand.Rand) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(s.pattern)))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %q, %v", s.pattern, found, err)
	}
	path := found[random.IntN(len(found))]
	if s.how == "remove" {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch s.how {
	case "flip":
		data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
		if strings.HasSuffix(path, "-wal") {
			data[40] ^= 1 // in the first of several commits
		}
	case "truncate":
		data = data[:len(data)/2]
	case "empty":
		data = nil
	case "zero":
		at := random.IntN((len(data) + 8191) / 8192)
		for free := freeLeaves(data); s.pattern == "muster.db" && free[at]; { // it has nothing
			at = random.IntN((len(data) + 8191) / 8192)
		}
		clear(data[at*8192:][:min(8192, len(data)-at*8192)])
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freeLeaves are the free pages of SQLite, of 8 KiB, but those that list the others: what they hold is nothing
// (https://www.sqlite.org/fileformat2.html, section 1.5).
func freeLeaves(data []byte) map[int]bool {
	free := map[int]bool{}
	if len(data) < 100 || !strings.HasPrefix(string(data), "SQLite format 3") {
		return free
	}
	for trunk := binary.BigEndian.Uint32(data[32:]); trunk != 0; trunk = binary.BigEndian.Uint32(data[(trunk-1)*8192:]) {
		list := data[(trunk-1)*8192+4:]
		for i := range binary.BigEndian.Uint32(list) {
			free[int(binary.BigEndian.Uint32(list[4+4*i:]))-1] = true
		}
	}
	return free
}

// All damage is named, and after the files were brought back every acknowledged report is there.
func TestDamagesAreNamedAndNothingIsLost(t *testing.T) {
	whole := killedFolder(t)
	clean := copyFolder(t, whole)
	devices := listed(t, clean)
	if status, text := command(t, "verify", "--data", clean); status != console.StatusDone {
		t.Fatalf("before all damage: %s", text)
	}
	random := rand.New(rand.NewPCG(7, 7))
	all := spoilings()
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if testneed.Soak() {
		all = append(all, all...) // at other places
	} else {
		all = all[:10]
	}
	for _, s := range all {
		name := s.pattern + " " + s.how
		folder := copyFolder(t, clean)
		if strings.HasSuffix(s.pattern, "-wal") {
			folder = copyFolder(t, whole)
		}
		path := s.spoil(t, folder, random)
		status, text := command(t, "verify", "--data", folder)
		if status != console.StatusProblems {
			t.Errorf("%s: verify ended with status %d: %s", name, status, text)
			continue
		}
		bringBack(t, folder, clean, path)
		if status, text := command(t, "verify", "--data", folder); status != console.StatusDone {
			t.Errorf("%s: after it was brought back: %s", name, text)
		}
		if got := listed(t, folder); !slices.Equal(got, devices) {
			t.Errorf("%s: devices %q, want %q", name, got, devices)
		}
		if status, text := command(t, "publish", "--data", folder); status != console.StatusDone {
			t.Errorf("%s: publishing: %s", name, text)
		}
		os.RemoveAll(folder)
	}
	t.Logf("%d damages", len(all))
}

// bringBack repairs files of snapshots from a backup, and copies others.
func bringBack(t testing.TB, folder, backup, path string) {
	t.Helper()
	name, err := filepath.Rel(folder, path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(name, node.FilesFolder) {
		if status, text := command(t, "repair", "--data", folder, "--from", backup); status != console.StatusDone {
			t.Errorf("%s: repairing: %s", name, text)
		}
		return
	}
	if strings.HasPrefix(name, node.StoreFile) { // the database and its log belong together
		for _, suffix := range []string{"", "-wal", "-shm", "-open", "-moving"} {
			if err := os.Remove(filepath.Join(folder, node.StoreFile+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		name = node.StoreFile
	}
	data, err := os.ReadFile(filepath.Join(backup, name))
	if err != nil {
		t.Fatal(err)
	}
	replace(name, data)(t, folder)
}

// killedFolder makes a folder with snapshots, a feed and a catalog, whose process died just after
// it stored reports.
func killedFolder(t testing.TB) string {
	t.Helper()
	folder := usedFolder(t)
	feed := filepath.Join(t.TempDir(), "kev.json")
	const kev = `{"title":"t","catalogVersion":"1","dateReleased":"2026-11-01T00:00:00Z","count":1,"vulnerabilities":[` +
		`{"cveID":"CVE-2024-0001","vendorProject":"v","product":"p","vulnerabilityName":"n","dateAdded":"2026-11-01","shortDescription":"s",` +
		`"requiredAction":"a","dueDate":"2026-12-01","knownRansomwareCampaignUse":"Unknown","notes":""}]}`
	sent := filepath.Join(t.TempDir(), "more.ndjson")
	if err := errors.Join(os.WriteFile(feed, []byte(kev), 0o600),
		os.WriteFile(sent, []byte(strings.ReplaceAll(twoReports, `"1"`, `"3"`)), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"feed", "import", "kev", feed}, {"report", sent}, {"publish"}} {
		if status, text := command(t, append(args, "--data", folder)...); status != console.StatusDone {
			t.Fatalf("%q: status %d: %s", args, status, text)
		}
	}
	f := openFolder(t, folder)
	for _, name := range []string{"North", "South", "East", "West"} { // commits, of which the log is full
		if err := f.Store.Organizations.Ensure(t.Context(), organization.Default, name); err != nil {
			t.Fatal(err)
		}
	}
	dead := copyFolder(t, folder)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dead
}

func copyFolder(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// listed returns the devices of a folder.
func listed(t testing.TB, folder string) []string {
	t.Helper()
	status, text := command(t, "device", "list", "--data", folder, "--json")
	if status != console.StatusDone {
		t.Fatalf("listing devices: %s", text)
	}
	var names []string
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, `"name"`) || strings.Contains(line, `"id"`) {
			names = append(names, line)
		}
	}
	return names
}
