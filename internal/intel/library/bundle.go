package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/bundle"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// MaxBundleAge is how old a bundle may be that is imported, unless old ones are accepted.
const MaxBundleAge = 30 * 24 * time.Hour

// ErrBundleOld says that a bundle is too old, or older than what it would replace.
var ErrBundleOld = errors.New("the bundle is old")

// Bundle describes all feeds for a bundle. Open opens their raw files; it fails if a feed was replaced meanwhile.
func Bundle(ctx context.Context, l *Library) (m bundle.Manifest,
	open func(feed, file int) (io.ReadCloser, error), err error) {
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return m, nil, err
	}
	known = slices.DeleteFunc(known, func(f intelligence.Feed) bool { return f.Path == "" })
	m.Made = l.clock().UTC().Truncate(time.Second)
	for i := range known {
		described, err := l.bundled(ctx, &known[i], m.Made)
		if err != nil {
			return m, nil, fmt.Errorf("describing feed %q of kind %q for a bundle: %w", known[i].Name, known[i].Kind, err)
		}
		m.Feeds = append(m.Feeds, described)
	}
	return m, func(feed, file int) (io.ReadCloser, error) {
		return l.rawFiles(ctx, known[feed].Path).Open(m.Feeds[feed].Files[file].Name)
	}, nil
}

// bundled describes a feed for a bundle.
func (l *shelf) bundled(ctx context.Context, f *intelligence.Feed, now time.Time) (b bundle.Feed, err error) {
	dated := Dated(f)
	b = bundle.Feed{Kind: dated.Kind, Name: f.Name, URL: feeds.Address(dated.Kind, f.Name), Records: f.Records,
		Fetched: before(dated.Fetched, now), Imported: before(dated.Imported, now), AsOf: before(dated.AsOf(now), now)}
	whole := sha256.New()
	for name, err := range l.rawNames(ctx, f.Path) {
		if err != nil {
			return b, err
		}
		in, err := l.rawFiles(ctx, f.Path).Open(name)
		if err != nil {
			return b, err
		}
		sum := sha256.New()
		n, err := io.Copy(io.MultiWriter(sum, whole), untilDone{ctx: ctx, in: in})
		if err = errors.Join(err, in.Close()); err != nil {
			return b, err
		}
		b.Files = append(b.Files, bundle.File{Name: name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
		b.Bytes += n
	}
	b.SHA256 = hex.EncodeToString(whole.Sum(nil))
	return b, nil
}

// before returns a time, in whole seconds, which is not after another.
func before(t, limit time.Time) time.Time {
	if t.After(limit) {
		t = limit
	}
	return t.UTC().Truncate(time.Second)
}

// rawNames lists the names of the files below a name, ascending.
func (f *files) rawNames(ctx context.Context, name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var names []string
		for key, err := range f.blobs.List(ctx, key(name)+"/") {
			if err != nil {
				yield("", err)
				return
			}
			names = append(names, path.Base(key))
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

// ImportedBundle is a bundle that was imported.
type ImportedBundle struct {
	bundle.Manifest
	// Feeds are the outcomes, in the bundle's order.
	Feeds []Refreshed
	// Build is the number of the build with the feeds.
	Build int64
}

// BundleImport is a bundle to be imported.
type BundleImport struct {
	Bundle io.Reader
	// AllowOld accepts a bundle that is old, or older than what it replaces. AllowShrink and Replace are as in Import.
	AllowOld, AllowShrink, Replace bool
}

// ImportBundle takes all feeds of a bundle, or none: nothing is replaced before the bundle was read to its end, all of
// it is as it was signed, and every feed was compiled. Feeds that are not in it stay. Titles that people confirmed
// here stay, too. The error wraps one of package bundle, or ErrBundleOld.
func ImportBundle(ctx context.Context, l *Library, in BundleImport) (done ImportedBundle, err error) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return done, err
	}
	defer release()
	l.changing.Lock()
	defer l.changing.Unlock()
	opened, err := l.openBundle(ctx, in)
	if err != nil {
		return done, err
	}
	u := &unpacking{shelf: l.shelf, how: Import{AllowShrink: in.AllowShrink, Replace: in.Replace}, from: opened.Manifest}
	defer func() { err = errors.Join(err, u.close(ctx)) }()
	if err := u.unpack(ctx, opened); err != nil {
		return done, err
	}
	done.Manifest = opened.Manifest
	if done.Feeds, done.Build, err = u.take(ctx); err == nil {
		l.begin(done.Build)
	}
	return done, err
}

// openBundle reads the manifest of a bundle, and refuses one that may not be imported.
func (l *shelf) openBundle(ctx context.Context, in BundleImport) (*bundle.Reader, error) {
	known, err := intelligence.BundleKeys(ctx, l.store)
	if err != nil {
		return nil, err
	}
	var trusted []bundle.PublicKey
	for _, k := range known {
		key, err := bundle.ParsePublicKey(k.Public)
		if err != nil {
			return nil, fmt.Errorf("reading trusted key %q: %w", k.ID, err)
		}
		trusted = append(trusted, key)
	}
	opened, err := bundle.Open(untilDone{ctx: ctx, in: in.Bundle}, trusted)
	if err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	for i := range opened.Manifest.Feeds {
		f := &opened.Manifest.Feeds[i]
		if !slices.Contains(feeds.Kinds(), f.Kind) {
			return nil, fmt.Errorf("reading the bundle: %w: feed %q is of kind %.50q, which is not known here", bundle.ErrNewer, f.Name, f.Kind)
		}
		if err := checkName(f.Name); err != nil {
			return nil, fmt.Errorf("reading the bundle: %w: %w", bundle.ErrName, err)
		}
	}
	return opened, l.checkAge(ctx, &opened.Manifest, in.AllowOld)
}

// checkAge refuses a bundle of the future, and, unless old ones are allowed, one that is too old, or with a feed that
// is older than the one that is held.
func (l *shelf) checkAge(ctx context.Context, m *bundle.Manifest, allowOld bool) error {
	now := l.clock()
	if m.Made.After(now.Add(clockTolerance)) {
		return fmt.Errorf("reading the bundle: %w: it was made at %s, which is in the future", bundle.ErrInvalid, m.Made.Format(time.RFC3339))
	}
	if allowOld {
		return nil
	}
	if age := now.Sub(m.Made); age > MaxBundleAge {
		return fmt.Errorf("%w: it was made %d days ago, on %s; %d days are allowed", ErrBundleOld, int(age/(24*time.Hour)),
			m.Made.Format(time.DateOnly), int(MaxBundleAge/(24*time.Hour)))
	}
	var older []string
	for i := range m.Feeds {
		f := &m.Feeds[i]
		held, err := l.store.Feed(ctx, string(f.Kind), f.Name)
		if errors.Is(err, database.ErrNotFound) || err == nil && (held.SHA256 == f.SHA256 || isConfirmed(f)) {
			continue
		}
		if err != nil {
			return err
		}
		dated := Dated(&held)
		if asOf := dated.AsOf(now); asOf.Truncate(time.Second).After(f.AsOf) {
			older = append(older, fmt.Sprintf("%s %q is as of %s, and is held as of %s", f.Kind, f.Name,
				f.AsOf.Format(time.RFC3339), asOf.UTC().Format(time.RFC3339)))
		}
	}
	if len(older) == 0 {
		return nil
	}
	more := ""
	if n := len(older) - maxOdd; n > 0 {
		older, more = older[:maxOdd], fmt.Sprintf("; and %d more", n)
	}
	return fmt.Errorf("%w: feeds in it are older than what is held: %s%s", ErrBundleOld, strings.Join(older, "; "), more)
}

// isConfirmed reports whether a feed has the titles that people confirmed.
func isConfirmed(f *bundle.Feed) bool { return f.Kind == intel.Titles && f.Name == confirm.Feed }

// unpacking are the feeds of a bundle while nothing names them yet. They are removed, also after a crash, unless they
// are taken.
type unpacking struct {
	*shelf
	how   Import
	from  bundle.Manifest
	made  []string
	feeds []intelligence.Feed
}

// close gives up what was not taken.
func (u *unpacking) close(ctx context.Context) (err error) {
	for _, name := range u.made {
		err = errors.Join(err, u.shelf.made(ctx, name))
	}
	return err
}

// unpack stores the raw files of all feeds, durably.
func (u *unpacking) unpack(ctx context.Context, from *bundle.Reader) error {
	for i := range u.from.Feeds {
		f := &u.from.Feeds[i]
		stored := intelligence.Feed{Kind: string(f.Kind), Name: f.Name}
		var err error
		if stored.Path, err = u.newFile(ctx, path.Join(feedFolder, stored.Kind)); err != nil {
			return err
		}
		u.made = append(u.made, stored.Path)
		stored.Bytes, stored.SHA256, err = u.copyRaw(ctx, stored.Path, filesIn(from, f.Files))
		if err == nil && stored.SHA256 != f.SHA256 {
			err = fmt.Errorf("%w: the files have not the hash of the feed", bundle.ErrInvalid)
		}
		if err != nil {
			return fmt.Errorf("importing feed %q of kind %q of the bundle: %w", f.Name, f.Kind, err)
		}
		u.feeds = append(u.feeds, stored)
	}
	if _, _, _, err := from.Next(); err != io.EOF {
		return fmt.Errorf("reading the end of the bundle: %w", err)
	}
	return nil
}

// filesIn yields the next files of a bundle.
func filesIn(from *bundle.Reader, files []bundle.File) iter.Seq2[RawFile, error] {
	return func(yield func(RawFile, error) bool) {
		for _, file := range files {
			raw := RawFile{Name: file.Name, Open: func() (io.ReadCloser, error) {
				_, _, content, err := from.Next()
				return io.NopCloser(content), err
			}}
			if !yield(raw, nil) {
				return
			}
		}
	}
}

// take compiles all feeds, and makes them the feeds of their names in one step.
func (u *unpacking) take(ctx context.Context) (all []Refreshed, build int64, err error) {
	var taken []intelligence.Taken
	var sets []intelligence.Feed
	for i := range u.feeds {
		one, stored, err := u.compileOne(ctx, i)
		if err != nil {
			return nil, 0, fmt.Errorf("importing feed %q of kind %q of the bundle: %w", u.feeds[i].Name, u.feeds[i].Kind, err)
		}
		if all = append(all, one); stored != nil {
			taken, sets = append(taken, *stored), append(sets, stored.Feed)
		}
	}
	if err := u.agree(ctx, sets...); err != nil {
		return nil, 0, fmt.Errorf("importing the bundle: %w", err)
	}
	u.taking.Lock()
	defer u.taking.Unlock()
	u.trace("take bundle")
	build, err = u.store.TakeFeeds(ctx, taken, u.clock())
	return all, build, err
}

// compileOne compiles a feed, unless it is held already: then only its times change. Nothing is to be stored of titles
// that people confirmed, if some were confirmed here.
func (u *unpacking) compileOne(ctx context.Context, i int) (r Refreshed, taken *intelligence.Taken, err error) {
	f, from := u.feeds[i], &u.from.Feeds[i]
	known, err := u.store.Feed(ctx, f.Kind, f.Name)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return r, nil, err
	}
	if _, carried := OriginOf(&known); isConfirmed(from) && known.Path != "" && !carried {
		r = Refreshed{Imported: Imported{Feed: known, Contents: contentsOf(known)}, Unchanged: true}
		r.Notes = []string{"titles that were confirmed here stay as they are; those of the bundle are left out"}
		return r, nil, nil
	}
	same, err := u.isHeld(ctx, &known, from)
	if err != nil {
		return r, nil, err
	}
	if same {
		return u.keepFiles(known, from)
	}
	read, err := u.compile(ctx, f)
	if err != nil {
		return r, nil, err
	}
	r.Imported = read.Imported
	if err := u.how.accepts(known, r.Imported); err != nil {
		return r, nil, err
	}
	if r.Feed.Table, err = u.writeTable(ctx, read.table); err != nil {
		return r, nil, err
	}
	u.made = append(u.made, r.Feed.Table.Path)
	if r.Notes, err = u.notesOn(ctx, r.Imported); err != nil {
		return r, nil, err
	}
	now := u.clock()
	r.Feed.Imported, r.Feed.Checked, r.Feed.Origin = now, now, u.originOf(from, f.Path)
	return r, &intelligence.Taken{Feed: r.Feed, Rejected: read.rejectedText()}, nil
}

// isHeld reports whether a feed has the files of a bundle, compiled.
func (u *unpacking) isHeld(ctx context.Context, known *intelligence.Feed, from *bundle.Feed) (bool, error) {
	if known.Path == "" || known.SHA256 != from.SHA256 || known.Bytes != from.Bytes || known.Contents == "" {
		return false, nil
	}
	if opened, err := u.openSound(ctx, known.Table); opened == nil || err != nil {
		return false, err
	}
	n := 0
	for name, err := range u.rawNames(ctx, known.Path) {
		if err != nil {
			return false, err
		}
		if n == len(from.Files) || from.Files[n].Name != name {
			return false, nil
		}
		n++
	}
	return n == len(from.Files), nil
}

// keepFiles says of a feed that is held already how current it is by the bundle, unless it is more current by itself.
func (u *unpacking) keepFiles(known intelligence.Feed, from *bundle.Feed) (Refreshed, *intelligence.Taken, error) {
	is := Dated(&known)
	if now := u.clock(); from.AsOf.After(is.AsOf(now)) {
		known.Origin = u.originOf(from, known.Path)
		known.Checked, known.Failure, known.Failures = now, "", 0
		if known.Mark != "" { // its own source was not asked
			known.Checked = latest(known.Answered, known.Imported)
		}
	}
	return Refreshed{Imported: Imported{Feed: known, Contents: contentsOf(known)}, Unchanged: true},
		&intelligence.Taken{Feed: known}, nil
}

// originOf returns the stored form of where a feed is from.
func (u *unpacking) originOf(from *bundle.Feed, path string) string {
	text, _ := json.Marshal(Origin{Path: path, Key: u.from.Key, Made: u.from.Made, Fetched: from.Fetched,
		Imported: from.Imported}) // of texts and times of this era, so it cannot fail
	return string(text)
}
