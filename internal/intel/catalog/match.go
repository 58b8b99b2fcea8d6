package catalog

import (
	"encoding/binary"
	"math/bits"
	"sort"
	"sync"

	"github.com/muster-project/muster/internal/intel/subject"
)

// match collects the rules that hold for what a release was resolved to.
func (c *Catalog) match(found *resolution, on subject.Platforms, s *scratch) {
	if found.installed == "" {
		return
	}
	q := query{resolution: found, on: on}
	for _, p := range found.pairs {
		subject, ok := c.findSubject(p.subject)
		if !ok {
			continue
		}
		if place, ok := c.order(subject).place(found.installed); ok {
			q.edition, q.limit = p.edition, c.limit(subject, found.before)
			c.matchSubject(subject, place, &q, s)
		}
	}
}

// query is what rules are held against.
type query struct {
	*resolution
	on      subject.Platforms
	edition string
	// limit is the place that the upper end of a rule must not pass.
	limit uint32
}

// limit places the end of the builds that a release's rules may end in.
func (c *Catalog) limit(subject uint32, before string) uint32 {
	if before == "" {
		return placeLast
	}
	place, ok := c.order(subject).place(before)
	if !ok {
		return placeFirst
	}
	return place
}

// matchSubject collects the rules that hold for a place: exact rules by binary
// search, of ranges those that do not end before it.
func (c *Catalog) matchSubject(subject, place uint32, q *query, s *scratch) {
	r := &c.rules
	start, ranges, end := int(c.subjects.rules[subject]), int(c.subjects.ranges[subject]), int(c.subjects.rules[subject+1])
	exact := start + sort.Search(ranges-start, func(i int) bool { return r.high[start+i] >= place })
	for i := exact; i < ranges && r.high[i] == place; i++ {
		c.collect(uint32(i), q, s)
	}
	from := ranges + sort.Search(end-ranges, func(i int) bool { return r.high[ranges+i] >= place })
	for i := from; i < end; i++ {
		if r.low[i] <= place {
			c.collect(uint32(i), q, s)
		}
	}
}

// collect notes a rule whose versions hold, if its conditions do too.
func (c *Catalog) collect(i uint32, q *query, s *scratch) {
	r := &c.rules
	if p := subject.Platforms(r.platforms[i]); p != subject.Everywhere && p&q.on == subject.Nowhere {
		return
	}
	if r.high[i] > q.limit || !c.agrees(r.target[i], r.edition[i], q) {
		return
	}
	s.note(r.vuln[i], i, r)
}

// agrees reports whether a release is of the module stream, runs in the
// software, and is of the edition that a rule names.
func (c *Catalog) agrees(target, edition uint32, q *query) bool {
	if q.streams.module {
		return q.streams.agree(c.texts.text(target))
	}
	if target != 0 && c.texts.text(target) != q.target {
		return false
	}
	return q.edition == "" && edition == 0 || c.texts.text(edition) == q.edition
}

// scratch collects rules by CVE without allocating: a bit for each CVE of the
// catalog that was noted, and what was noted.
type scratch struct {
	noted []uint64
	best  []noted
	// digests are of the hits, for the fingerprint.
	digests []byte
}

// noted is what rules say about one CVE: the preferred rule by which it affects,
// and the trust in the best rule that denies it; both plus one, zero for none.
type noted struct {
	affected uint32
	denied   uint8
}

// note keeps a rule if it is the preferred one of its CVE.
func (s *scratch) note(vuln, i uint32, r *ruleTable) {
	word, bit, n := vuln/64, uint64(1)<<(vuln%64), &s.best[vuln]
	if s.noted[word]&bit == 0 {
		s.noted[word] |= bit
		*n = noted{}
	}
	if r.unaffected[i] == 1 {
		if trusted := r.trust[i] + 1; n.denied == 0 || trusted < n.denied {
			n.denied = trusted
		}
		return
	}
	if n.affected == 0 || preferred(r, i, n.affected-1) {
		n.affected = i + 1
	}
}

// preferred reports whether rule i explains a finding better than rule j: it is
// trusted more, or it names the lower end, which is the first fix.
func preferred(r *ruleTable, i, j uint32) bool {
	if r.trust[i] != r.trust[j] {
		return r.trust[i] < r.trust[j]
	}
	if r.high[i] != r.high[j] {
		return r.high[i] < r.high[j]
	}
	return i < j
}

// hits lists what was collected, by CVE, and clears it. Where one source denies
// what another says, the more trusted one wins; among equals it is affected.
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
			if n.affected != 0 && (n.denied == 0 || n.denied > c.rules.trust[n.affected-1]) {
				c.fill(&hits[count], vuln, n.affected-1, s)
				count++
			}
		}
		s.noted[w] = 0
	}
	return hits[:count]
}

// fill writes a hit where it stays: they are many, and long.
func (c *Catalog) fill(h *Hit, vuln, rule uint32, s *scratch) {
	v, fix := &c.cves[vuln], c.rules.fix[rule]
	s.digests = binary.LittleEndian.AppendUint64(s.digests, v.digest)
	s.digests = binary.LittleEndian.AppendUint64(s.digests, c.fixes.digest[fix])
	h.CVE, h.Score, h.Scored, h.Exploit = v.id, float64(v.score)/10, v.scored, v.exploit
	h.Published, h.Fix, h.Source = timeOf(v.published), c.updates[fix], c.texts.text(c.rules.source[rule])
}

// scratches are reused from verdict to verdict.
type scratches struct{ pool sync.Pool }

func (p *scratches) take(vulns int) *scratch {
	s, ok := p.pool.Get().(*scratch)
	if !ok {
		s = &scratch{noted: make([]uint64, (vulns+63)/64), best: make([]noted, vulns)}
	}
	s.digests = s.digests[:0]
	return s
}

func (p *scratches) give(s *scratch) { p.pool.Put(s) }
