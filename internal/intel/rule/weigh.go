package rule

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// scale weighs what all sources say about one CVE and one product (matching.md, 3.1). Each property
// is weighed by itself: the platforms, the upper bound and the lower bound come from the most
// trusted source that names one. A source that is silent about a property contradicts nobody, and
// the affected set is the intersection.
type scale struct {
	platform, upper, lower *level
}

// level is the claims of all sources that are trusted equally.
type level struct {
	trust  table.Trust
	claims []*claim
	// platforms are those that the level names; Everywhere if one of its claims names none.
	platforms subject.Platforms
	// ranges are the affected versions but for single ones, united. lows and highs say whether one
	// of them has such a bound.
	ranges      []interval
	lows, highs bool
}

// newScale finds the sources that decide about each property.
func newScale(claims []claim) *scale {
	s := &scale{}
	for _, l := range levelsOf(claims) {
		if s.platform == nil && l.platforms != subject.Everywhere {
			s.platform = l
		}
		if s.upper == nil && l.highs {
			s.upper = l
		}
		if s.lower == nil && l.lows {
			s.lower = l
		}
	}
	return s
}

// levelsOf groups claims by trust, the most trusted first. Claims that say of no version that it is
// affected are left out.
func levelsOf(claims []claim) []*level {
	var levels []*level
	for i := range claims {
		c := &claims[i]
		if len(c.spans) == 0 {
			continue
		}
		at, found := slices.BinarySearchFunc(levels, c.Trust,
			func(l *level, trust table.Trust) int { return cmp.Compare(l.trust, trust) })
		if !found {
			levels = slices.Insert(levels, at, &level{trust: c.Trust})
		}
		levels[at].add(c)
	}
	for _, l := range levels {
		l.ranges = united(l.ranges)
	}
	return levels
}

func (l *level) add(c *claim) {
	l.claims = append(l.claims, c)
	l.platforms |= c.Platforms
	for i := range c.spans {
		s := &c.spans[i]
		if s.of.Exact != "" {
			continue
		}
		l.ranges = append(l.ranges, s.interval)
		l.lows, l.highs = l.lows || s.hasLow(), l.highs || s.hasHigh()
	}
}

// weighed is what is left of a span.
type weighed struct {
	*claim
	*span
	// kept are the versions that are affected, platforms those on which they are.
	kept      []interval
	platforms subject.Platforms
	// platformBy, upperBy and lowerBy are the levels that overruled the claim; nil for none.
	platformBy, upperBy, lowerBy *level
}

// rules appends a rule for each part that is kept.
func (w *weighed) rules(rules []Rule) []Rule {
	for _, i := range w.kept {
		r := w.rule(i, w.span)
		r.Platforms = w.platforms
		rules = append(rules, r)
	}
	return rules
}

// weigh weighs one span of a claim.
func (s *scale) weigh(c *claim, of *span) *weighed {
	w := &weighed{claim: c, span: of, kept: []interval{of.interval}, platforms: c.Platforms}
	if s.platform != nil && s.platform.trust != c.Trust {
		w.platforms &= s.platform.platforms
		if w.platforms != c.Platforms {
			w.platformBy = s.platform
		}
	}
	if of.of.Exact != "" {
		s.single(w)
	} else {
		s.bounds(w)
	}
	if w.platforms == subject.Nowhere {
		w.kept = nil
	}
	return w
}

// single drops a single version if a more trusted source names bounds: if it lies within these, it
// is affected anyway.
func (s *scale) single(w *weighed) {
	if s.upper != nil && s.upper.trust < w.Trust {
		w.upperBy, w.kept = s.upper, nil
	}
	if s.lower != nil && s.lower.trust < w.Trust {
		w.lowerBy, w.kept = s.lower, nil
	}
}

// bounds weighs the bounds of a range. Ranges are made from those of the source that decides about
// the upper bound; if there is none, about the lower one.
func (s *scale) bounds(w *weighed) {
	base := s.upper
	if base == nil {
		base = s.lower
	}
	switch {
	case base == nil:
		return
	case base.trust != w.Trust:
		w.kept = nil
		w.upperBy, w.lowerBy = s.upper, s.lower
		return
	case s.lower == nil || s.lower == base:
		return
	case s.lower.trust > base.trust:
		w.kept = s.lower.narrow(w.interval)
	default:
		w.kept = s.lower.widen(w.interval, base)
	}
	w.lowerBy = s.lower
}

// narrow gives the lower bounds of a level to a range without one. What the level says about upper
// bounds counts only where it ends a branch before the last.
func (l *level) narrow(whole interval) []interval {
	branches := slices.Clone(l.ranges)
	branches = slices.DeleteFunc(branches, func(b interval) bool { return b.low > whole.high })
	if len(branches) == 0 {
		return []interval{whole} // it is about later versions
	}
	last := &branches[len(branches)-1]
	last.high = max(last.high, whole.high)
	return whole.cut(branches)
}

// widen replaces the lower bounds of a range of base by those of a level that is trusted more.
func (l *level) widen(part interval, base *level) []interval {
	whole := part
	if len(base.ranges) > 0 && part.low <= base.ranges[0].high {
		whole.low = PlaceFirst
	}
	if kept := whole.cut(l.ranges); len(kept) > 0 {
		return kept
	}
	return []interval{part} // the two say nothing about the same versions
}
