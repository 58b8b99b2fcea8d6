package move

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/watch"
)

// lab is a data folder with snapshots, and places to move it to.
type lab struct {
	*testing.T
	folder node.Config
	places node.Places
	server *testneed.PostgresServer
	name   string // of the database
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, server: testneed.Postgres(t), name: "move_" + strings.ToLower(rand.Text()[:10]),
		folder: node.Config{Path: filepath.Join(t.TempDir(), "data"), Command: "test", Log: slog.New(slog.DiscardHandler)}}
	l.server.SQL(t, "postgres", "CREATE DATABASE "+l.name)
	t.Cleanup(func() { l.server.SQL(t, "postgres", "DROP DATABASE "+l.name+" WITH (FORCE)") })
	l.places = node.Places{Database: l.server.URL(l.name), Cache: filepath.Join(t.TempDir(), "cache"),
		Files: "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "files"))}
	l.folder.Make = true
	for _, version := range []string{"1", "2"} {
		n := l.open()
		session, end, err := n.Here(t.Context(), organization.Default)
		if err != nil {
			t.Fatal(err)
		}
		_, err = control.Do(t.Context(), session, control.SendReports(control.Reports{Format: inventory.FormatReport,
			Body: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(`{"device":{"name":"a"},"software":[{"kind":"deb","name":"x","version":"` + version + `"}]}`)), nil
			}}))
		if err == nil {
			_, err = n.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context())
		}
		if err := errors.Join(err, end()); err != nil {
			t.Fatal(err)
		}
	}
	l.folder.Make = false
	if err := os.WriteFile(filepath.Join(l.folder.Path, node.AliasesFile), []byte("# none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) open() *node.Node {
	l.Helper()
	n, err := node.Open(l.Context(), l.folder)
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// move moves the folder, and is interrupted at a step; -1 for none. It returns how many steps there were.
func (l *lab) move(interrupt int) (moved Moved, steps int, last string, err error) {
	moved, err = Move(l.Context(), Config{Folder: l.folder, Places: l.places, Tell: func(string) {},
		Trace: func(step string) error {
			if last = step; steps == interrupt {
				return errInterrupted
			}
			steps++
			return nil
		}})
	return moved, steps, last, err
}

var errInterrupted = errors.New("interrupted")

// served opens the places as a server does, and closes them.
func (l *lab) served() error {
	n, err := node.Open(context.Background(), node.Config{Places: l.places, Command: "test", Make: true, Log: l.folder.Log})
	if err != nil {
		return err
	}
	return n.Close()
}

// A move that is interrupted at any step and begun again ends with the same. Until the database is complete the
// new place is not served, and after it the folder is not.
func TestMoveIsInterrupted(t *testing.T) {
	l := newLab(t)
	filled := false
	var there, files int
	var before string
	for at := 1; ; at++ {
		moved, steps, last, err := l.move(at)
		if err == nil {
			if at < 10 || !moved.Before {
				t.Errorf("moved after %d interruptions: %+v", at, moved)
			}
			break
		}
		if !errors.Is(err, errInterrupted) {
			t.Fatalf("%q: %v", last, err)
		}
		for _, f := range moved.Folders {
			there, files = max(there, f.There), max(files, f.Files)
		}
		filled = filled || last == "mark the folder as complete"
		if strings.HasPrefix(last, "copy ") && strings.HasPrefix(before, "copy ") {
			at += 4 // one file is like another
			continue
		}
		before = last
		_, marked, err := node.ReadMoved(l.folder.Path)
		if err != nil || marked != (last == "fill the database" || filled) {
			t.Errorf("after %q the folder is marked: %v %v", last, marked, err)
		}
		if n, err := node.Open(t.Context(), l.folder); !marked && err != nil || marked && !errors.Is(err, node.ErrMoved) {
			t.Errorf("after %q the folder: %v", last, err)
		} else if err == nil {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := l.served(); !filled && !errors.Is(err, database.ErrFilling) || filled && err != nil {
			t.Errorf("after %q (step %d) the place: %v", last, steps, err)
		}
	}
	if there != files || files < 8 {
		t.Errorf("%d of %d files were there already", there, files)
	}
	n, err := node.Open(t.Context(), node.Config{Places: l.places, Command: "test", Log: l.folder.Log})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	found, err := n.Verifier.Verify(t.Context(), organization.Default)
	if err != nil || len(found.Problems) > 0 || len(found.Unknown) > 0 || found.Deltas != 1 || found.Devices != 1 {
		t.Errorf("verified: %+v, %v", found, err)
	}
	copied, err := os.ReadFile(filepath.Join(strings.TrimPrefix(l.places.Files, "file://"), node.KeyFile))
	ours, _ := os.ReadFile(filepath.Join(l.folder.Path, node.KeyFile))
	if err != nil || string(copied) != string(ours) {
		t.Errorf("the key beside the files: %v", err)
	}
}

// A folder may be served between two tries: what it has then is what is moved, with the key that is given.
func TestMoveAfterMore(t *testing.T) {
	l := newLab(t)
	if _, _, last, err := l.move(7); !errors.Is(err, errInterrupted) || !strings.HasPrefix(last, "copy ") {
		t.Fatalf("%q: %v", last, err)
	}
	strange := filepath.Join(strings.TrimPrefix(l.places.Files, "file://"), node.FilesFolder, "gone")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := l.open()
	if _, err := n.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	bits := make([]byte, 32)
	rand.Read(bits)
	l.places.KeyText = hex.EncodeToString(bits)
	moved, _, _, err := l.move(-1)
	if err != nil || moved.KeyBeside || moved.Before {
		t.Fatalf("%+v, %v", moved, err)
	}
	counts := map[string]int64{}
	for _, table := range moved.Tables {
		counts[table.Name] = table.Rows
	}
	if counts["snapshot"] != 3 || counts["device"] != 1 || counts["signing_key"] != 3 {
		t.Errorf("moved %v", counts)
	}
	if err := l.served(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{strange, filepath.Join(strings.TrimPrefix(l.places.Files, "file://"), node.KeyFile)} {
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
	l.places.KeyText = hex.EncodeToString(make([]byte, 31)) + "01"
	if err := l.served(); !errors.Is(err, auth.ErrForeignKey) {
		t.Errorf("another key: %v", err)
	}
}

// What cannot be moved is refused before anything is changed at the new place.
func TestMoveIsRefused(t *testing.T) {
	l := newLab(t)
	refused := func(what string, want error) {
		t.Helper()
		if _, _, _, err := l.move(-1); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if tables := l.server.SQL(t, l.name, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); strings.TrimSpace(tables) != "0" {
			t.Errorf("%s: %s tables were made", what, tables)
		}
	}
	n := l.open()
	refused("in use", node.ErrLocked)
	if err := n.Store.Clock.SetShrinking(t.Context(), organization.Default, 20); err != nil {
		t.Fatal(err)
	}
	n.Close()
	refused("in doubt", watch.ErrDoubt)
	n = l.open()
	if err := n.Store.Clock.SetShrinking(t.Context(), organization.Default, 0); err != nil {
		t.Fatal(err)
	}
	n.Close()

	folder := strings.TrimPrefix(l.places.Files, "file://")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(folder, "other")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("files of others", node.ErrPlace)
	if err := os.Remove(strange); err != nil {
		t.Fatal(err)
	}

	var sheet string
	files := filepath.Join(l.folder.Path, node.FilesFolder)
	err := filepath.WalkDir(files, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(path, "sheet") {
			sheet = path
		}
		return err
	})
	if err != nil || sheet == "" {
		t.Fatalf("no sheet: %v", err)
	}
	good, err := os.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	bad := append([]byte{}, good...)
	bad[len(bad)/2] ^= 1
	if err := errors.Join(os.Chmod(sheet, 0o600), os.WriteFile(sheet, bad, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := l.move(-1); !errors.Is(err, blob.ErrDamaged) || !errors.Is(err, node.ErrDamaged) {
		t.Errorf("a damaged file: %v", err)
	}
	if err := l.served(); !errors.Is(err, database.ErrFilling) {
		t.Errorf("the place of a damaged folder: %v", err)
	}
	if err := os.WriteFile(sheet, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := l.move(-1); err != nil {
		t.Errorf("after the repair: %v", err)
	}

	other := newLab(t)
	other.places.Database = l.places.Database
	if _, _, _, err := other.move(-1); !errors.Is(err, node.ErrPlace) {
		t.Errorf("a database of others: %v", err)
	}
	l.places.Database = other.server.URL(other.name)
	if _, _, _, err := l.move(-1); !errors.Is(err, node.ErrMoved) {
		t.Errorf("moved to another place: %v", err)
	}
	if err := os.Remove(filepath.Join(l.folder.Path, node.MovedFile)); err != nil {
		t.Fatal(err)
	}
	l.open().Close() // whoever removes the mark goes back
}
