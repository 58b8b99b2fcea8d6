package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/cve"
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

	// cves are all CVEs named in tables.
	cves *cve.United

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
		lists = append(lists, cve.TextsOf(&s.Table.Texts, s.Table.Subjects.Key))
	}
	at := make([]int, len(m.sources))
	for _, key := range cve.UniteTexts(lists...) {
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
		about := &m.cves.Facts[m.cves.Numbers[r.feed][s.CVE[i]]]
		if about.Rejected || subject.Platforms(s.Platforms[i])&r.platforms == subject.Nowhere {
			continue
		}
		counts, about.Stated = true, true
		m.rules += int(s.Ranges[i+1] - s.Ranges[i])
	}
	if counts {
		f.runs = append(f.runs, r)
	}
}
