package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// stocked makes a closed database with devices, documents and a generation, and
// returns its path.
func stocked(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Organizations.Ensure(t.Context(), org, "test"); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 0, 60)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// fill stores the reports of devices.
func fill(t testing.TB, s *store.Store, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		in := software(fmt.Sprintf("host-%d", i), strings.Repeat(fmt.Sprint(i), 400))
		if _, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, noon); err != nil {
			t.Fatal(err)
		}
	}
}

// faults opens a database, checks it and returns all faults.
func faults(ctx context.Context, path string, existing bool) (found []string) {
	s, err := store.Open(ctx, store.Config{Database: database.Config{Path: path, Existing: existing}})
	if err != nil {
		return []string{err.Error()}
	}
	_, err = s.DB.Check(ctx, func(context.Context, int64) error { return nil },
		func(err error) { found = append(found, err.Error()) })
	if err != nil {
		found = append(found, err.Error())
	}
	if err := s.Close(); err != nil {
		found = append(found, err.Error())
	}
	return found
}

// content is everything that a database stores of its devices.
func content(ctx context.Context, path string) (string, error) {
	s, err := store.Open(ctx, store.Config{Database: database.Config{Path: path, Existing: true}})
	if err != nil {
		return "", err
	}
	defer s.Close()
	all, err := s.Reports.ListDevices(ctx, org, reports.DeviceFilter{AllGroups: true}, 10_000)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, d := range all {
		device, documents, err := s.Reports.Load(ctx, org, d.ID)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&text, device, documents, reports.CheckDevice(device, documents))
	}
	return text.String(), nil
}

func TestOpenDoesNotBeginAnewWhereADatabaseWas(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"gone":         os.Remove,
		"empty":        func(path string) error { return os.Truncate(path, 0) },
		"no SQLite":    func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("text ", 4000)), 0o600) },
		"a few bytes":  func(path string) error { return os.Truncate(path, 50) },
		"half of it":   func(path string) error { return halve(path) },
		"without ours": func(path string) error { return os.WriteFile(path, emptyDatabase(t), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := stocked(t)
			must(t, damage(path))
			before := listing(t, filepath.Dir(path))
			_, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
			isError(t, err, database.ErrDamaged, path)
			if name == "without ours" {
				return // SQLite has opened it
			}
			equal(t, "the folder", listing(t, filepath.Dir(path)), before)
		})
	}
}

func halve(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/2)
}

// emptyDatabase is an SQLite database that was never muster's.
func emptyDatabase(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	must(t, makeOther(path))
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// listing is the names and sizes of a folder's files.
func listing(t *testing.T, folder string) (text string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		text += fmt.Sprintln(e.Name(), info.Size())
	}
	return text
}

// killed makes a database whose process has died, with its last reports in the
// log, and returns its path.
func killed(t testing.TB) string {
	t.Helper()
	from := stocked(t)
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: from}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 60, 80)
	path := filepath.Join(t.TempDir(), "muster.db")
	for _, suffix := range []string{"", "-wal", "-open"} {
		data, err := os.ReadFile(from + suffix)
		if err == nil {
			err = os.WriteFile(path+suffix, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// SQLite would write the log of another database over this one.
func TestOpenRefusesTheLogOfAnotherDatabase(t *testing.T) {
	path, other := stocked(t), killed(t)
	before, err := os.ReadFile(path)
	must(t, err)
	want, err := content(t.Context(), path)
	must(t, err)
	copyFile(t, other+"-wal", path+"-wal")
	for range 2 {
		_, err = store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
		isError(t, err, database.ErrLog, "muster.db-wal")
	}
	after, err := os.ReadFile(path)
	must(t, err)
	equal(t, "bytes are the same", string(after) == string(before), true)
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path,
		Existing: true, AcceptLog: true}})
	must(t, err)
	must(t, s.Close())
	got, err := content(t.Context(), path)
	must(t, err)
	equal(t, "content", got, want)
	aside, err := filepath.Glob(path + "-wal.given-up-*")
	must(t, err)
	equal(t, "logs set aside", len(aside), 1)
}

func TestOpenMissesALostLog(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"gone":  func(path string) error { return os.Remove(path + "-wal") },
		"empty": func(path string) error { return os.Truncate(path+"-wal", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			path := killed(t)
			must(t, damage(path))
			for range 2 { // and says so again
				_, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
				isError(t, err, database.ErrDamaged, "muster.db-wal")
			}
			s, err := store.Open(t.Context(),
				store.Config{Database: database.Config{Path: path, Existing: true, AcceptLog: true}})
			must(t, err)
			must(t, s.Close())
			equal(t, "faults", len(faults(t.Context(), path, true)), 0)
		})
	}
}

// A power loss may leave one commit after a torn one; it was never acknowledged.
func TestOpenTellsATornLogFromADamagedOne(t *testing.T) {
	path := killed(t)
	whole, err := os.ReadFile(path + "-wal")
	must(t, err)
	for cut := range 3 { // a transaction that was not written to its end
		must(t, os.WriteFile(path+"-wal", whole[:len(whole)-1000*(cut+1)], 0o600))
		must(t, os.WriteFile(path+"-open", nil, 0o600))
		equal(t, "faults of a torn log", len(faults(t.Context(), path, true)), 0)
		path = killed(t)
		whole, err = os.ReadFile(path + "-wal")
		must(t, err)
	}
	for _, at := range []int{0, 20, 33, 200, len(whole) / 2} {
		flipped := append([]byte(nil), whole...)
		flipped[at] ^= 4
		must(t, os.WriteFile(path+"-wal", flipped, 0o600))
		_, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
		isError(t, err, database.ErrDamaged, "muster.db-wal")
	}
	must(t, os.WriteFile(path+"-wal", whole, 0o600))
	equal(t, "faults of the whole log", len(faults(t.Context(), path, true)), 0)
}

// Any change to the bytes of a closed database is either named or changes nothing of what is
// stored.
func TestCheckNamesEveryDamage(t *testing.T) {
	path := stocked(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	want, err := content(t.Context(), path)
	must(t, err)
	rapid.Check(t, func(t *rapid.T) {
		data := append([]byte(nil), whole...)
		pages := len(data) / 8192
		page := rapid.IntRange(0, pages-1).Draw(t, "page") * 8192
		switch rapid.SampledFrom([]string{"flip", "flip", "flip", "zero", "swap", "truncate"}).Draw(t, "damage") {
		case "flip":
			for range rapid.IntRange(1, 3).Draw(t, "flips") {
				data[page+rapid.IntRange(0, 8191).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			}
		case "zero":
			clear(data[page : page+8192])
		case "swap":
			other := rapid.IntRange(0, pages-1).Draw(t, "other") * 8192
			copy(data[page:], whole[other:other+8192])
		case "truncate":
			data = data[:rapid.IntRange(0, len(data)-1).Draw(t, "size")]
		}
		for _, suffix := range []string{"-wal", "-shm", "-open", "-moving"} {
			os.Remove(path + suffix)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if found := faults(context.Background(), path, true); len(found) > 0 {
			return
		}
		if got, err := content(context.Background(), path); err != nil || got != want {
			t.Fatalf("nothing was found, and the content is another one (%v)", err)
		}
	})
}

func TestReadingADamagedPageIsAnError(t *testing.T) {
	path := stocked(t)
	data, err := os.ReadFile(path)
	must(t, err)
	for page := 1; page < len(data)/8192; page++ {
		data[page*8192+5000] ^= 1
	}
	must(t, os.WriteFile(path, data, 0o600))
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
	if err == nil {
		_, err = s.Reports.ListDevices(t.Context(), org, reports.DeviceFilter{AllGroups: true}, 10)
		must(t, s.Close())
	}
	if !errors.Is(err, database.ErrDamaged) {
		t.Errorf("reading: %v, want ErrDamaged", err)
	}
}

// A database of an older program has no checksums. It is read, and gets them.
func TestOlderDatabasesGetChecksums(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	must(t, makeOlder(path))
	header := func() byte {
		data, err := os.ReadFile(path)
		must(t, err)
		return data[20]
	}
	equal(t, "reserved bytes before", header(), byte(0))
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
	must(t, err)
	o, err := s.Organizations.ByID(t.Context(), org)
	must(t, err)
	equal(t, "organization", o, organization.Organization{ID: org, Name: "old", Revision: 7})
	must(t, s.Close())
	equal(t, "reserved bytes after", header(), byte(8))
	equal(t, "faults", len(faults(t.Context(), path, true)), 0)
}

// A header that denies the checksums would have them ignored.
func TestOpenRefusesAHeaderThatDeniesChecksums(t *testing.T) {
	path := stocked(t)
	data, err := os.ReadFile(path)
	must(t, err)
	for _, reserved := range []byte{0, 1, 9, 255} {
		data[20] = reserved
		must(t, os.WriteFile(path, data, 0o600))
		_, err = store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
		isError(t, err, database.ErrDamaged, path)
	}
}

// A restarted log has old frames until it has overwritten them: a kill at that moment is not
// damage.
func TestOpenTakesALogThatBeganAnewForWhole(t *testing.T) {
	path := killed(t)
	before, err := os.ReadFile(path + "-wal")
	must(t, err)
	other := stocked(t) // its log has other salts
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: other}})
	must(t, err)
	fresh, err := os.ReadFile(other + "-wal")
	must(t, err)
	data, err := os.ReadFile(other)
	must(t, err)
	must(t, s.Close())
	mixed := append(append([]byte(nil), fresh[:32]...), before[32:]...)
	must(t, os.WriteFile(other, data, 0o600))
	must(t, os.WriteFile(other+"-wal", mixed, 0o600))
	must(t, os.WriteFile(other+"-open", nil, 0o600))
	equal(t, "faults", len(faults(t.Context(), other, true)), 0)
}

// An open that fails closes the log as properly as any other.
func TestFailedOpenLosesNoLog(t *testing.T) {
	path := killed(t)
	raiseKilled(t, path)
	_, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
	isError(t, err, database.ErrNewer, path)
	_, err = store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
	isError(t, err, database.ErrNewer, path)
}

// A kill while the log is moved into the database leaves pages half written. The log has them
// whole, so that is not damage.
func TestPagesThatWereBeingWrittenAreNoDamage(t *testing.T) {
	path := killed(t)
	data, err := os.ReadFile(path)
	must(t, err)
	log, err := os.ReadFile(path + "-wal")
	must(t, err)
	torn := 0
	for at := 32; at+24+8192 <= len(log); at += 24 + 8192 {
		page := int(binary.BigEndian.Uint32(log[at:]))
		if page > 1 && page*8192 <= len(data) {
			clear(data[page*8192-4096 : page*8192])
			torn++
		}
	}
	equal(t, "pages were torn", torn > 0, true)
	must(t, os.WriteFile(path, data, 0o600))
	equal(t, "faults", len(faults(t.Context(), path, true)), 0)
}
