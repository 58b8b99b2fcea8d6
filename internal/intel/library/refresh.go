package library

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// DefaultSources are fetched if none were named: CVE records, NVD, known exploitation, ends of support,
// the likelihood of exploitation, Apple's releases and lists of exploits.
func DefaultSources() []Source {
	return []Source{
		{Kind: intel.CVE5, Name: "cvelistV5"}, {Kind: intel.NVD, Name: "nvd"},
		{Kind: intel.KEV, Name: "kev"}, {Kind: intel.EOL, Name: "endoflife"},
		{Kind: intel.EPSS, Name: "epss"}, {Kind: intel.SOFA, Name: "sofa"},
		{Kind: intel.Metasploit, Name: "metasploit"}, {Kind: intel.ExploitDB, Name: "exploitdb"},
		{Kind: intel.Nuclei, Name: "nuclei"},
	}
}

// Refreshed is the result for one source.
type Refreshed struct {
	Imported
	// Unchanged says that the source has nothing new.
	Unchanged bool
	// Err is why the source could not be refreshed; the feed stays as it was.
	Err error
}

// Refresh fetches sources, or all that were fetched before if none are given, and asks for a build
// if any of them changed; 0 is no build. If a source fails, the others are still fetched.
func (l *Library) Refresh(ctx context.Context, sources []Source,
	allowShrink bool) (all []Refreshed, build int64, err error) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	l.changing.Lock()
	defer l.changing.Unlock()
	if len(sources) == 0 {
		if sources, err = l.fetchedBefore(ctx); err != nil {
			return nil, 0, err
		}
	}
	defer func() { l.begin(build) }()
	if err := l.tidyScratch(); err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, l.tidyScratch()) }()
	for _, source := range sources {
		r, number := l.refresh(ctx, source, allowShrink)
		if build = max(build, number); ctx.Err() != nil {
			return all, build, ctx.Err()
		}
		all = append(all, r)
	}
	return all, build, nil
}

// fetchedBefore lists the sources that were fetched before, or the default ones, without those that
// were removed, if there are none.
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
	if len(sources) > 0 {
		return sources, nil
	}
	removed, err := l.store.RemovedFeeds(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(DefaultSources(), func(s Source) bool {
		return slices.ContainsFunc(removed, func(r intelligence.Removed) bool {
			return r.Kind == string(s.Kind) && r.Name == s.Name
		})
	}), nil
}

// refresh fetches one source into a folder of its own, so that the feed stays intact whatever
// happens.
func (l *Library) refresh(ctx context.Context, s Source, allowShrink bool) (r Refreshed, build int64) {
	r, build, err := l.fetch(ctx, s, allowShrink)
	if err == nil {
		return r, build
	}
	r = Refreshed{Err: fmt.Errorf("refreshing feed %q of kind %q: %w", s.Name, s.Kind, err)}
	if ctx.Err() == nil {
		r.Err = errors.Join(r.Err, l.noteFailure(ctx, s, err))
	}
	r.Feed.Kind, r.Feed.Name = string(s.Kind), s.Name
	return r, build
}

// noteFailure shows a failure in the list of feeds, until the next success.
func (l *Library) noteFailure(ctx context.Context, s Source, failure error) error {
	l.taking.Lock()
	defer l.taking.Unlock()
	known, err := l.store.Feed(ctx, string(s.Kind), s.Name)
	if errors.Is(err, database.ErrNotFound) {
		return nil // a feed that was never fetched is not listed
	}
	if err != nil {
		return err
	}
	if known.Failure == "" { // then it answered when it was asked last
		known.Answered = latest(known.Answered, known.Checked)
	}
	known.Checked, known.Failure = l.clock(), failure.Error()
	known.Failures++
	return l.store.PutFeed(ctx, known)
}

func (l *Library) fetch(ctx context.Context, s Source, allowShrink bool) (r Refreshed, build int64, err error) {
	if err := checkName(s.Name); err != nil {
		return r, 0, err
	}
	known, err := l.store.Feed(ctx, string(s.Kind), s.Name)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return r, 0, err
	}
	new, changed, err := l.fetchNew(ctx, s, known)
	if err != nil {
		return r, 0, err
	}
	defer func() { err = errors.Join(err, new.close()) }()
	if !changed {
		known, err = l.noteUnchanged(ctx, known)
		return Refreshed{Imported: Imported{Feed: known}, Unchanged: true}, 0, err
	}
	fresh := intelligence.Feed{Kind: string(s.Kind), Name: s.Name, URL: s.URL, Mark: string(new.mark)}
	if fresh.Path, err = l.newFile(ctx, path.Join(feedFolder, fresh.Kind)); err != nil {
		return r, 0, err
	}
	defer func() { err = errors.Join(err, l.made(ctx, fresh.Path)) }()
	if fresh.Bytes, fresh.SHA256, err = l.keep(ctx, new, known.Path, fresh.Path); err != nil {
		return r, 0, err
	}
	taken, build, err := l.takeFeed(ctx, fresh, Import{AllowShrink: allowShrink})
	return Refreshed{Imported: taken}, build, err
}

// noteUnchanged records that a source was asked and has nothing new.
func (l *Library) noteUnchanged(ctx context.Context, f intelligence.Feed) (intelligence.Feed, error) {
	l.taking.Lock()
	defer l.taking.Unlock()
	known, err := l.store.Feed(ctx, f.Kind, f.Name)
	if err != nil {
		return f, err
	}
	known.Checked, known.Failure, known.Failures = l.clock(), "", 0
	known.Answered = known.Checked
	return known, l.store.PutFeed(ctx, known)
}
