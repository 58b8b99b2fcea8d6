package library

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// ErrShrunk says that a feed lost so many records that it looks damaged.
var ErrShrunk = errors.New("feed shrank by more than half")

// ErrChanged says that the records of a feed are about something else than before.
var ErrChanged = errors.New("it would be another feed")

// ErrNewer says that a feed of the name was imported meanwhile.
var ErrNewer = errors.New("it was imported meanwhile")

// Import is one feed to be imported.
type Import struct {
	Kind intel.Kind
	// Name is that of the feed; if it is empty, the records decide (feeds.Contents).
	Name string
	// Files are all files of the feed: they replace the old ones.
	Files iter.Seq2[RawFile, error]
	// AllowShrink accepts a feed with less than half of the former records.
	AllowShrink bool
	// Replace accepts a feed that is about something else than before.
	Replace bool
	// Before, if not zero, refuses to replace a feed that was imported at that time or later.
	Before time.Time
}

// Import imports raw files as feeds; each replaces the feed of its kind and name. When it returns
// they are durable, and the build with the returned number makes their catalog. A feed that cannot
// be read to the end, that shrank suspiciously or is about something else changes nothing and ends
// the call; feeds before it stay imported.
func (l *Library) Import(ctx context.Context, imports ...Import) (done []Imported, build int64, err error) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return nil, 0, err
	}
	defer release()
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
	if in.Name != "" {
		if err := checkName(in.Name); err != nil {
			return taken, 0, err
		}
	}
	f := intelligence.Feed{Kind: string(in.Kind), Name: in.Name}
	if f.Path, err = l.newFile(ctx, path.Join(feedFolder, f.Kind)); err != nil {
		return taken, 0, err
	}
	defer func() { err = errors.Join(err, l.made(ctx, f.Path)) }()
	if f.Bytes, f.SHA256, err = l.copyRaw(ctx, f.Path, in.Files); err != nil {
		return taken, 0, fmt.Errorf("importing %s: %w", nameOf(f), err)
	}
	return l.takeFeed(ctx, f, in)
}

// takeFeed compiles the raw files in f.Path and, if they are good, makes them the feed.
func (l *Library) takeFeed(ctx context.Context, f intelligence.Feed,
	how Import) (taken Imported, build int64, err error) {
	read, err := l.compile(ctx, f)
	if err != nil {
		return Imported{}, 0, err
	}
	if err := read.nameFeed(); err != nil {
		return Imported{}, 0, err
	}
	if err := l.agree(ctx, read.Feed); err != nil {
		return Imported{}, 0, err
	}
	result := read.Imported
	if result.Feed.Table, err = l.writeTable(ctx, read.table); err != nil {
		return Imported{}, 0, err
	}
	defer func() { err = errors.Join(err, l.made(ctx, result.Feed.Table.Path)) }()
	l.taking.Lock()
	defer l.taking.Unlock()
	before, err := l.store.Feed(ctx, f.Kind, result.Feed.Name)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return Imported{}, 0, err
	}
	if err := how.accepts(before, result); err != nil {
		return Imported{}, 0, err
	}
	if result.Notes, err = l.notesOn(ctx, result); err != nil {
		return Imported{}, 0, err
	}
	result.Notes = append(result.Notes, coverage.Notes(coverage.Describe(result.Feed.Name, read.table))...)
	if n := result.Contents.WithoutCVE; n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("advisories that name no CVE: %d; exports show their findings with includeNonCve=true", n))
	}
	now := l.clock()
	result.Feed.Imported, result.Feed.Checked = now, now
	l.trace("take feed")
	taking := []intelligence.Taken{{Feed: result.Feed, Rejected: read.rejectedText()}}
	if build, err = l.store.TakeFeeds(ctx, taking, now); err != nil {
		return Imported{}, 0, err
	}
	return result, build, nil
}

// accepts refuses a feed that looks damaged, or mistaken for another, beside the one that it
// replaces.
func (in *Import) accepts(before intelligence.Feed, now Imported) error {
	f := now.Feed
	if !in.Before.IsZero() && !before.Imported.Before(in.Before.Truncate(time.Millisecond)) { // as it is stored
		return fmt.Errorf("feed %q of kind %q: %w", f.Name, f.Kind, ErrNewer)
	}
	was := contentsOf(before)
	if !in.Replace && now.Contents.ChangedWholly(&was) {
		return fmt.Errorf("feed %q held %s and would hold %s: %w", f.Name, was.About(), now.Contents.About(), ErrChanged)
	}
	if !in.AllowShrink && f.Records*2 < before.Records {
		return fmt.Errorf("feed %q has %d records, had %d: %w", f.Name, f.Records, before.Records, ErrShrunk)
	}
	return nil
}
