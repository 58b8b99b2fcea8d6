package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// scratchFolder, in the data folder, exists while sources are fetched. Its files are moved to the
// feeds when all are fetched.
const scratchFolder = "scratch"

// Source is a feed to be fetched. The name of an OSV feed is its ecosystem.
type Source struct {
	Kind intel.Kind
	Name string
	// URL is where to fetch from; if empty, the official place.
	URL string
}

// fetched holds a source's files in a local folder. For files that it did not send there are empty
// stand-ins, one for each file of the feed.
type fetched struct {
	mark     intel.Mark
	dst      *os.Root
	path     string
	standIns map[string]fs.FileInfo
}

// close removes the folder.
func (f *fetched) close() error {
	return errors.Join(f.dst.Close(), os.RemoveAll(f.path))
}

// download asks a source for everything new since a mark. files are the feed's current files.
func (l *Library) download(ctx context.Context, s Source, since intel.Mark, files fs.FS) (f *fetched, err error) {
	if f, err = l.newScratch(); err != nil {
		return nil, fmt.Errorf("making a folder for fetched files: %w", err)
	}
	defer func() {
		if err != nil {
			f, err = nil, errors.Join(err, f.close())
		}
	}()
	if since != "" {
		if err := f.standIn(files); err != nil {
			return f, err
		}
	}
	feed, err := feeds.New(s.Kind, feeds.Config{Client: l.client, URL: s.URL, Ecosystem: s.Name})
	if err == nil {
		f.mark, err = feed.Fetch(ctx, f.dst, since)
	}
	return f, err
}

// newScratch makes an empty folder.
func (l *files) newScratch() (*fetched, error) {
	above := filepath.Join(l.folder, scratchFolder)
	if err := os.MkdirAll(above, 0o700); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(above, "fetch-*")
	if err != nil {
		return nil, err
	}
	dst, err := os.OpenRoot(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return &fetched{dst: dst, path: path, standIns: map[string]fs.FileInfo{}}, nil
}

// standIn makes an empty stand-in for each file.
func (f *fetched) standIn(files fs.FS) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := f.dst.WriteFile(e.Name(), nil, 0o600); err != nil {
			return err
		}
		if f.standIns[e.Name()], err = f.dst.Stat(e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// unchanged reports whether a file is still its stand-in.
func (f *fetched) unchanged(name string) bool {
	was := f.standIns[name]
	if was == nil {
		return false
	}
	now, err := f.dst.Stat(name)
	return err == nil && now.Size() == 0 && os.SameFile(was, now)
}

// nothing reports whether the source sent no file.
func (f *fetched) nothing() bool {
	entries, err := fs.ReadDir(f.dst.FS(), ".")
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !f.unchanged(e.Name()) })
}

// keep stores the fetched files below a name, durably, together with unchanged files from below
// old, and returns size and hash of all.
func (l *files) keep(ctx context.Context, f *fetched, old, name string) (bytes int64, sum string, err error) {
	entries, err := fs.ReadDir(f.dst.FS(), ".")
	if err != nil {
		return 0, "", err
	}
	batch := l.blobs.NewBatch()
	for _, e := range entries {
		to := key(name) + "/" + e.Name()
		if f.unchanged(e.Name()) {
			err = batch.Copy(ctx, key(old)+"/"+e.Name(), to)
		} else {
			open := func() (io.ReadCloser, error) { return f.dst.Open(e.Name()) }
			_, err = putRaw(ctx, batch, to, RawFile{Name: e.Name(), Open: open}, maxFeed)
		}
		if err != nil {
			return 0, "", fmt.Errorf("keeping %q: %w", e.Name(), err)
		}
	}
	if err := batch.Sync(ctx); err != nil {
		return 0, "", err
	}
	return l.describe(ctx, name)
}

// fetchNew fetches what a source has new, and reports whether there is anything. If the feed's own
// files turn out to be damaged when they are copied, everything is fetched anew.
func (l *Library) fetchNew(ctx context.Context, s Source,
	known intelligence.Feed) (f *fetched, changed bool, err error) {
	since := intel.Mark(known.Mark)
	if known.Path == "" {
		since = ""
	}
	f, err = l.download(ctx, s, since, l.rawFiles(ctx, known.Path))
	if err != nil || since == "" || f.mark == since && f.nothing() {
		return f, since == "", err
	}
	bytes, sum, err := l.describe(ctx, known.Path)
	if err == nil && bytes == known.Bytes && sum == known.SHA256 {
		return f, true, nil
	}
	if ctx.Err() != nil {
		return nil, false, errors.Join(ctx.Err(), f.close())
	}
	l.tell(fmt.Sprintf("the raw files of feed %q of kind %q are damaged: fetching all of them anew", known.Name,
		known.Kind))
	if err := f.close(); err != nil {
		return nil, false, err
	}
	f, err = l.download(ctx, s, "", nil)
	return f, true, err
}

// tidyScratch removes the files of earlier fetches.
func (l *files) tidyScratch() error { return os.RemoveAll(filepath.Join(l.folder, scratchFolder)) }
