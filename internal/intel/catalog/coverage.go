package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// coverer tells what of a component was assessed.
type coverer struct{ *Catalog }

// coverage tells whether a resolved component was assessed, and by which feeds. What has findings
// was looked at, whatever else is missing.
func (c coverer) coverage(r *Component, found *resolution, v *Verdict) coverage.Answer {
	answer := c.assessed(r, found)
	if len(v.Hits) > 0 && answer.State == coverage.NotAssessed {
		answer.State = coverage.Partly
		answer.Feeds, _ = c.feedsOf(found)
	}
	return c.asked.Completed(answer, found.system, r.OSPlatform)
}

func (c coverer) assessed(r *Component, found *resolution) coverage.Answer {
	lack := found.lack
	switch {
	case found.updates != nil:
		return c.updatedCoverage(found)
	case lack.reason != coverage.NoReason && len(found.channels) == 0 && !found.unadvised:
		return coverage.Answer{Reason: lack.reason, Wants: lack.wants}
	case found.distribution:
		// Whoever has advisories for it is asked about each of its packages.
	case !found.product:
		return coverage.Answer{Reason: unidentified(r)}
	case !found.isComparable():
		return coverage.Answer{Reason: coverage.NoVersion}
	}
	feeds, part := c.feedsOf(found)
	all := drafter(c).layoutOf(found, found.pairs)
	if found.system {
		lack = all.lack(found)
	}
	if found.until != "" {
		lack = c.releaseLack(found, lack)
	}
	if !found.system && lack.reason == coverage.NoReason {
		lack = all.lineLack(found)
	}
	switch {
	case len(feeds) == 0:
		return coverage.Answer{Reason: coverage.NoProductFeed, Wants: string(intel.CVE5)}
	case !found.system && len(found.channels) == 0 && !found.unadvised && all.isMute():
		return coverage.Answer{Reason: coverage.NoFixedBuild}
	case found.system && found.until == "" && lack.reason != coverage.NoReason, lack.reason == coverage.NoFixedBuild:
		return coverage.Answer{Reason: lack.reason, Wants: lack.wants}
	case part != "" && !found.unadvised && lack.reason != coverage.BuildNewer:
		return coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart, Wants: part, Feeds: feeds}
	case lack.reason != coverage.NoReason:
		return coverage.Answer{State: coverage.Partly, Reason: lack.reason, Wants: lack.wants, Feeds: feeds}
	case found.ofEntry:
		return coverage.Answer{State: coverage.Partly, Reason: coverage.NoHotfixList, Feeds: feeds}
	}
	return coverage.Answer{State: coverage.Assessed, Feeds: feeds}
}

// updatedCoverage tells whether a system of which updates are known was assessed.
func (c coverer) updatedCoverage(found *resolution) coverage.Answer {
	feeds, part := c.feedsOf(found)
	feeds = coverage.Distinct(slices.Concat(feeds, c.book.Feeds()))
	byBuild := drafter(c).layoutOf(found, found.pairs).lack(found)
	partly := func(reason coverage.Reason, wants string) coverage.Answer {
		return coverage.Answer{State: coverage.Partly, Reason: reason, Wants: wants, Feeds: feeds}
	}
	switch {
	case !found.updates.Judges():
		return coverage.Answer{Reason: found.lack.reason}
	case found.lack.reason != coverage.NoReason && found.updates.IsCumulative():
		return partly(found.lack.reason, found.lack.wants)
	case found.untold > 0 && !(found.updates.Lists() && byBuild.reason == coverage.BuildNewer):
		return partly(coverage.NoHotfixList, "")
	case byBuild.reason != coverage.NoReason && !found.updates.ListsNewest():
		return partly(byBuild.reason, byBuild.wants)
	case part != "":
		return partly(coverage.FeedPart, part)
	case found.byUpdates && c.asked.Updates.Part:
		return partly(coverage.FeedPart, string(intel.MSRC))
	}
	return coverage.Answer{State: coverage.Assessed, Feeds: feeds}
}

// releaseLack returns what is missing for assessing a macOS whose releases Apple lists, and of which all versions
// together miss what before says: the list may lack its release line, or end before the installed version.
func (c coverer) releaseLack(found *resolution, before lack) lack {
	line := drafter(c).layoutOf(found, found.pairs[:1])
	switch {
	case line != nil && line.lack(found).reason != coverage.NoReason:
		return lack{coverage.BuildNewer, string(intel.SOFA)}
	case before.reason != coverage.NoReason:
		return lack{before.reason, string(intel.SOFA)}
	case line == nil:
		return lack{reason: coverage.ReleaseUnknown}
	case len(c.asked.Records.Names) == 0:
		return lack{coverage.NoProductFeed, string(intel.CVE5)}
	}
	return before
}

// unidentified returns the reason for a component without a product: a package of an ecosystem
// that muster does not know, or a title that no exact key identifies.
func unidentified(r *Component) coverage.Reason {
	if t := ecosystem.ParsePURL(r.PURL).Type; t != "" && t != "generic" {
		return coverage.NoEcosystemFeed
	}
	return coverage.NoProductCode
}

// isComparable reports whether an installed version is one that the rules of its pair can place: a
// range ("^1.6.0") or a word is none.
func (r *resolution) isComparable() bool {
	for i, p := range r.pairs {
		scheme, ok := subject.SchemeOf(p.Subject)
		if !ok || r.versionFor(i) == "" {
			continue
		}
		if _, err := version.Parse(scheme, r.versionFor(i)); err == nil {
			return true
		}
	}
	return false
}

// feedsOf lists the feeds that could say something about a component: for packages those of their
// ecosystems, for CPE pairs all feeds of CVE records. part is the first ecosystem, or the kind of feed,
// of which they have only a part; empty if they are whole.
func (c coverer) feedsOf(found *resolution) (feeds []string, part string) {
	ask := func(g coverage.Group, name string) {
		if g.Part && part == "" {
			part = name
		}
		if len(feeds) == 0 {
			feeds = g.Names
		} else if !slices.Equal(feeds, g.Names) {
			feeds = coverage.Distinct(slices.Concat(feeds, g.Names))
		}
	}
	for _, name := range found.channels {
		ask(c.asked.Ecosystems[name], name)
	}
	if found.unadvised {
		return c.stating(found), ""
	}
	if len(found.channels) == 0 && len(found.pairs) > 0 {
		ask(c.asked.Records, string(intel.CVE5))
	}
	if found.until != "" {
		ask(c.asked.Releases, string(intel.SOFA))
	}
	return feeds, part
}

// lack returns why an operating system cannot be assessed: no statement on it names a version, or it is newer than
// every version that one names. For Windows only versions of its own build count. The layout may be nil.
func (l *layout) lack(found *resolution) lack {
	if l == nil || len(l.versions) == 0 {
		return lack{coverage.NoProductFeed, string(intel.CVE5)}
	}
	place, ok := l.order().Place(found.installed)
	next := place | 1 // of the first version that is not older
	if !ok || place == rule.PlaceLast || int(next/2) >= len(l.versions) || next > l.limitOf(found.before) {
		return lack{coverage.BuildNewer, string(intel.CVE5)}
	}
	return lack{}
}

// lineLack returns why a product cannot be assessed whose records speak of each release line by itself: none speaks
// of the installed one, or that is newer than all of which they speak.
func (l *layout) lineLack(found *resolution) lack {
	if l == nil || found.installed == "" {
		return lack{}
	}
	switch spoken, newer := l.lines.Speak(found.installed); {
	case spoken:
		return lack{}
	case newer:
		return lack{coverage.BuildNewer, string(intel.CVE5)}
	}
	return lack{reason: coverage.NoFixedBuild}
}

// isMute reports whether all statements have words ("publication", "N/A") or links in the place of versions.
func (l *layout) isMute() bool { return l != nil && len(l.versions) == 0 && len(l.rules) == 0 }

// stating lists the feeds that state anything on a component's subjects.
func (c coverer) stating(found *resolution) []string {
	var feeds []string
	for _, p := range found.pairs {
		if number, ok := c.findSubject(p.Subject); ok {
			for i := c.subjects.blocks[number]; i < c.subjects.blocks[number+1]; i++ {
				feeds = append(feeds, c.texts.Text(c.feeds.name[c.blocks.feed[i]]))
			}
		}
	}
	return coverage.Distinct(feeds)
}
