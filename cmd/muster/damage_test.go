package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/testneed"
)

// command runs a command line and returns its status and all that it wrote.
func command(t testing.TB, args ...string) (status int, text string) {
	t.Helper()
	var out bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &out, &out)
	return status, out.String()
}

// twoReports are what a command sends.
const twoReports = `{"device":{"name":"a1","osPlatform":"Linux"},"software":[{"vendor":"v","name":"n","version":"1"}]}
{"device":{"name":"a2","osPlatform":"Linux"},"software":[{"vendor":"v","name":"m","version":"2"}]}
`

// usedFolder makes a data folder with devices and a snapshot.
func usedFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	data, sent := filepath.Join(dir, "data"), filepath.Join(dir, "fleet.ndjson")
	if err := os.WriteFile(sent, []byte(twoReports), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report", sent, "--data", data}, {"publish", "--data", data}} {
		if status, text := command(t, args...); status != console.StatusDone {
			t.Fatalf("%q: status %d: %s", args, status, text)
		}
	}
	return data
}

// contents returns the hashes of the files of a folder, without the lock.
func contents(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == node.LockFile || strings.HasPrefix(e.Name(), "audit") {
			return err
		}
		data, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, folder)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// replace writes a file in place of one of a data folder.
func replace(name string, data []byte) func(t testing.TB, folder string) {
	return func(t testing.TB, folder string) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// remove removes a file of a data folder.
func remove(name string) func(t testing.TB, folder string) {
	return func(t testing.TB, folder string) {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// swap takes a file from another data folder.
func swap(name string) func(t testing.TB, folder string) {
	return func(t testing.TB, folder string) {
		data, err := os.ReadFile(filepath.Join(usedFolder(t), name))
		if err != nil {
			t.Fatal(err)
		}
		replace(name, data)(t, folder)
	}
}

// A folder that lost what every folder has is damaged and not new: every command says so, and
// changes nothing.
func TestServerDoesNotStartAnewBesideOldFiles(t *testing.T) {
	sent := filepath.Join(t.TempDir(), "fleet.ndjson")
	if err := os.WriteFile(sent, []byte(twoReports), 0o600); err != nil {
		t.Fatal(err)
	}
	used := usedFolder(t)
	for name, damage := range map[string]struct {
		do   func(t testing.TB, folder string)
		says string
	}{
		"no database":        {remove(node.StoreFile), `"muster.db" is gone`},
		"empty database":     {replace(node.StoreFile, nil), `"muster.db" is empty`},
		"no SQLite":          {replace(node.StoreFile, bytes.Repeat([]byte("x"), 20000)), "not an SQLite database"},
		"no version":         {remove(node.VersionFile), `no "version"`},
		"empty version":      {replace(node.VersionFile, nil), `has unknown content ""`},
		"no key":             {remove(node.KeyFile), "sealed with it"},
		"short key":          {replace(node.KeyFile, []byte("short")), "has 5 bytes"},
		"another key":        {swap(node.KeyFile), "do not belong together"},
		"another's database": {swap(node.StoreFile), "do not belong together"},
		"the mark of a folder that is made, and no database": {func(t testing.TB, folder string) {
			replace(node.MakingFile, nil)(t, folder)
			remove(node.StoreFile)(t, folder)
		}, `"muster.db" is gone`},
		"lost log":          {replace(node.StoreFile+"-open", nil), `"muster.db-wal" is gone`},
		"nothing but files": {onlyFiles, `no "version"`},
		"version alone":     {onlyVersion, `"muster.db" is gone`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(folder, os.DirFS(used)); err != nil {
				t.Fatal(err)
			}
			damage.do(t, folder)
			before := contents(t, folder)
			commands := [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"report", sent}, {"verify"}}
			if name == "no database" || testneed.Soak() {
				commands = append(commands, []string{"publish"}, []string{"device", "list"}, []string{"feed", "list"},
					[]string{"client", "add", "x", "--permission", "Software.Read.All"}, []string{"organization", "add", "Other"})
			}
			for _, args := range commands {
				status, text := command(t, append(args, "--data", folder)...)
				want := console.StatusFolder
				if args[0] == "verify" {
					want = console.StatusProblems
				}
				if status != want || !strings.Contains(text, damage.says) || !strings.Contains(text, "hint: ") {
					t.Errorf("%s: status %d, want %d, %q and a hint: %s", args[0], status, want, damage.says, text)
				}
			}
			if diff := cmp.Diff(before, contents(t, folder)); diff != "" {
				t.Errorf("the folder was changed (-before +after):\n%s", diff)
			}
		})
	}
}

// onlyFiles keeps only the snapshots.
func onlyFiles(t testing.TB, folder string) {
	for _, name := range []string{node.StoreFile, node.KeyFile, node.VersionFile} {
		remove(name)(t, folder)
	}
}

// onlyVersion keeps only the version.
func onlyVersion(t testing.TB, folder string) {
	for _, name := range []string{node.StoreFile, node.KeyFile} {
		remove(name)(t, folder)
	}
	if err := os.RemoveAll(filepath.Join(folder, node.FilesFolder)); err != nil {
		t.Fatal(err)
	}
}

// The next start completes a folder whose making crashed.
func TestMakingAFolderIsGoneOnWith(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made")
	if err := openFolder(t, made).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(made, node.MakingFile)); err == nil {
		t.Fatal("the folder says that it is being made")
	}
	database, err := os.ReadFile(filepath.Join(made, node.StoreFile))
	if err != nil {
		t.Fatal(err)
	}
	key := bytes.Repeat([]byte{1}, 32)
	version := []byte(node.FolderVersion + "\n")
	for name, left := range map[string]map[string][]byte{
		"nothing":        {node.LockFile: nil},
		"half a mark":    {node.LockFile: nil, node.MakingFile + ".new": nil},
		"the mark":       {node.LockFile: nil, node.MakingFile: nil},
		"half a version": {node.MakingFile: nil, node.VersionFile + ".new": nil},
		"the version":    {node.MakingFile: nil, node.VersionFile: version},
		"an empty database": {node.MakingFile: nil, node.VersionFile: version, node.StoreFile: nil,
			node.StoreFile + "-wal": nil},
		"a database of zeros": {node.MakingFile: nil, node.VersionFile: version, node.StoreFile: make([]byte, 8192)},
		"a lost log": {node.MakingFile: nil, node.VersionFile: version, node.StoreFile: database[:8192],
			node.StoreFile + "-open": nil},
		"a database, no key": {node.MakingFile: nil, node.VersionFile: version, node.KeyFile + ".new": key[:5]},
		"a key":              {node.MakingFile: nil, node.VersionFile: version, node.KeyFile: key},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			for file, data := range left {
				replace(file, data)(t, folder)
			}
			f := openFolder(t, folder)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(folder, node.MakingFile)); err == nil {
				t.Error("the folder says that it is being made")
			}
			if status, text := command(t, "verify", "--data", folder); status != console.StatusDone {
				t.Errorf("verify: status %d: %s", status, text)
			}
		})
	}
}

// A server finds damage by itself, and logs it.
func TestServerVerifiesByItself(t *testing.T) {
	folder := usedFolder(t)
	_, log, stop := serveProgram(t, "--data", folder, "--listen", "127.0.0.1:0", "--interval", "0", "--verify-interval",
		"1s", "--verify-rate", "1000")
	log.await(t, `msg="everything was verified" problems=0`, 1)
	parts, err := filepath.Glob(filepath.Join(folder, node.FilesFolder, "*", "NonCpeSoftwareInventory",
		"*", "*", "json", "*", "*"))
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	if err := os.Truncate(parts[0], 100); err != nil {
		t.Fatal(err)
	}
	log.await(t, "damage was found", 1)
	log.await(t, filepath.Base(parts[0]), 1)
	stop()
}

// openFolder makes and opens a data folder.
func openFolder(t testing.TB, path string) *node.Node {
	t.Helper()
	f, err := node.Open(t.Context(), node.Config{Path: path, Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
