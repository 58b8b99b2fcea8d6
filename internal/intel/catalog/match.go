package catalog

import (
	"encoding/binary"
	"math/bits"
	"sort"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
)

// match collects the rules that apply to a resolved component.
func (c *Catalog) match(found *resolution, on subject.Platforms, s *scratch) {
	if found.installed == "" {
		return
	}
	for rest := found.pairs; len(rest) > 0; {
		first := len(found.pairs) - len(rest)
		n := found.alike(first)
		l := drafter{c}.layoutOf(found, rest[:n])
		rest = rest[n:]
		if l == nil {
			continue
		}
		q := query{resolution: found, layout: l, on: on}
		if found.versionFor(first) == "" {
			q.always(s)
		} else if place, ok := q.order().Place(found.versionFor(first)); ok {
			q.limit = q.limitOf(found.before)
			q.match(place, s)
		}
	}
}

// query is compared with the rules of a product.
type query struct {
	*resolution
	*layout
	on subject.Platforms
	// limit is the place that the upper end of a rule must not exceed.
	limit uint32
}

// limitOf returns the place up to which the component's rules may end.
func (l *layout) limitOf(before string) uint32 {
	if before == "" {
		return rule.PlaceLast
	}
	place, ok := l.order().Place(before)
	if !ok {
		return rule.PlaceFirst
	}
	return place
}

// match collects the rules for a place: exact rules by binary search, and ranges that do not end before it.
func (q *query) match(place uint32, s *scratch) {
	number := s.see(q.layout)
	exact := sort.Search(q.ranges, func(i int) bool { return q.rules[i].high >= place })
	for i := exact; i < q.ranges && q.rules[i].high == place; i++ {
		q.collect(i, number, s)
	}
	from := q.ranges + sort.Search(len(q.rules)-q.ranges, func(i int) bool { return q.rules[q.ranges+i].high >= place })
	for i := from; i < len(q.rules); i++ {
		if q.rules[i].low <= place {
			q.collect(i, number, s)
		}
	}
}

// always collects rules on every version, for a package whose version is not known.
func (q *query) always(s *scratch) {
	number := s.see(q.layout)
	q.limit = rule.PlaceLast
	for i := q.ranges; i < len(q.rules); i++ {
		if q.rules[i].low == rule.PlaceFirst && q.rules[i].high == rule.PlaceLast {
			q.collect(i, number, s)
		}
	}
}

// collect records a rule if its versions and its conditions apply.
func (q *query) collect(i int, number uint16, s *scratch) {
	r := &q.rules[i]
	if r.platforms != subject.Everywhere && r.platforms&q.on == subject.Nowhere {
		return
	}
	if q.beyond(r) || !q.agrees(r) {
		return
	}
	s.note(r, reference{number, uint32(i)})
}

// beyond reports whether a rule ends after the query's limit. A limit between two versions is an even
// place, and a rule that ends there ends below the later of them.
func (q *query) beyond(r *placed) bool {
	return r.high > q.limit || r.high == q.limit && q.limit&1 == 0
}

// agrees reports whether a package has the module stream that a rule names.
func (q *query) agrees(r *placed) bool {
	return !q.isPackage || q.streams.Agrees(q.texts[r.target])
}

// hits lists the collected CVEs that affect, in order, and clears the collection.
func (c *Catalog) hits(s *scratch) []Hit {
	count := 0
	for _, word := range s.noted {
		count += bits.OnesCount64(word)
	}
	if count == 0 {
		return nil
	}
	hits, count := make([]Hit, count), 0
	for w, word := range s.noted {
		for ; word != 0; word &= word - 1 {
			vuln := uint32(w*64 + bits.TrailingZeros64(word))
			n := s.best[vuln]
			if s.affects(&n) {
				c.fill(&hits[count], vuln, n.by, s)
				count++
			}
		}
		s.noted[w] = 0
	}
	return hits[:count]
}

// fill writes a hit in place: hits are many and large.
func (c *Catalog) fill(h *Hit, vuln uint32, by reference, s *scratch) {
	v, l := &c.cves[vuln], s.layouts[by.layout]
	r := &l.rules[by.rule]
	s.digests = binary.LittleEndian.AppendUint64(s.digests, v.digest)
	s.digests = binary.LittleEndian.AppendUint64(s.digests, l.digests[r.fix])
	h.CVE, h.Score, h.Scored, h.Exploit, h.Published = v.id, float64(v.score)/10, v.scored, v.exploit, v.month
	if !h.Scored {
		h.Severity = intel.RatedAs(l.fixes[r.fix].Severity, v.severity)
	}
	h.Fix, h.Source = l.fixes[r.fix], l.texts[r.source]
}
