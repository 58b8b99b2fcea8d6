package titles

import (
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Feed is a data set of titles. No one publishes it but muster, so it is imported, or fetched from an address of the
// operator's.
type Feed struct {
	Client *http.Client
	// URL is the address of a file, or of an archive of files; empty: none.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns the address of the operator's (intel.Feed).
func (f Feed) Address() string { return f.URL }

// Fetch downloads the file at the address if it has changed; intel.ErrNoAddress without one.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.From(ctx, dst, since, "titles.zip", f.URL)
}

// Parse yields a record for each file. A set with a fault is refused as a whole: half a set would take the place of a
// whole one.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return func(yield func(intel.Record, error) bool) {
		files, err := read(ctx, fsys)
		if err == nil {
			_, err = Check(files)
		}
		if err != nil {
			yield(intel.Record{}, err)
			return
		}
		for _, f := range files {
			if !yield(intel.Record{Source: f.Name, Titles: f.Text}, nil) {
				return
			}
		}
	}
}

// read reads the files of a set, by name.
func read(ctx context.Context, fsys fs.FS) ([]File, error) {
	limits := intel.DefaultLimits()
	limits.Entry, limits.Total = maxSet, 2*maxSet
	docs, err := intel.Whole(ctx, "titles", limits.Texts(fsys))
	if err != nil {
		return nil, err
	}
	var files []File
	for _, doc := range docs {
		files = append(files, File{doc.Name, strings.TrimPrefix(string(doc.Data), "\ufeff")})
	}
	return sorted(files), nil
}
