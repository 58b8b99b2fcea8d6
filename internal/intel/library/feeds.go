package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/store"
)

const (
	// feedFolder holds the raw files of feeds, below the data folder.
	feedFolder = "feed"
	// maxFeed bounds the raw files of one feed, in bytes.
	maxFeed = 16 << 30
)

// ErrShrunk says that a feed has lost so many records that it looks damaged.
var ErrShrunk = errors.New("feed shrank by more than half")

// ErrFeedName says that a feed may not be called so.
var ErrFeedName = errors.New("feed names have 1 to 100 letters, digits, dots, colons, dashes or underscores, and begin with a letter or digit")

// RawFile is one raw file of a feed to be imported.
type RawFile struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// FilesOf lists the regular files of a file system as raw files of a feed. Raw
// files lie in one folder, so two of one name are an error when copied.
func FilesOf(fsys fs.FS) iter.Seq2[RawFile, error] {
	return func(yield func(RawFile, error) bool) {
		err := fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			open := func() (io.ReadCloser, error) { return fsys.Open(path) }
			if !yield(RawFile{Name: path, Open: open}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(RawFile{}, err)
		}
	}
}

// Import says what to import as which feed.
type Import struct {
	Kind intel.Kind
	Name string
	// Files are all of the feed's files: they replace what it had before.
	Files iter.Seq2[RawFile, error]
	// AllowShrink accepts a feed with less than half of the records it had.
	AllowShrink bool
}

// Imported says what became of one import.
type Imported struct {
	Feed store.Feed
	// Skipped counts records that are odd on their own; Odd are the first few.
	Skipped int
	Odd     []error
}

// maxOdd is how many odd records are shown.
const maxOdd = 5

// Import takes raw files as feeds, each in place of what was there under
// its kind and name, and builds a new catalog. A feed that cannot be read to
// its end, or that shrank suspiciously, changes nothing and ends the call;
// those before it stand.
func (l *Library) Import(ctx context.Context, imports ...Import) ([]Imported, catalog.Summary, error) {
	l.building.Lock()
	defer l.building.Unlock()
	var done []Imported
	for _, in := range imports {
		taken, err := l.importFeed(ctx, in)
		if err != nil {
			return done, catalog.Summary{}, err
		}
		done = append(done, taken)
	}
	summary, err := l.buildCatalog(ctx)
	return done, summary, err
}

func (l *Library) importFeed(ctx context.Context, in Import) (Imported, error) {
	if !feedName.MatchString(in.Name) {
		return Imported{}, fmt.Errorf("feed name %q: %w", in.Name, ErrFeedName)
	}
	f := store.Feed{Kind: string(in.Kind), Name: in.Name, Path: l.newFeedFolder(in.Kind)}
	var err error
	if f.Bytes, f.SHA256, err = l.copyRaw(ctx, f.Path, in.Files); err != nil {
		return Imported{}, errors.Join(fmt.Errorf("importing feed %q: %w", in.Name, err), os.RemoveAll(l.path(f.Path)))
	}
	return l.takeFeed(ctx, f, in.AllowShrink)
}

func (l *Library) newFeedFolder(kind intel.Kind) string {
	return filepath.Join(feedFolder, string(kind), l.newID())
}

// feedName keeps names fit for paths, URLs and tables.
var feedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)

// takeFeed reads the raw files in f.Path through, and if they are good makes
// them the feed. If not, they are removed.
func (l *Library) takeFeed(ctx context.Context, f store.Feed, allowShrink bool) (Imported, error) {
	before, err := l.store.Feed(ctx, f.Kind, f.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Imported{}, errors.Join(err, os.RemoveAll(l.path(f.Path)))
	}
	result, err := l.parseFeed(ctx, f, nil)
	if err == nil && !allowShrink && result.Feed.Records*2 < before.Records {
		err = fmt.Errorf("feed %q has %d records, had %d: %w", f.Name, result.Feed.Records, before.Records, ErrShrunk)
	}
	if err != nil {
		return Imported{}, errors.Join(err, os.RemoveAll(l.path(f.Path)))
	}
	now := l.clock()
	result.Feed.Imported, result.Feed.Checked = now, now
	if err := l.store.PutFeed(ctx, result.Feed); err != nil {
		return Imported{}, errors.Join(err, l.removeUnlessNamed(context.WithoutCancel(ctx), f))
	}
	if before.Path != "" && before.Path != f.Path {
		if err := os.RemoveAll(l.path(before.Path)); err != nil {
			return Imported{}, fmt.Errorf("removing the feed's former files: %w", err)
		}
	}
	return result, nil
}

// removeUnlessNamed removes the raw files in f.Path, unless they are the feed's
// all the same or nobody can tell.
func (l *Library) removeUnlessNamed(ctx context.Context, f store.Feed) error {
	known, err := l.store.Feed(ctx, f.Kind, f.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if known.Path == f.Path {
		return nil
	}
	return os.RemoveAll(l.path(f.Path))
}

// parseFeed reads a feed's raw files to their end, counting records, and adds
// them to builder unless that is nil.
func (l *Library) parseFeed(ctx context.Context, f store.Feed, builder *catalog.Builder) (Imported, error) {
	result := Imported{Feed: f}
	result.Feed.Records = 0
	parser, err := feeds.New(intel.Kind(f.Kind), feeds.Config{})
	if err != nil {
		return result, err
	}
	for record, err := range parser.Parse(ctx, os.DirFS(l.path(f.Path))) {
		var odd *intel.RecordError
		switch {
		case errors.As(err, &odd):
			if result.Skipped++; result.Skipped <= maxOdd {
				result.Odd = append(result.Odd, err)
			}
		case err != nil:
			return result, fmt.Errorf("reading feed %q of kind %q: %w", f.Name, f.Kind, err)
		default:
			result.Feed.Records++
			if builder != nil {
				builder.Add(f.Name, record)
			}
		}
	}
	return result, nil
}

// copyRaw makes durable copies of files in a new folder, and describes those.
func (l *Library) copyRaw(ctx context.Context, folder string, files iter.Seq2[RawFile, error]) (bytes int64, sum string, err error) {
	if err := os.MkdirAll(l.path(folder), 0o700); err != nil {
		return 0, "", fmt.Errorf("making folder of feed: %w", err)
	}
	for raw, err := range files {
		if err != nil {
			return 0, "", err
		}
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		n, err := copyFile(ctx, filepath.Join(l.path(folder), filepath.Base(raw.Name)), raw, maxFeed-bytes)
		if err != nil {
			return 0, "", err
		}
		bytes += n
	}
	if err := syncFolder(l.path(folder)); err != nil {
		return 0, "", err
	}
	return sizeAndHash(ctx, l.path(folder))
}

func copyFile(ctx context.Context, path string, raw RawFile, limit int64) (int64, error) {
	in, err := raw.Open()
	if err != nil {
		return 0, fmt.Errorf("opening %q: %w", raw.Name, err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("copying %q: %w", raw.Name, err)
	}
	n, err := io.Copy(out, io.LimitReader(untilDone{ctx: ctx, in: in}, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("feed is larger than %d bytes", int64(maxFeed))
	}
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return n, fmt.Errorf("copying %q: %w", raw.Name, err)
	}
	return n, nil
}
