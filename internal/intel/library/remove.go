package library

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
)

// Remove removes a feed and its files, and asks for a build without it: the next generation reports
// findings that only this feed knew as Fixed. An unknown feed is database.ErrNotFound.
// An import or a refresh that runs is waited for, since it could bring the feed back.
func (l *Library) Remove(ctx context.Context, kind intel.Kind, name string) (build int64, err error) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return 0, err
	}
	defer release()
	l.changing.Lock()
	defer l.changing.Unlock()
	if build, err = removeFeed(ctx, l, kind, name); err == nil {
		l.begin(build)
	}
	return build, err
}

// removeFeed does what Remove does, but begin the build. The caller holds l.changing.
func removeFeed(ctx context.Context, l *Library, kind intel.Kind, name string) (build int64, err error) {
	l.taking.Lock()
	defer l.taking.Unlock()
	l.trace("remove feed")
	if build, err = l.store.RemoveFeed(ctx, string(kind), name, l.clock()); err != nil {
		return 0, err
	}
	l.leave()
	return build, nil
}

// Rejected returns the first records that were left out of a feed.
func (l *shelf) Rejected(ctx context.Context, kind, name string) ([]counts.Rejection, error) {
	text, err := l.store.Rejected(ctx, kind, name)
	all := []counts.Rejection{}
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was left out of feed %q: %w", name, err)
	}
	return all, nil
}

// notesOn says what people should know of a feed that is taken. The caller holds l.taking.
func (l *shelf) notesOn(ctx context.Context, in Imported) (notes []string, err error) {
	main := in.Contents.Main()
	if len(main) == 0 {
		return nil, nil
	}
	owner, _, released := strings.Cut(in.Feed.Name, ":")
	if released && !slices.Contains(main, in.Feed.Name) && !slices.ContainsFunc(main, func(name string) bool {
		return strings.HasPrefix(name, in.Feed.Name+":") || owner != ownerOf(name)
	}) {
		notes = append(notes, fmt.Sprintf("the records are about %s, which is not what the name says; a refresh under this name would fetch %q",
			in.Contents.About(), in.Feed.Name))
	}
	others, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if other.Kind != in.Feed.Kind || other.Name == in.Feed.Name {
			continue
		}
		was := contentsOf(other)
		switch theirs := was.Main(); {
		case len(theirs) > 0 && areAmong(theirs, main):
			notes = append(notes, fmt.Sprintf("feed %q is about %s, too; if this one takes its place: muster feed remove %s %q",
				other.Name, was.About(), other.Kind, other.Name))
		case areAmong(main, theirs):
			notes = append(notes, fmt.Sprintf("feed %q, about %s, has %s already; what either says counts", other.Name,
				was.About(), in.Contents.About()))
		}
	}
	return notes, nil
}

// areAmong reports whether all names are among others.
func areAmong(names, others []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(others, name) })
}

// ownerOf returns the part of an ecosystem's name before its release.
func ownerOf(ecosystem string) string {
	owner, _, _ := strings.Cut(ecosystem, ":")
	return owner
}
