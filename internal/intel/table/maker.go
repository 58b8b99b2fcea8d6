package table

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/words"
)

// Table compiles what was added. It may be called once.
func (b *Builder) Table() (*Table, error) {
	if b.full != nil {
		return nil, b.full
	}
	m := maker{Builder: b, table: &Table{Records: b.records, Weight: b.weight}}
	m.numberTexts()
	m.layCVEs()
	if err := m.layWords(); err != nil {
		return nil, fmt.Errorf("feed %q: %w", b.feed, err)
	}
	m.layKnown()
	m.layLikely()
	m.updates.lay(&m.table.Updates, m.texts, m.cves)
	m.layFixes()
	m.laySubjects()
	m.layTitles()
	m.layVotes()
	m.layLifecycles()
	m.layBinaries()
	m.layExtent()
	m.table.Aliases, m.table.Checks = m.whole(m.aliases), m.whole(m.checks)
	m.table.Statements.Ranges = append(m.table.Statements.Ranges, uint32(len(m.table.Ranges.Exact)))
	m.table.id = idOf(format.Sum(m.table.visit))
	return m.table, nil
}

// maker lays out a table, whose rows do not depend on the order of records.
type maker struct {
	*Builder
	table *Table
	// texts, cves and fixes map the builder's numbers to the table's.
	texts []uint32
	cves  map[uint32]uint32
	fixes []uint32
}

// whole returns the numbers of texts that are whole files, ascending.
func (m *maker) whole(files map[uint32]bool) (all []uint32) {
	for id := range files {
		all = append(all, m.texts[id])
	}
	slices.Sort(all)
	return all
}

// numberTexts renumbers texts so that numbers sort like texts.
func (m *maker) numberTexts() {
	m.table.Texts = column.NewTexts(slices.Concat(m.Builder.texts.texts, m.lifecycleTexts(),
		slices.Collect(maps.Keys(m.extent.ecosystems))))
	m.texts = make([]uint32, len(m.Builder.texts.texts))
	for i, text := range m.Builder.texts.texts {
		m.texts[i] = m.table.Texts.Number(text)
	}
}

func (m *maker) lifecycleTexts() []string {
	var texts []string
	for _, l := range m.lifecycles {
		texts = append(texts, lifecycleOf(l).Keys...)
		for _, c := range l.Cycles {
			texts = append(texts, c.Name, c.Latest)
		}
	}
	return texts
}

func (m *maker) number(text string) uint32 { return m.table.Texts.Number(text) }

func (m *maker) layCVEs() {
	ids := slices.SortedFunc(maps.Keys(m.Builder.cves),
		func(a, b uint32) int { return cmp.Compare(m.texts[a], m.texts[b]) })
	m.cves = make(map[uint32]uint32, len(ids))
	c := &m.table.CVEs
	for i, id := range ids {
		f := m.Builder.cves[id]
		m.cves[id] = uint32(i)
		var flags byte
		if f.rejected {
			flags |= Rejected
		}
		if f.told {
			flags |= Told
		}
		c.ID, c.Flags, c.Exploit = append(c.ID, m.texts[id]), append(c.Flags, flags), append(c.Exploit, byte(f.exploit))
		c.Score, c.Rank, c.By = append(c.Score, f.score.Tenths), append(c.Rank, f.score.Rank), append(c.By, f.score.By)
		c.Severity, c.Vector = append(c.Severity, byte(f.severity)), append(c.Vector, m.texts[f.vector])
		c.Published, c.Updated = append(c.Published, f.published), append(c.Updated, f.updated)
	}
}

// layWords lays out what is said in words.
func (m *maker) layWords() (err error) {
	w := &m.table.Words
	var texts *words.Texts
	w.CVE, texts, err = m.words.Texts(func(id uint32) uint32 { return m.cves[id] })
	if err == nil {
		w.Texts = texts
	}
	return err
}

// layKnown lays out the entries in CISA's catalog.
func (m *maker) layKnown() {
	rows := map[uint32]Exploited{}
	for id, entry := range m.known {
		rows[m.cves[id]] = entry
	}
	k := &m.table.Known
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		entry := rows[row]
		k.CVE, k.Flags = append(k.CVE, row), append(k.Flags, entry.Flags)
		k.Added, k.Due = append(k.Added, entry.Added), append(k.Due, entry.Due)
	}
}

// layLikely lays out the likelihoods of exploitation, by id.
func (m *maker) layLikely() {
	editions, rows := map[Edition]uint32{}, map[uint32]Likelihood{}
	for id, l := range m.likely {
		editions[l.Edition], rows[m.texts[id]] = 0, l
	}
	t := &m.table.Likely
	for i, edition := range slices.SortedFunc(maps.Keys(editions), Edition.Compare) {
		editions[edition] = uint32(i)
		t.Day, t.Model = append(t.Day, edition.Day), append(t.Model, m.number(edition.Model))
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		l := rows[id]
		t.CVE, t.Edition = append(t.CVE, id), append(t.Edition, editions[l.Edition])
		t.Score, t.Percentile = append(t.Score, l.Score), append(t.Percentile, l.Percentile)
	}
}

func (m *maker) layFixes() {
	type numbered struct {
		fix
		was uint32
	}
	list := make([]numbered, 0, len(m.Builder.fixes))
	for f, was := range m.Builder.fixes {
		list = append(list, numbered{fix{m.texts[f.id], m.texts[f.title], m.texts[f.url], f.available, f.severity,
			f.state}, was})
	}
	slices.SortFunc(list, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.title, b.title), cmp.Compare(a.url, b.url),
			cmp.Compare(a.available, b.available), cmp.Compare(a.severity, b.severity),
			cmp.Compare(a.state, b.state))
	})
	m.fixes = make([]uint32, len(list))
	t := &m.table.Fixes
	for i, f := range list {
		m.fixes[f.was] = uint32(i)
		t.ID, t.Title, t.URL = append(t.ID, f.id), append(t.Title, f.title), append(t.URL, f.url)
		t.Available, t.Severity = append(t.Available, f.available), append(t.Severity, byte(f.severity))
		t.State = append(t.State, byte(f.state))
	}
}

// laySubjects lays out all pairs and packages, with the statements on them.
func (m *maker) laySubjects() {
	t := &m.table.Subjects
	m.arrange(m.stated, m.texts)
	flags := map[uint32]byte{} // by the table's numbers
	for key, f := range m.pairs {
		flags[m.texts[key]] = f
	}
	for _, s := range m.stated {
		flags[s.key] |= 0
	}
	rest := m.stated
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		t.Key, t.Flags = append(t.Key, key), append(t.Flags, flags[key])
		rest = m.layStatements(&t.Statements, key, rest)
	}
	t.Statements = append(t.Statements, uint32(len(m.table.Statements.CVE)))
}

// layTitles lays out the titles that have statements, with these.
func (m *maker) layTitles() {
	t := &m.table.Titles
	order := make([]uint32, len(m.named)) // by vendor and name
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(strings.Compare(m.named[a].Vendor, m.named[b].Vendor),
			strings.Compare(m.named[a].Name, m.named[b].Name))
	})
	places := make([]uint32, len(order))
	for place, title := range order {
		places[title] = uint32(place)
	}
	m.arrange(m.pending, places)
	for rest := m.pending; len(rest) > 0; {
		place := rest[0].key
		title := m.named[order[place]]
		t.Vendor, t.Name = append(t.Vendor, m.number(title.Vendor)), append(t.Name, m.number(title.Name))
		rest = m.layStatements(&t.Statements, place, rest)
	}
	t.Statements = append(t.Statements, uint32(len(m.table.Statements.CVE)))
}

// arrange converts statements to the table's numbers (their keys by keys) and sorts them by all
// fields.
func (m *maker) arrange(statements []statement, keys []uint32) {
	for i := range statements {
		s := &statements[i]
		s.key, s.cve, s.fix = keys[s.key], m.cves[s.cve], m.fixes[s.fix]
		for _, text := range [...]*uint32{&s.source, &s.target, &s.edition} {
			*text = m.texts[*text]
		}
	}
	slices.SortFunc(statements, func(a, b statement) int {
		return cmp.Or(
			cmp.Compare(a.key, b.key), cmp.Compare(a.cve, b.cve), cmp.Compare(a.source, b.source),
			cmp.Compare(a.platforms, b.platforms), cmp.Compare(a.target, b.target), cmp.Compare(a.edition, b.edition),
			cmp.Compare(a.trust, b.trust), cmp.Compare(a.fix, b.fix), m.compareRanges(a, b),
		)
	})
}

func (m *maker) compareRanges(a, b statement) int {
	if a.first == b.first && a.end == b.end {
		return 0
	}
	return slices.CompareFunc(m.ranges[a.first:a.end], m.ranges[b.first:b.end], func(x, y bounds) int {
		return cmp.Or(cmp.Compare(m.texts[x.exact], m.texts[y.exact]), cmp.Compare(m.texts[x.low], m.texts[y.low]),
			cmp.Compare(m.texts[x.high], m.texts[y.high]), cmp.Compare(x.flags, y.flags))
	})
}

// layStatements lays out the statements on a key, which are the first of rest, and records where
// they start.
func (m *maker) layStatements(starts *[]uint32, key uint32, rest []statement) []statement {
	t, r := &m.table.Statements, &m.table.Ranges
	*starts = append(*starts, uint32(len(t.CVE)))
	for ; len(rest) > 0 && rest[0].key == key; rest = rest[1:] {
		s := &rest[0]
		t.CVE, t.Source, t.Fix = append(t.CVE, s.cve), append(t.Source, s.source), append(t.Fix, s.fix)
		t.Target, t.Edition = append(t.Target, s.target), append(t.Edition, s.edition)
		t.Platforms, t.Trust = append(t.Platforms, uint32(s.platforms)), append(t.Trust, byte(s.trust))
		t.Ranges = append(t.Ranges, uint32(len(r.Exact)))
		for _, b := range m.ranges[s.first:s.end] {
			r.Exact, r.Low, r.High = append(r.Exact, m.texts[b.exact]), append(r.Low, m.texts[b.low]),
				append(r.High, m.texts[b.high])
			r.Flags = append(r.Flags, b.flags)
		}
	}
	return rest
}

func (m *maker) layVotes() {
	type counted struct{ vendor, name, subject, target, count uint32 }
	var list []counted
	for v, count := range m.votes {
		title := m.named[v.title]
		list = append(list, counted{m.number(title.Vendor), m.number(title.Name), m.texts[v.subject],
			m.texts[v.target], count})
	}
	slices.SortFunc(list, func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.name, b.name), cmp.Compare(a.subject, b.subject),
			cmp.Compare(a.target, b.target))
	})
	t := &m.table.Votes
	for _, v := range list {
		t.Vendor, t.Name, t.Subject = append(t.Vendor, v.vendor), append(t.Name, v.name), append(t.Subject, v.subject)
		t.Target, t.Count = append(t.Target, v.target), append(t.Count, v.count)
	}
}

// layBinaries lays out what was built from which source.
func (m *maker) layBinaries() {
	rows := make([]built, 0, len(m.Builder.binaries))
	for row := range maps.Keys(m.Builder.binaries) {
		rows = append(rows, built{m.texts[row.name], m.texts[row.source]})
	}
	slices.SortFunc(rows, func(a, b built) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.source, b.source))
	})
	t := &m.table.Binaries
	for _, row := range rows {
		t.Name, t.Source = append(t.Name, row.name), append(t.Source, row.source)
	}
}

func (m *maker) layLifecycles() {
	t := &m.table.Lifecycles
	t.Keys, t.Cycles = []uint32{0}, []uint32{0}
	for _, slug := range slices.Sorted(maps.Keys(m.lifecycles)) {
		l := lifecycleOf(m.lifecycles[slug])
		for _, key := range l.Keys {
			t.Key = append(t.Key, m.number(key))
		}
		for _, c := range l.Cycles {
			var ended byte
			if c.Ended {
				ended = 1
			}
			t.Name, t.Latest = append(t.Name, m.number(c.Name)), append(t.Latest, m.number(c.Latest))
			t.Ended, t.EndsAt = append(t.Ended, ended), append(t.EndsAt, c.EndsAt)
		}
		t.Keys, t.Cycles = append(t.Keys, uint32(len(t.Key))), append(t.Cycles, uint32(len(t.Name)))
	}
}

// layExtent lays out what the feed holds.
func (m *maker) layExtent() {
	x, e := &m.extent, &m.table.Extent
	e.Kind, e.Listed, e.Newest = m.Kind, min(x.whole+x.paged, math.MaxInt32), secondsOf(x.latest())
	s := &e.Ecosystems
	for _, name := range slices.Sorted(maps.Keys(x.ecosystems)) {
		one := x.ecosystems[name]
		s.Name, s.Records = append(s.Name, m.number(name)), append(s.Records, one.records)
		s.Issues, s.Usable = append(s.Issues, one.issues), append(s.Usable, one.usable)
		s.First, s.Last = append(s.First, one.first), append(s.Last, one.last)
		s.Newest = append(s.Newest, secondsOf(one.newest))
	}
	m.layYears()
}

// layYears counts CVEs by the year in their id.
func (m *maker) layYears() {
	counts, c := map[uint32]uint32{}, &m.table.CVEs
	for i, id := range c.ID {
		if c.Flags[i]&Rejected != 0 {
			continue
		}
		number, isCVE := strings.CutPrefix(m.table.Texts.Text(id), "CVE-")
		if !isCVE {
			continue // an advisory that names no CVE
		}
		year, err := strconv.ParseUint(number[:4], 10, 16)
		if err == nil {
			counts[uint32(year)]++
		}
	}
	e := &m.table.Extent
	for _, year := range slices.Sorted(maps.Keys(counts)) {
		e.Years, e.CVEs = append(e.Years, year), append(e.CVEs, counts[year])
	}
}
