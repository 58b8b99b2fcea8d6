package catalog

import (
	"cmp"
	"sync"

	"github.com/muster-project/muster/internal/intel/table"
)

// scratch collects rules by CVE without allocating: a bit for each CVE of the catalog, and the collected rules.
type scratch struct {
	noted []uint64
	best  []noted
	// layouts are those of the collected rules.
	layouts []*layout
	// digests are those of the hits, for the fingerprint.
	digests []byte
}

// see returns the number of a layout.
func (s *scratch) see(l *layout) uint16 {
	s.layouts = append(s.layouts, l)
	return uint16(len(s.layouts) - 1)
}

// reference points to a rule by the numbers of its layout and of the rule.
type reference struct {
	layout uint16
	rule   uint32
}

func (s *scratch) rule(r reference) *placed { return &s.layouts[r.layout].rules[r.rule] }

// noted is the result for one CVE: the preferred rule by which it affects, if any, and the trust
// in the best rule that denies it, plus one; zero for none.
type noted struct {
	affected bool
	denied   table.Trust
	by       reference
}

// note keeps a rule if it is the preferred one of its CVE.
func (s *scratch) note(r *placed, by reference) {
	word, bit, n := r.vuln/64, uint64(1)<<(r.vuln%64), &s.best[r.vuln]
	if s.noted[word]&bit == 0 {
		s.noted[word] |= bit
		*n = noted{}
	}
	if r.unaffected {
		if trusted := r.trust + 1; n.denied == 0 || trusted < n.denied {
			n.denied = trusted
		}
		return
	}
	if !n.affected || s.preferred(by, n.by) {
		n.affected, n.by = true, by
	}
}

// affects reports whether a collected CVE affects. If sources disagree, the more trusted one wins; among equals
// the component is affected.
func (s *scratch) affects(n *noted) bool {
	return n.affected && (n.denied == 0 || n.denied > s.rule(n.by).trust)
}

// preferred reports whether a rule explains a finding better than another: it is trusted more, or
// it has the lower end, which is the first fix.
func (s *scratch) preferred(a, b reference) bool {
	r, other := s.rule(a), s.rule(b)
	return cmp.Or(cmp.Compare(r.trust, other.trust), cmp.Compare(r.high, other.high),
		cmp.Compare(a.layout, b.layout), cmp.Compare(a.rule, b.rule)) < 0
}

// scratches are reused from verdict to verdict.
type scratches struct{ pool sync.Pool }

func (p *scratches) take(vulns int) *scratch {
	s, ok := p.pool.Get().(*scratch)
	if !ok {
		s = &scratch{noted: make([]uint64, (vulns+63)/64), best: make([]noted, vulns)}
	}
	s.digests, s.layouts = s.digests[:0], s.layouts[:0]
	return s
}

func (p *scratches) give(s *scratch) { p.pool.Put(s) }
