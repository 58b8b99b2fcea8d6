package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/store"
)

// Source names a feed to be fetched. The name of an OSV feed is its ecosystem.
type Source struct {
	Kind intel.Kind
	Name string
	// URL is where to fetch from, the official place if empty.
	URL string
}

// DefaultSources are fetched where nothing else was asked for: CVE records,
// NVD, known exploitation and ends of support.
func DefaultSources() []Source {
	return []Source{
		{Kind: intel.CVE5, Name: "cvelistV5"}, {Kind: intel.NVD, Name: "nvd"},
		{Kind: intel.KEV, Name: "kev"}, {Kind: intel.EOL, Name: "endoflife"},
	}
}

// Refreshed says what became of one source.
type Refreshed struct {
	Imported
	// Unchanged is true where the source has nothing new.
	Unchanged bool
	// Err is why the source could not be refreshed; the feed stays as it was.
	Err error
}

// Refresh fetches sources, all that were fetched before if none is named,
// and builds a new catalog if any of them changed. A source that fails does
// not stop the others.
func (l *Library) Refresh(ctx context.Context, sources []Source, allowShrink bool) ([]Refreshed, catalog.Summary, error) {
	l.building.Lock()
	defer l.building.Unlock()
	if len(sources) == 0 {
		var err error
		if sources, err = l.fetchedBefore(ctx); err != nil {
			return nil, catalog.Summary{}, err
		}
	}
	var all []Refreshed
	changed := false
	for _, source := range sources {
		r := l.refresh(ctx, source, allowShrink)
		if err := ctx.Err(); err != nil {
			return all, catalog.Summary{}, err
		}
		changed = changed || r.Err == nil && !r.Unchanged
		all = append(all, r)
	}
	if !changed {
		return all, catalog.Summary{}, nil
	}
	summary, err := l.buildCatalog(ctx)
	return all, summary, err
}

// fetchedBefore lists the sources that were fetched before, the default ones
// if none was.
func (l *Library) fetchedBefore(ctx context.Context) ([]Source, error) {
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	var sources []Source
	for _, f := range known {
		if f.Mark != "" {
			sources = append(sources, Source{Kind: intel.Kind(f.Kind), Name: f.Name, URL: f.URL})
		}
	}
	if len(sources) == 0 {
		return DefaultSources(), nil
	}
	return sources, nil
}

// refresh fetches one source into a folder of its own, so that the feed stays
// whole whatever happens.
func (l *Library) refresh(ctx context.Context, s Source, allowShrink bool) Refreshed {
	r, err := l.fetch(ctx, s, allowShrink)
	if err == nil {
		return r
	}
	r = Refreshed{Err: fmt.Errorf("refreshing feed %q of kind %q: %w", s.Name, s.Kind, err)}
	if ctx.Err() == nil {
		r.Err = errors.Join(r.Err, l.noteFailure(ctx, s, err))
	}
	r.Feed.Kind, r.Feed.Name = string(s.Kind), s.Name
	return r
}

// noteFailure shows a failure in the list of feeds, until the next success.
func (l *Library) noteFailure(ctx context.Context, s Source, failure error) error {
	known, err := l.store.Feed(ctx, string(s.Kind), s.Name)
	if errors.Is(err, store.ErrNotFound) {
		return nil // a feed that never was is not listed
	}
	if err != nil {
		return err
	}
	known.Checked, known.Failure = l.clock(), failure.Error()
	return l.store.PutFeed(ctx, known)
}

func (l *Library) fetch(ctx context.Context, s Source, allowShrink bool) (Refreshed, error) {
	if !feedName.MatchString(s.Name) {
		return Refreshed{}, ErrFeedName
	}
	known, err := l.store.Feed(ctx, string(s.Kind), s.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Refreshed{}, err
	}
	fresh := known
	fresh.Kind, fresh.Name, fresh.URL, fresh.Path = string(s.Kind), s.Name, s.URL, l.newFeedFolder(s.Kind)
	mark, err := l.fetchInto(ctx, s, known, fresh.Path)
	if err != nil {
		return Refreshed{}, errors.Join(err, os.RemoveAll(l.path(fresh.Path)))
	}
	if known.Mark != "" && string(mark) == known.Mark {
		known.Checked, known.Failure = l.clock(), ""
		return Refreshed{Imported: Imported{Feed: known}, Unchanged: true},
			errors.Join(os.RemoveAll(l.path(fresh.Path)), l.store.PutFeed(ctx, known))
	}
	fresh.Mark, fresh.Failure = string(mark), ""
	if fresh.Bytes, fresh.SHA256, err = sizeAndHash(ctx, l.path(fresh.Path)); err != nil {
		return Refreshed{}, errors.Join(err, os.RemoveAll(l.path(fresh.Path)))
	}
	taken, err := l.takeFeed(ctx, fresh, allowShrink)
	return Refreshed{Imported: taken}, err
}

// fetchInto fetches into a new folder that begins with links to the files of
// the last fetch: a feed replaces files as a whole, so the old ones stay.
func (l *Library) fetchInto(ctx context.Context, s Source, known store.Feed, folder string) (intel.Mark, error) {
	if err := os.MkdirAll(l.path(folder), 0o700); err != nil {
		return "", fmt.Errorf("making folder of feed: %w", err)
	}
	if known.Mark != "" {
		if err := linkFiles(l.path(known.Path), l.path(folder)); err != nil {
			return "", err
		}
	}
	dst, err := os.OpenRoot(l.path(folder))
	if err != nil {
		return "", fmt.Errorf("opening folder of feed: %w", err)
	}
	defer dst.Close()
	feed, err := feeds.New(s.Kind, feeds.Config{Client: l.client, URL: s.URL, Ecosystem: s.Name})
	if err != nil {
		return "", err
	}
	return feed.Fetch(ctx, dst, intel.Mark(known.Mark))
}

// linkFiles links the files of one folder into another.
func linkFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Link(path, filepath.Join(to, e.Name()))
	})
}

// sizeAndHash describes the files of a folder, in order of their names.
func sizeAndHash(ctx context.Context, folder string) (bytes int64, sum string, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if !e.Type().IsRegular() { // opening a pipe would wait
			return fmt.Errorf("%q is no regular file", path)
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		n, err := io.Copy(hash, untilDone{ctx: ctx, in: file})
		bytes += n
		return err
	})
	if err != nil {
		return 0, "", fmt.Errorf("reading the files of a feed: %w", err)
	}
	return bytes, hex.EncodeToString(hash.Sum(nil)), nil
}
