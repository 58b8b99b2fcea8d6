package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// coverage tells whether a resolved component was assessed, and by which feeds.
func (c resolver) coverage(found *resolution, product bool) coverage.Answer {
	switch {
	case !product:
		return coverage.Answer{Reason: coverage.NoProductCode}
	case found.installed == "":
		return coverage.Answer{Reason: coverage.NoVersion}
	}
	feeds := c.feedsOf(found)
	if len(feeds) == 0 {
		return coverage.Answer{Reason: coverage.NoProductFeed}
	}
	return coverage.Answer{State: coverage.Assessed, Feeds: feeds}
}

// feedsOf lists the feeds that state something on the subjects of a component.
func (c resolver) feedsOf(found *resolution) []string {
	var feeds []string
	for _, p := range found.pairs {
		number, ok := c.findSubject(p.Subject)
		if !ok {
			continue
		}
		for i := c.subjects.blocks[number]; i < c.subjects.blocks[number+1]; i++ {
			feeds = append(feeds, c.texts.Text(c.feeds.name[c.blocks.feed[i]]))
		}
	}
	slices.Sort(feeds)
	return slices.Compact(feeds)
}
