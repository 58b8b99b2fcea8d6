package library_test

import (
	"context"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/testneed"
)

// lab is a library in a data folder of its own.
type lab struct {
	tester
	ctx     context.Context
	folder  string
	files   blob.Store
	store   *store.Store
	library *library.Library
	config  library.Config
	// steps counts the steps until the process dies; it lives while below zero.
	steps        atomic.Int64
	mortal, died atomic.Bool
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	rapid.TB
	Cleanup(func())
	Context() context.Context
}

func newLab(t tester) *lab {
	t.Helper()
	folder, err := os.MkdirTemp("", "muster-library")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	files, err := blob.OpenDir(folder, library.Folders()...)
	if err != nil {
		t.Fatal(err)
	}
	return labOn(t, folder, files)
}

// newLabBy is newLab with another clock of the database.
func newLabBy(t *testing.T, clock func() time.Time) *lab {
	t.Helper()
	folder := t.TempDir()
	files, err := blob.OpenDir(folder, library.Folders()...)
	if err != nil {
		t.Fatal(err)
	}
	return labAt(t, folder, files, clock)
}

// labOn is newLab with the library's files in a given store.
func labOn(t tester, folder string, files blob.Store) *lab {
	t.Helper()
	return labAt(t, folder, files, nil)
}

func labAt(t tester, folder string, files blob.Store, clock func() time.Time) *lab {
	t.Helper()
	t.Cleanup(func() { files.Close() })
	var err error
	l := &lab{files: files, tester: t, ctx: t.Context(), folder: folder}
	if l.store, err = store.Open(l.ctx,
		store.Config{Database: database.Config{Path: filepath.Join(l.folder, "muster.db"), Clock: clock}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.store.Close() })
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	l.config = library.Config{Store: l.store, Files: files, Folder: l.folder,
		Clock: func() time.Time { return now }, Trace: l.step}
	l.library = library.New(l.config)
	t.Cleanup(func() { l.library.Close() })
	return l
}

// step ends the goroutine that reaches the last step, and all others at their next step, like the
// end of a process.
func (l *lab) step(string) {
	if l.mortal.Load() && l.steps.Add(-1) < 0 {
		l.died.Store(true)
		runtime.Goexit()
	}
}

// dieAt runs do in a process that dies after a number of steps, unless do ends before, and starts
// another process.
func (l *lab) dieAt(steps int, do func()) (died bool) {
	l.Helper()
	l.steps.Store(int64(steps))
	l.died.Store(false)
	l.mortal.Store(true)
	var running sync.WaitGroup
	running.Go(do)
	running.Wait()
	l.library.Close()
	l.mortal.Store(false)
	l.reopen()
	return l.died.Load()
}

// reopen starts the library again, as a program does.
func (l *lab) reopen() {
	l.Helper()
	l.library.Close()
	l.library = library.New(l.config)
	if err := l.library.Resume(l.ctx); err != nil {
		l.Fatal(err)
	}
}

func oneFile(name, text string) iter.Seq2[library.RawFile, error] {
	return library.FilesOf(fstest.MapFS{name: {Data: []byte(text)}})
}

// wantRecords compares the list of feeds, and checks that there are no unnamed raw files.
func (l *lab) wantRecords(want map[string]int64) {
	l.Helper()
	if _, err := l.library.Current(l.ctx); err != nil {
		l.Fatal(err)
	}
	if !l.library.Swept() {
		l.Error("nobody sweeps any more, and something is left")
	}
	known, err := l.store.Intelligence.Feeds(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	if len(known) != len(want) {
		l.Errorf("%d feeds, want %d", len(known), len(want))
	}
	for _, f := range known {
		if f.Records != want[f.Name] {
			l.Errorf("feed %q has %d records, want %d", f.Name, f.Records, want[f.Name])
		}
	}
	folders, err := filepath.Glob(filepath.Join(l.folder, "feed", "*", "*"))
	if err != nil || len(folders) != len(want) {
		l.Errorf("%d folders of raw files (%v), want %d", len(folders), err, len(want))
	}
}

// TestMain draws few histories, since each makes hundreds of files durable, unless the command
// line or the long form says otherwise.
func TestMain(m *testing.M) {
	if checks := flag.Lookup("rapid.checks"); checks != nil && !testneed.Soak() {
		if err := checks.Value.Set("10"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
