package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/muster-project/muster/internal/intel"
)

// maker turns what a builder collected into tables.
type maker struct {
	*Builder
	// sorted are the builder's texts in order; statements refer to these once
	// rank has been applied.
	sorted   []string
	subjects []compiled
	fixes    []intel.Fix
	summary  Summary
	texts    textTable
}

// newMaker sorts the builder's texts and compiles its statements, subject by
// subject.
func newMaker(b *Builder) *maker {
	m := &maker{Builder: b}
	m.rank()
	slices.SortFunc(b.statements, func(x, y statement) int {
		return cmp.Or(cmp.Compare(x.subject, y.subject), cmp.Compare(x.cve, y.cve), cmp.Compare(x.source, y.source))
	})
	known := maps.Clone(b.pairs)
	for from, to := 0, 0; from < len(b.statements); from = to {
		for to = from; to < len(b.statements) && b.statements[to].subject == b.statements[from].subject; to++ {
		}
		c := compile(m.sorted[b.statements[from].subject], b.statements[from:to])
		c.desktop = known[c.key]
		delete(known, c.key)
		m.subjects = append(m.subjects, c)
	}
	for key, desktop := range known {
		m.subjects = append(m.subjects, compiled{key: key, desktop: desktop})
	}
	slices.SortFunc(m.subjects, func(x, y compiled) int { return strings.Compare(x.key, y.key) })
	return m
}

// rank renumbers texts so that numbers order as texts do, whatever the order in
// which they came, and drops statements on rejected CVEs.
func (m *maker) rank() {
	m.sorted = slices.Sorted(slices.Values(m.Builder.texts.texts))
	ranks := make([]uint32, len(m.sorted))
	for i, text := range m.sorted {
		ranks[m.Builder.texts.ids[text]] = uint32(i)
	}
	b := m.Builder
	b.statements = slices.DeleteFunc(b.statements, func(s statement) bool {
		f := b.cves[s.cve]
		return f != nil && f.rejected
	})
	for i := range b.statements {
		s := &b.statements[i]
		for _, number := range [...]*uint32{&s.subject, &s.cve, &s.source, &s.target, &s.edition} {
			*number = ranks[*number]
		}
	}
}

// tables lays everything out.
func (m *maker) tables() *tables {
	cves, lifecycles := m.sortedCVEs(), m.sortedLifecycles()
	titles := m.electTitles()
	m.collectFixes()
	m.texts = newTextTable(m.allTexts(cves, titles, lifecycles))
	t := &tables{aliases: m.number(curatedAliases), overrides: m.number(m.overrides), texts: m.texts}
	t.vulns = m.vulnTable(cves)
	t.fixes = m.fixTable()
	m.subjectTables(t)
	t.titles = m.titleTable(titles)
	t.lifecycles = m.lifecycleTable(lifecycles)
	t.summary = m.summarize(t)
	return t
}

func (m *maker) summarize(t *tables) Summary {
	s := m.summary
	for _, c := range m.subjects {
		if strings.HasPrefix(c.key, subject.PackagePrefix) {
			s.Packages++
		} else {
			s.Products++
		}
	}
	for _, score := range t.vulns.score {
		if score != unscored {
			s.Scored++
		}
	}
	s.Rules, s.CVEs, s.Titles = len(t.rules.low), len(t.vulns.id), len(t.titles.name)
	s.Lifecycles, s.Feeds = len(m.lifecycles), m.feedSummaries()
	return s
}

func (m *maker) number(text string) uint32 {
	id, _ := m.texts.find(text)
	return id
}

// sortedCVEs returns the facts on all CVEs that are not rejected, by id; those
// that only statements name have none.
func (m *maker) sortedCVEs() []*facts {
	byID := map[string]*facts{}
	for _, f := range m.cves {
		if !f.rejected {
			byID[f.id] = f
		}
	}
	for _, s := range m.statements {
		if id := m.sorted[s.cve]; byID[id] == nil {
			byID[id] = &facts{id: id}
		}
	}
	list := make([]*facts, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, byID[id])
	}
	return list
}

// collectFixes numbers the fixes of all rules.
func (m *maker) collectFixes() {
	seen := map[intel.Fix]bool{{}: true}
	for _, c := range m.subjects {
		for _, r := range c.rules {
			seen[r.fix] = true
		}
	}
	m.fixes = slices.SortedFunc(maps.Keys(seen), compareFixRows)
}

func compareFixRows(a, b intel.Fix) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID), strings.Compare(a.Title, b.Title), strings.Compare(a.URL, b.URL),
		cmp.Compare(flag(a.Available), flag(b.Available)),
	)
}

// allTexts lists every text that a table refers to.
func (m *maker) allTexts(cves []*facts, titles []electedTitle, lifecycles []intel.Lifecycle) []string {
	texts := []string{"", curatedAliases, m.overrides}
	for _, f := range cves {
		texts = append(texts, f.id)
	}
	for _, f := range m.fixes {
		texts = append(texts, f.ID, f.Title, f.URL)
	}
	for _, c := range m.subjects {
		texts = append(append(texts, c.key), c.versions...)
		for _, r := range c.rules {
			texts = append(texts, m.sorted[r.source], m.sorted[r.target], m.sorted[r.edition])
		}
	}
	for _, t := range titles {
		texts = append(texts, t.Vendor, t.Name)
	}
	for _, l := range lifecycles {
		texts = append(texts, lifecycleKeys(l)...)
		for _, c := range l.Cycles {
			texts = append(texts, c.Name, c.Latest)
		}
	}
	return texts
}

func (m *maker) vulnTable(cves []*facts) vulnTable {
	var t vulnTable
	for _, f := range cves {
		score := byte(unscored)
		if f.scored {
			score = byte(math.Round(f.score.Base * 10))
		}
		published := secondsOf(f.published)
		t.id = append(t.id, m.number(f.id))
		t.score = append(t.score, score)
		t.exploit = append(t.exploit, byte(f.exploit))
		t.published = append(t.published, published)
		row := binary.LittleEndian.AppendUint32([]byte(f.id), published)
		t.digest = append(t.digest, digestOf(string(append(row, score, byte(f.exploit)))))
	}
	return t
}

func (m *maker) fixTable() fixTable {
	var t fixTable
	for _, f := range m.fixes {
		t.id = append(t.id, m.number(f.ID))
		t.title = append(t.title, m.number(f.Title))
		t.url = append(t.url, m.number(f.URL))
		t.available = append(t.available, byte(flag(f.Available)))
		t.digest = append(t.digest, digestOf(f.ID, f.Title, f.URL, string(rune('0'+flag(f.Available)))))
	}
	return t
}

// digestOf is a hash of some texts, cut to 64 bits.
func digestOf(texts ...string) uint64 {
	var row []byte
	for _, text := range texts {
		row = append(binary.LittleEndian.AppendUint32(row, uint32(len(text))), text...)
	}
	sum := sha256.Sum256(row)
	return binary.LittleEndian.Uint64(sum[:8])
}

// secondsOf is a time in seconds since 1970, and 0 for none or one before.
func secondsOf(t time.Time) uint32 {
	if s := t.Unix(); !t.IsZero() && s > 0 && s <= math.MaxUint32 {
		return uint32(s)
	}
	return 0
}

// subjectTables lays out subjects, their versions and rules.
func (m *maker) subjectTables(t *tables) {
	final := m.finalNumbers()
	fixes := make(map[intel.Fix]uint32, len(m.fixes))
	for i, f := range m.fixes {
		fixes[f] = uint32(i)
	}
	vulns := make(map[uint32]uint32, len(t.vulns.id))
	for i, id := range t.vulns.id {
		vulns[id] = uint32(i)
	}
	s := &t.subjects
	s.versions, s.rules = []uint32{0}, []uint32{0}
	for _, c := range m.subjects {
		s.key = append(s.key, m.number(c.key))
		s.scheme = append(s.scheme, byte(c.scheme))
		s.desktop = append(s.desktop, byte(flag(c.desktop)))
		for _, v := range c.versions {
			t.versions = append(t.versions, m.number(v))
		}
		exact := 0
		for _, r := range c.rules {
			exact += flag(r.exact())
			t.rules.add(&r, final, vulns[final[r.cve]], fixes[r.fix])
		}
		s.ranges = append(s.ranges, s.rules[len(s.rules)-1]+uint32(exact))
		s.versions = append(s.versions, uint32(len(t.versions)))
		s.rules = append(s.rules, uint32(len(t.rules.low)))
	}
}

// finalNumbers leads from the maker's sorted texts to the text table.
func (m *maker) finalNumbers() []uint32 {
	final := make([]uint32, len(m.sorted))
	for i, text := range m.sorted {
		final[i] = m.number(text)
	}
	return final
}

func (t *ruleTable) add(r *rule, final []uint32, vuln, fix uint32) {
	t.low, t.high = append(t.low, r.low), append(t.high, r.high)
	t.vuln, t.fix = append(t.vuln, vuln), append(t.fix, fix)
	t.source = append(t.source, final[r.source])
	t.platforms = append(t.platforms, uint32(r.platforms))
	t.target, t.edition = append(t.target, final[r.target]), append(t.edition, final[r.edition])
	t.trust = append(t.trust, byte(r.trust))
	t.unaffected = append(t.unaffected, byte(flag(r.unaffected)))
}
