package library

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"regexp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// ErrShrunk says that a feed lost so many records that it looks damaged.
var ErrShrunk = errors.New("feed shrank by more than half")

// ErrFeedName says that a feed's name is not allowed.
var ErrFeedName = errors.New("feed names have 1 to 100 letters, digits, dots, colons, dashes or underscores, and begin with a letter or digit")

// Import is one feed to be imported.
type Import struct {
	Kind intel.Kind
	Name string
	// Files are all files of the feed: they replace the old ones.
	Files iter.Seq2[RawFile, error]
	// AllowShrink accepts a feed with less than half of the former records.
	AllowShrink bool
}

// Import imports raw files as feeds; each replaces the feed of its kind and name. When it returns
// they are durable, and the build with the returned number makes their catalog. A feed that cannot
// be read to the end, or that shrank suspiciously, changes nothing and ends the call; feeds before
// it stay imported.
func (l *Library) Import(ctx context.Context, imports ...Import) (done []Imported, build int64, err error) {
	l.changing.Lock()
	defer l.changing.Unlock()
	defer func() { l.begin(build) }()
	for _, in := range imports {
		taken, number, err := l.importFeed(ctx, in)
		if err != nil {
			return done, build, err
		}
		done, build = append(done, taken), number
	}
	return done, build, nil
}

func (l *Library) importFeed(ctx context.Context, in Import) (taken Imported, build int64, err error) {
	if !feedName.MatchString(in.Name) {
		return taken, 0, fmt.Errorf("feed name %q: %w", in.Name, ErrFeedName)
	}
	f := intelligence.Feed{Kind: string(in.Kind), Name: in.Name}
	if f.Path, err = l.newFile(ctx, path.Join(feedFolder, f.Kind)); err != nil {
		return taken, 0, err
	}
	defer func() { err = errors.Join(err, l.made(ctx, f.Path)) }()
	if f.Bytes, f.SHA256, err = l.copyRaw(ctx, f.Path, in.Files); err != nil {
		return taken, 0, fmt.Errorf("importing feed %q: %w", in.Name, err)
	}
	return l.takeFeed(ctx, f, in.AllowShrink)
}

// feedName allows names that fit into paths, URLs and tables.
var feedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)

// takeFeed compiles the raw files in f.Path and, if they are good, makes them the feed.
func (l *Library) takeFeed(ctx context.Context, f intelligence.Feed,
	allowShrink bool) (taken Imported, build int64, err error) {
	result, compiled, err := l.compile(ctx, f)
	if err != nil {
		return Imported{}, 0, err
	}
	if result.Feed.Table, err = l.writeTable(ctx, compiled); err != nil {
		return Imported{}, 0, err
	}
	defer func() { err = errors.Join(err, l.made(ctx, result.Feed.Table.Path)) }()
	l.taking.Lock()
	defer l.taking.Unlock()
	before, err := l.store.Feed(ctx, f.Kind, f.Name)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return Imported{}, 0, err
	}
	if !allowShrink && result.Feed.Records*2 < before.Records {
		return Imported{}, 0, fmt.Errorf("feed %q has %d records, had %d: %w", f.Name, result.Feed.Records,
			before.Records, ErrShrunk)
	}
	now := l.clock()
	result.Feed.Imported, result.Feed.Checked = now, now
	l.trace("take feed")
	if build, err = l.store.TakeFeed(ctx, result.Feed, now); err != nil {
		return Imported{}, 0, err
	}
	return result, build, nil
}
