package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// cmpStrings compares pairs of texts and returns the result of the first pair that differs.
func cmpStrings(pairs ...string) int {
	for i := 0; i < len(pairs); i += 2 {
		if c := strings.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}

// merger makes an index from tables.
type merger struct {
	election
	sources   []Source
	overrides string

	// ids are all CVEs named in tables, facts what is known of them; numbers maps the CVEs of each
	// table to these.
	ids     []string
	facts   []facts
	numbers [][]uint32

	attached          map[string][]run // by subject
	subjects          []found
	rules, unattached int
}

// run is a row of blocks, before texts have numbers.
type run struct {
	feed, first, end uint32
	platforms        subject.Platforms
	target           string
}

// found is a subject with the statements on it.
type found struct {
	key     string
	desktop bool
	runs    []run
}

// facts is what all sources together say about a CVE itself.
type facts struct {
	// stated CVEs are named by statements on subjects or by the feed's facts.
	stated, rejected bool
	exploit          byte
	score            table.Score
	severity         byte
	published        uint64
}

// uniteFacts merges what feeds say about CVEs: rejected wins, then the earliest publication, the
// most trusted score, the highest severity, and the highest level of exploit.
func (m *merger) uniteFacts() {
	lists := make([][]string, len(m.sources))
	for i, s := range m.sources {
		lists[i] = textsOf(s.Table, s.Table.CVEs.ID)
	}
	m.ids = unite(lists...)
	m.facts = make([]facts, len(m.ids))
	for i := range m.facts {
		m.facts[i] = facts{published: table.Unknown, score: table.Score{Tenths: table.Unscored}}
	}
	for i, s := range m.sources {
		c, numbers, at := &s.Table.CVEs, make([]uint32, len(lists[i])), 0
		for row, id := range lists[i] {
			for m.ids[at] != id {
				at++
			}
			numbers[row] = uint32(at)
			f := &m.facts[at]
			f.stated = f.stated || c.Flags[row]&table.Told != 0
			f.rejected = f.rejected || c.Flags[row]&table.Rejected != 0
			f.exploit, f.severity = max(f.exploit, c.Exploit[row]), max(f.severity, c.Severity[row])
			f.score = f.score.Prefer(table.Score{Rank: c.Rank[row], By: c.By[row], Tenths: c.Score[row]})
			f.published = table.Earlier(f.published, c.Published[row])
		}
		m.numbers = append(m.numbers, numbers)
	}
}

func textsOf(t *table.Table, column []uint32) []string {
	list := make([]string, len(column))
	for i, text := range column {
		list[i] = t.Texts.Text(text)
	}
	return list
}

// unite merges ascending lists into one without duplicates.
func unite(lists ...[]string) []string {
	for len(lists) > 1 {
		var next [][]string
		for i := 0; i < len(lists); i += 2 {
			if i+1 == len(lists) {
				next = append(next, lists[i])
			} else {
				next = append(next, uniteTwo(lists[i], lists[i+1]))
			}
		}
		lists = next
	}
	if len(lists) == 0 {
		return nil
	}
	return lists[0]
}

func uniteTwo(a, b []string) []string {
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c < 0:
			all, a = append(all, a[0]), a[1:]
		case c > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// count counts the votes of all feeds and collects pairs.
func (m *merger) count() {
	for _, s := range m.sources {
		t, v := s.Table, &s.Table.Votes
		for i := range v.Count {
			title := subject.Title{Vendor: t.Texts.Text(v.Vendor[i]), Name: t.Texts.Text(v.Name[i])}
			if m.votes[title] == nil {
				m.votes[title] = ballot{}
			}
			m.votes[title][candidate{t.Texts.Text(v.Subject[i]), t.Texts.Text(v.Target[i])}] += int(v.Count[i])
		}
		for i, key := range t.Subjects.Key {
			if flags := t.Subjects.Flags[i]; flags&table.Pair != 0 {
				text := t.Texts.Text(key)
				m.pairs[text] = m.pairs[text] || flags&table.Desktop != 0
			}
		}
	}
}

// attach assigns subjects to the statements on titles, and counts those without one.
func (m *merger) attach() {
	for feed, s := range m.sources {
		t := &s.Table.Titles
		for i := range t.Vendor {
			first, end := t.Statements[i], t.Statements[i+1]
			c, ok := m.elect(s.Table.Title(i))
			if !ok {
				m.unattached += int(end - first)
				continue
			}
			set, target := subject.TargetPlatforms(c.target)
			m.attached[c.subject] = append(m.attached[c.subject], run{uint32(feed), first, end, set, target})
		}
	}
}

// collectSubjects lists pairs and everything with statements, by key.
func (m *merger) collectSubjects() {
	lists := [][]string{slices.Sorted(maps.Keys(m.attached))}
	for _, s := range m.sources {
		lists = append(lists, textsOf(s.Table, s.Table.Subjects.Key))
	}
	at := make([]int, len(m.sources))
	for _, key := range unite(lists...) {
		next := found{key: key, desktop: m.pairs[key]}
		for i, s := range m.sources {
			if list := lists[i+1]; at[i] < len(list) && list[at[i]] == key {
				starts := s.Table.Subjects.Statements[at[i]:]
				next.add(m, run{uint32(i), starts[0], starts[1], subject.Everywhere, ""})
				at[i]++
			}
		}
		for _, r := range m.attached[key] {
			next.add(m, r)
		}
		if _, isPair := m.pairs[key]; isPair || len(next.runs) > 0 {
			m.subjects = append(m.subjects, next)
		}
	}
}

// add adds a run, if any of its statements counts.
func (f *found) add(m *merger, r run) {
	s, counts := &m.sources[r.feed].Table.Statements, false
	for i := r.first; i < r.end; i++ {
		about := &m.facts[m.numbers[r.feed][s.CVE[i]]]
		if about.rejected || subject.Platforms(s.Platforms[i])&r.platforms == subject.Nowhere {
			continue
		}
		counts, about.stated = true, true
		m.rules += int(s.Ranges[i+1] - s.Ranges[i])
	}
	if counts {
		f.runs = append(f.runs, r)
	}
}
