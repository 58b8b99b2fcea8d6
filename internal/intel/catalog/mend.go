package catalog

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// Line finds the versions that mend components of one line: of a product, of Windows of one build of it. It serves
// one caller at a time.
type Line struct {
	// Key is equal for components of one line.
	Key   string
	c     drafter
	q     query
	named map[uint32]string // the ends of ranges, as statements write them
}

// At is the version of a component in its line, and its platform.
type At struct {
	place uint32
	on    subject.Platforms
}

// Mended says how components are mended.
type Mended struct {
	// Version has none of the CVEs but those in Left, and is not below that of any component; "" if rules name none. If
	// none is left, it is the lowest.
	Version string
	// Left are those CVEs of which rules name no version that is not affected any more, in their order.
	Left []string
}

// LineOf returns the line of a component and where it is there. It is nil for one without product or version, and for
// one whose version is not the one that rules are about, as of a package with another version than its source.
func LineOf(c *Catalog, r Component) (*Line, At) {
	found := resolver{c}.resolve(new(bounded(r)))
	other := func(v string) bool { return v != found.installed }
	if !found.product || found.installed == "" || slices.ContainsFunc(found.compared, other) || len(found.pairs) == 0 ||
		found.alike(0) < len(found.pairs) {
		return nil, At{}
	}
	q := query{resolution: &found, layout: drafter{c}.layoutOf(&found, found.pairs)}
	if q.layout == nil {
		return nil, At{}
	}
	place, ok := q.order().Place(found.installed)
	if !ok {
		return nil, At{}
	}
	q.limit = q.limitOf(q.before)
	keys := []string{found.before}
	for _, p := range found.pairs {
		keys = append(keys, p.Subject, p.Edition)
	}
	return &Line{Key: strings.Join(keys, " "), c: drafter{c}, q: q}, At{place, subject.PlatformOf(r.OSPlatform, r.OSVersion)}
}

// Mend says which version mends components of the line of some CVEs. It goes up from the highest of their versions:
// past the end of each rule by which one of the CVEs affects a version, to the version that ends it.
func (l *Line) Mend(all []At, cves []string) Mended {
	none, at := Mended{Left: cves}, uint32(0)
	l.q.on = 0
	for _, one := range all {
		at, l.q.on = max(at, one.place), l.q.on|one.on
	}
	wanted := map[uint32]string{}
	for _, cve := range cves {
		vuln, ok := l.c.findVuln(cve)
		if !ok || len(all) == 0 {
			return none
		}
		wanted[vuln] = cve
	}
	ruled := map[uint32]bool{}
	for i := range l.q.rules {
		ruled[l.q.rules[i].vuln] = true
	}
	var unruled []string // which an update mends, and no version that is known
	for vuln, cve := range wanted {
		if !ruled[vuln] {
			unruled = append(unruled, cve)
			delete(wanted, vuln)
		}
	}
	end, left := l.mend(at, wanted)
	text := l.name(end)
	if text == "" || len(left) == len(wanted) {
		return none
	}
	left = append(left, unruled...)
	slices.Sort(left)
	return Mended{text, left}
}

// mend goes up from a place past the farthest end of the rules by which wanted CVEs affect it: what affects a place
// affects all up to its end. It returns where it ends, and which CVEs are left there because no version ends them.
func (l *Line) mend(at uint32, wanted map[uint32]string) (end uint32, left []string) {
	s := l.c.scratches.take(len(l.c.cves))
	defer l.c.scratches.give(s)
	for end = at; ; at = end {
		left = nil
		l.q.match(at, s)
		s.affecting(func(vuln uint32, r *placed) {
			if cve, ok := wanted[vuln]; ok {
				left = append(left, cve)
				if r.high != rule.PlaceLast && r.high&1 == 0 { // it ends below a version that is not affected
					end = max(end, r.high+1)
				}
			}
		})
		if end == at {
			return end, left
		}
	}
}

// affecting calls yield with each collected CVE that affects and its rule, and clears the collection.
func (s *scratch) affecting(yield func(vuln uint32, by *placed)) {
	for w, word := range s.noted {
		for ; word != 0; word &= word - 1 {
			vuln := uint32(w*64 + bits.TrailingZeros64(word))
			if n := s.best[vuln]; s.affects(&n) {
				yield(vuln, s.rule(n.by))
			}
		}
		s.noted[w] = 0
	}
}

// name returns the version at a place as a statement writes it, "" if none does.
func (l *Line) name(place uint32) string {
	if l.named == nil {
		l.named = map[uint32]string{}
		refs, order := l.c.refsOf(l.q.pairs), l.q.order()
		l.c.choose(l.q.resolution, refs)
		l.c.applying(refs, func(_ uint32, t *table.Table, row uint32, _ subject.Platforms, _ string) {
			for i := t.Statements.Ranges[row]; i < t.Statements.Ranges[row+1]; i++ {
				high := t.Range(i).High
				if at, ok := order.Place(high); ok && high != "" {
					if known := l.named[at]; known == "" || len(high) < len(known) {
						l.named[at] = high
					}
				}
			}
		})
	}
	return l.named[place]
}
