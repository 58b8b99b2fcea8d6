package library_test

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

// lab is a library in a data folder of its own.
type lab struct {
	*testing.T
	ctx     context.Context
	folder  string
	store   *store.Store
	library *library.Library
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, ctx: t.Context(), folder: t.TempDir()}
	l.store = storetest.Open(t, store.Config{Path: filepath.Join(l.folder, "muster.db")})
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	l.library = library.New(library.Config{Store: l.store, Folder: l.folder, Clock: func() time.Time { return now }})
	return l
}

func oneFile(name, text string) iter.Seq2[library.RawFile, error] {
	return library.FilesOf(fstest.MapFS{name: {Data: []byte(text)}})
}

// wantRecords compares the list of feeds, and looks for raw files that no feed
// names.
func (l *lab) wantRecords(want map[string]int64) {
	l.Helper()
	known, err := l.store.Feeds(l.ctx)
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
