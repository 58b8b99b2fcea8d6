package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// index makes the index from what was merged.
func (m *merger) index() *index {
	x := &index{}
	titles, lifecycles := m.Titles(), m.uniteLifecycles()
	x.texts = column.NewTexts(m.texts(titles, lifecycles))
	x.aliases, x.overrides = x.texts.Number(m.curated), x.texts.Number(m.overrides)
	for _, s := range m.sources {
		x.feeds.name = append(x.feeds.name, x.texts.Number(s.Name))
		x.feeds.table = append(x.feeds.table, x.texts.Number(s.Table.ID()))
	}
	m.layVulns(x)
	m.laySubjects(x)
	numbers := map[string]uint32{}
	for i, s := range m.subjects {
		numbers[s.key] = uint32(i)
	}
	for _, t := range titles {
		x.titles.vendor = append(x.titles.vendor, x.texts.Number(t.Vendor))
		x.titles.name = append(x.titles.name, x.texts.Number(t.Name))
		x.titles.subject = append(x.titles.subject, numbers[t.Subject])
	}
	x.spellings = maker.Lay(m.spellings, &x.texts)
	x.lifecycles = layLifecycles(x, lifecycles)
	x.summary = m.summarize(x)
	x.summary.Lifecycles = len(lifecycles)
	return x
}

// texts lists every text in the index.
func (m *merger) texts(titles []alias.Elected, lifecycles []owned) []string {
	texts := []string{m.curated, m.overrides}
	for _, s := range m.sources {
		texts = append(texts, s.Name, s.Table.ID())
	}
	texts = append(texts, m.cves.Texts()...)
	for _, s := range m.subjects {
		texts = append(texts, s.key)
		for _, r := range s.runs {
			texts = append(texts, r.target)
		}
	}
	for _, t := range titles {
		texts = append(texts, t.Vendor, t.Name)
	}
	for _, s := range m.spellings {
		texts = append(texts, s.Text, s.Maker)
	}
	for _, l := range lifecycles {
		texts = append(texts, l.Keys...)
	}
	return texts
}

// layVulns lays out the CVEs that are not rejected, by id.
func (m *merger) layVulns(x *index) {
	var rows []uint32
	x.vulns, rows = cve.Lay(m.cves, &x.texts)
	for _, numbers := range m.cves.Numbers {
		for _, number := range numbers {
			x.local = append(x.local, rows[number])
		}
	}
}

// laySubjects lays out subjects and their runs of statements.
func (m *merger) laySubjects(x *index) {
	s, b := &x.subjects, &x.blocks
	for _, f := range m.subjects {
		s.key = append(s.key, x.texts.Number(f.key))
		s.desktop = append(s.desktop, column.Flag(f.desktop))
		s.blocks = append(s.blocks, uint32(len(b.feed)))
		for _, r := range f.runs {
			b.feed, b.first, b.end = append(b.feed, r.feed), append(b.first, r.first), append(b.end, r.end)
			b.platforms, b.target = append(b.platforms, uint32(r.platforms)), append(b.target, x.texts.Number(r.target))
		}
	}
	s.blocks = append(s.blocks, uint32(len(b.feed)))
}

// owned is a life cycle and its place.
type owned struct {
	table.Lifecycle
	feed, row uint32
}

// uniteLifecycles returns one life cycle per product, by slug: of several, the one with the most
// cycles.
func (m *merger) uniteLifecycles() []owned {
	best := map[string]owned{}
	for feed, s := range m.sources {
		for row := range uint32(len(s.Table.Lifecycles.Keys) - 1) {
			l := s.Table.Lifecycle(row)
			if known, ok := best[l.Keys[0]]; !ok || table.Compare(l, known.Lifecycle) > 0 {
				best[l.Keys[0]] = owned{l, uint32(feed), row}
			}
		}
	}
	var list []owned
	for _, slug := range slices.Sorted(maps.Keys(best)) {
		list = append(list, best[slug])
	}
	return list
}

// layLifecycles lays out the keys of life cycles. A key of several leads to the first of them.
func layLifecycles(x *index, list []owned) lifecycleTable {
	owner := map[string]int{}
	for i, l := range list {
		for _, key := range l.Keys {
			if _, taken := owner[key]; !taken {
				owner[key] = i
			}
		}
	}
	var t lifecycleTable
	for _, key := range slices.Sorted(maps.Keys(owner)) {
		l := list[owner[key]]
		t.key, t.feed, t.row = append(t.key, x.texts.Number(key)), append(t.feed, l.feed), append(t.row, l.row)
	}
	return t
}

func (m *merger) summarize(x *index) counts.Catalog {
	first, end := x.vulns.CVEs(&x.texts)
	s := counts.Catalog{Rules: m.rules, CVEs: end - first, Advisories: len(x.vulns.ID) - (end - first),
		Titles: len(x.titles.name), Unattached: m.unattached}
	s.UnnamedProducts = alias.Unnamed(m.brought, m.Pairs)
	s.Unnamed = len(s.UnnamedProducts)
	s.UnnamedProducts = s.UnnamedProducts[:min(s.Unnamed, maxUnnamed)]
	for _, f := range m.subjects {
		if strings.HasPrefix(f.key, subject.PackagePrefix) {
			s.Packages++
		} else {
			s.Products++
		}
	}
	for _, score := range x.vulns.Score[first:end] {
		if score != table.Unscored {
			s.Scored++
		}
	}
	s.Feeds = []counts.FeedRecords{}
	for _, feed := range m.sources {
		if last := len(s.Feeds) - 1; last >= 0 && s.Feeds[last].Name == feed.Name { // the same feed with another kind
			s.Feeds[last].Records += feed.Table.Records
		} else {
			s.Feeds = append(s.Feeds, counts.FeedRecords{Name: feed.Name, Records: feed.Table.Records})
		}
	}
	return s
}

// digestOfFix is a hash of what is shown of a fix.
func digestOfFix(f *intel.Fix) uint64 {
	return column.Digest(f.ID, f.Title, f.URL, string([]byte{column.Flag(f.Available), byte(f.Severity), byte(f.State)}))
}
