package osv

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// affectedRange is a range of versions in an advisory.
type affectedRange struct {
	Type   string  `json:"type"`
	Events []event `json:"events"`
}

// event has one field that is not empty.
type event struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// maxEvents bounds the events of a range; the largest real ones have a few hundred.
const maxEvents = 10_000

var (
	errEvents = fmt.Errorf("a range has more than %d events: %w", maxEvents, intel.ErrTooLarge)
	errOrders = errors.New("semantic versioning orders its events otherwise than the ecosystem")
)

// The special versions of the specification: before and after all others.
const (
	firstVersion = "0"
	noLimit      = "*"
)

// point is a version at which something changes.
type point struct {
	text string
	version.Version
	// first is the version before all others, which is no version of the order.
	first bool
	effect
}

// effect is what changes at a point. At the same version effects come in this order: what a version
// is said to be comes before what those after it are.
type effect uint8

const (
	introduced   effect = iota // it and those after it are affected
	fixed                      // they are not
	lastAffected               // those after it are not
)

// spans returns what is affected by the algorithm of the specification ("Evaluation"): events are
// sorted by version, each changes the state of the versions from it on, and no version at or above
// the last limit is affected. Events that cannot be compared are an error.
func (r *affectedRange) spans(scheme version.Scheme) ([]span, error) {
	points, limit, err := r.points(scheme)
	if err != nil {
		return nil, err
	}
	if r.Type == "SEMVER" && scheme != version.SemVer {
		own, _, err := r.points(version.SemVer)
		if err != nil || !slices.EqualFunc(points, own, point.like) {
			return nil, errors.Join(errOrders, err)
		}
	}
	var left []span
	for _, s := range walk(points) {
		if s.cut(limit) {
			left = append(left, s)
		}
	}
	return left, nil
}

// points returns the events in the order of their versions, and the last limit; nil for none.
func (r *affectedRange) points(scheme version.Scheme) (points []point, limit *point, err error) {
	if len(r.Events) > maxEvents {
		return nil, nil, errEvents
	}
	unlimited := false
	for _, e := range r.Events {
		for _, change := range [...]struct {
			text string
			effect
		}{{e.Introduced, introduced}, {e.Fixed, fixed}, {e.LastAffected, lastAffected}} {
			if change.text == "" {
				continue
			}
			p, err := newPoint(scheme, change.text)
			if err != nil {
				return nil, nil, err
			}
			p.effect = change.effect
			points = append(points, p)
		}
		if unlimited = unlimited || e.Limit == noLimit; e.Limit != "" && !unlimited {
			p, err := newPoint(scheme, e.Limit)
			if err != nil {
				return nil, nil, err
			}
			if limit == nil || limit.compare(p) < 0 {
				limit = &p
			}
		}
	}
	slices.SortStableFunc(points, func(a, b point) int {
		return cmp.Or(a.compare(b), cmp.Compare(rank(a.effect == lastAffected), rank(b.effect == lastAffected)))
	})
	if unlimited {
		limit = nil
	}
	return points, limit, nil
}

func newPoint(scheme version.Scheme, text string) (point, error) {
	if text == firstVersion {
		return point{text: text, first: true}, nil
	}
	v, err := version.Parse(scheme, text)
	return point{text: text, Version: v}, err
}

// compare orders points by version. All were parsed by one scheme, so they can be compared.
func (p point) compare(q point) int {
	if p.first || q.first {
		return cmp.Compare(rank(q.first), rank(p.first))
	}
	c, err := p.Version.Compare(q.Version)
	if err != nil {
		return 0
	}
	return c
}

func rank(set bool) int {
	if set {
		return 1
	}
	return 0
}

func (p point) like(q point) bool { return p.text == q.text && p.effect == q.effect }

// span is a range of affected versions: from low up to high, which is nil for an open end.
type span struct {
	low, high *point
	included  bool
}

// walk returns the spans between sorted points in which versions are affected.
func walk(points []point) []span {
	var spans []span
	var low *point
	for i := range points {
		p := &points[i]
		switch {
		case p.effect == introduced && low == nil:
			low = p
		case p.effect != introduced && low != nil:
			if p.effect == lastAffected || low.compare(*p) < 0 {
				spans = append(spans, span{low, p, p.effect == lastAffected})
			}
			low = nil
		}
	}
	if low != nil {
		spans = append(spans, span{low: low})
	}
	return spans
}

// cut ends a span at a limit, if there is one; false if nothing of the span is left.
func (s *span) cut(limit *point) bool {
	if limit == nil {
		return true
	}
	if s.high == nil || s.high.compare(*limit) >= 0 {
		s.high, s.included = limit, false
	}
	return s.low.compare(*limit) < 0
}

func (s *span) versions() intel.Range {
	var r intel.Range
	if !s.low.first {
		r.Low = s.low.text
	}
	if s.high != nil {
		r.High, r.HighIncluded = s.high.text, s.included
	}
	return r
}

// beside returns the versions that are in none of the spans. Most databases list every version that
// is in a range, too, and each would become a rule.
func beside(spans []span, scheme version.Scheme, versions []string) []string {
	if len(versions) == 0 {
		return nil
	}
	spans = united(spans)
	var left []string
	for _, text := range versions {
		p, err := newPoint(scheme, text)
		if err != nil || !contain(spans, p) {
			left = append(left, text)
		}
	}
	return left
}

// united returns the union of spans, in order and without overlaps.
func united(spans []span) []span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int { return a.low.compare(*b.low) })
	var all []span
	for _, s := range sorted {
		last := len(all) - 1
		switch {
		case last < 0 || all[last].high != nil && all[last].high.compare(*s.low) < 0:
			all = append(all, s)
		case all[last].compareEnds(s) < 0:
			all[last].high, all[last].included = s.high, s.included
		}
	}
	return all
}

// compareEnds orders spans by their ends; an open one is last.
func (s *span) compareEnds(t span) int {
	if s.high == nil || t.high == nil {
		return cmp.Compare(rank(s.high == nil), rank(t.high == nil))
	}
	return cmp.Or(s.high.compare(*t.high), cmp.Compare(rank(s.included), rank(t.included)))
}

// contain reports whether one of united spans contains a version.
func contain(united []span, p point) bool {
	after := sort.Search(len(united), func(i int) bool { return united[i].low.compare(p) > 0 })
	return after > 0 && united[after-1].contains(p)
}

func (s *span) contains(p point) bool {
	if s.low.compare(p) > 0 {
		return false
	}
	return s.high == nil || p.compare(*s.high) < 0 || s.included && p.compare(*s.high) == 0
}
