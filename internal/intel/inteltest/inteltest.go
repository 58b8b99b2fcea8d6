// Package inteltest helps to test feeds: it parses whole folders and finds the real data beside
// the clone.
package inteltest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/testneed"
)

// Parse returns the records of fsys, without what their documents say about the list, and the errors
// of skipped ones. Any other error fails the test.
func Parse(t testing.TB, feed intel.Feed, fsys fs.FS) (records []intel.Record, odd []error) {
	t.Helper()
	for record, err := range feed.Parse(t.Context(), fsys) {
		if _, ok := errors.AsType[*intel.RecordError](err); ok {
			odd = append(odd, err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		record.Listing = nil
		records = append(records, record)
	}
	return records, odd
}

// Failure returns the error that ends the parsing of fsys; nil if there is none.
func Failure(t testing.TB, feed intel.Feed, fsys fs.FS) error {
	t.Helper()
	for _, err := range feed.Parse(t.Context(), fsys) {
		if _, ok := errors.AsType[*intel.RecordError](err); err != nil && !ok {
			return err
		}
	}
	return nil
}

// File is a folder of one file.
func File(name, text string) fs.FS {
	return fstest.MapFS{name: {Data: []byte(text)}}
}

// Shared is a folder with the real file of that name from shared/data beside the clone. Without it
// the test is skipped.
func Shared(t testing.TB, name string) fs.FS {
	t.Helper()
	path := testneed.Shared(t, filepath.FromSlash(name))
	return only{os.DirFS(filepath.Dir(path)), filepath.Base(path)}
}

// only is a folder that shows one of its files.
type only struct {
	fs.FS
	name string
}

func (o only) ReadDir(string) ([]fs.DirEntry, error) {
	info, err := fs.Stat(o.FS, o.name)
	if err != nil {
		return nil, err
	}
	return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
}
