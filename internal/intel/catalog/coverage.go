package catalog

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// coverage tells whether a resolved component was assessed, and by which feeds. What has findings
// was looked at, whatever else is missing.
func (c resolver) coverage(r *Component, found *resolution, v *Verdict) coverage.Answer {
	answer := c.assessed(r, found)
	if len(v.Hits) > 0 && answer.State == coverage.NotAssessed {
		answer.State = coverage.Partly
		answer.Feeds, _ = c.feedsOf(found)
	}
	return answer
}

func (c resolver) assessed(r *Component, found *resolution) coverage.Answer {
	switch {
	case found.lack.reason != coverage.NoReason && found.lack.reason != coverage.StandIn:
		return coverage.Answer{Reason: found.lack.reason, Wants: found.lack.wants}
	case found.distribution:
		// Whoever has advisories for it is asked about each of its packages.
	case !found.product:
		return coverage.Answer{Reason: unidentified(r)}
	case len(found.pairs) == 0 || !c.isComparable(found):
		return coverage.Answer{Reason: coverage.NoVersion}
	}
	feeds, part := c.feedsOf(found)
	if len(feeds) == 0 || found.system && !c.names(found) {
		return coverage.Answer{Reason: coverage.NoProductFeed, Wants: string(intel.CVE5)}
	}
	if found.system && c.isNewer(found) {
		return coverage.Answer{Reason: coverage.BuildNewer, Wants: string(intel.CVE5)}
	}
	if part != "" {
		return coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart, Wants: part, Feeds: feeds}
	}
	if found.lack.reason == coverage.StandIn {
		return coverage.Answer{State: coverage.Partly, Reason: coverage.StandIn, Wants: found.lack.wants, Feeds: feeds}
	}
	return coverage.Answer{State: coverage.Assessed, Feeds: feeds}
}

// unidentified returns the reason for a component without a product: a package of an ecosystem
// that muster does not know, or a title that no exact key identifies.
func unidentified(r *Component) coverage.Reason {
	if t := parsePURL(r.PURL).Type; t != "" && t != "generic" {
		return coverage.NoEcosystemFeed
	}
	return coverage.NoProductCode
}

// isComparable reports whether the installed version is one that the rules of its subject can
// place: a range ("^1.6.0") or a word is none.
func (c resolver) isComparable(found *resolution) bool {
	if found.installed == "" {
		return false
	}
	scheme, ok := subject.SchemeOf(found.pairs[0].Subject)
	if !ok {
		return false
	}
	if scheme == version.Generic {
		return version.Orderable(found.installed)
	}
	_, err := version.Parse(scheme, found.installed)
	return err == nil
}

// isRange reports whether a text allows more than one version, in the notations of package
// managers: "^1.6.0", "~> 2.1", ">=1,<2", "1.x || 2.x", "[1.0,2.0)", "1.0 - 2.0".
func isRange(text string) bool {
	return text != "" && strings.ContainsRune("^~[(", rune(text[0])) || strings.ContainsAny(text, "<>*|") ||
		strings.Contains(text, " - ")
}

// feedsOf lists the feeds that could say something about a component: for packages those of their
// ecosystems, for CPE pairs all feeds of CVE records. part is the first ecosystem, or the kind of feed,
// of which they have only a part; empty if they are whole.
func (c resolver) feedsOf(found *resolution) (feeds []string, part string) {
	for i, p := range found.pairs {
		one, name := c.asked.records, string(intel.CVE5)
		if ecosystem, isPackage := subject.Ecosystem(p.Subject); isPackage {
			one, name = c.asked.ecosystems[ecosystem], ecosystem
		}
		if one.part && part == "" {
			part = name
		}
		if i == 0 {
			feeds = one.names
		} else if !slices.Equal(feeds, one.names) {
			feeds = distinctNames(slices.Concat(feeds, one.names))
		}
	}
	return feeds, part
}

// names reports whether any statement is about an operating system.
func (c resolver) names(found *resolution) bool {
	for _, p := range found.pairs {
		if number, ok := c.findSubject(p.Subject); ok && len((drafter{c.Catalog}).whole(number).versions) > 0 {
			return true
		}
	}
	return false
}

// isNewer reports whether an operating system is newer than every version that feeds name for it.
// For Windows only versions of its own build count.
func (c resolver) isNewer(found *resolution) bool {
	for _, p := range found.pairs {
		number, ok := c.findSubject(p.Subject)
		if !ok {
			continue
		}
		l := drafter{c.Catalog}.whole(number)
		place, ok := l.order().Place(found.installed)
		next := place | 1 // of the first version that is not older
		if ok && place < rule.PlaceLast && int(next/2) < len(l.versions) && next <= l.limitOf(found.before) {
			return false
		}
	}
	return true
}
