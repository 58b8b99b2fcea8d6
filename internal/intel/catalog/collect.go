package catalog

import (
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/update"
)

// merger makes an index from tables.
type merger struct {
	alias.Election
	sources            []Source
	curated, overrides string
	// brought are the tables of titles that are not muster's own.
	brought []*alias.Table

	// cves are all CVEs named in tables.
	cves *cve.United

	// spellings are the texts of makers that records tell.
	spellings         []maker.Spelling
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
			if m.Votes[title] == nil {
				m.Votes[title] = alias.Ballot{}
			}
			m.Votes[title][alias.Candidate{
				Subject: t.Texts.Text(v.Subject[i]), Target: t.Texts.Text(v.Target[i])}] += int(v.Count[i])
		}
		for i, key := range t.Subjects.Key {
			if flags := t.Subjects.Flags[i]; flags&table.Pair != 0 {
				text := t.Texts.Text(key)
				m.Pairs[text] = m.Pairs[text] || flags&table.Desktop != 0
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
			c, ok := m.Elect(s.Table.Title(i))
			if !ok {
				m.unattached += int(end - first)
				continue
			}
			set, target := subject.TargetPlatforms(c.Target)
			m.attached[c.Subject] = append(m.attached[c.Subject], run{uint32(feed), first, end, set, target})
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
		next := found{key: key, desktop: m.Pairs[key]}
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
		if _, isPair := m.Pairs[key]; isPair || len(next.runs) > 0 {
			m.subjects = append(m.subjects, next)
		}
	}
}

// stateUpdates marks the CVEs that updates of Windows fix: they may be findings without a statement on versions.
func (m *merger) stateUpdates() {
	for i, s := range m.sources {
		update.Stated(s.Table, func(row uint32) {
			m.cves.Facts[m.cves.Numbers[i][row]].Stated = true
		})
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
