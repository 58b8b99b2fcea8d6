package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// layout returns the layout of a subject.
func (c *Catalog) layout(number uint32) *layout {
	l := &c.layouts[number]
	l.once.Do(func() { l.layout = c.lay(number) })
	return l.layout
}

func (c *Catalog) lay(number uint32) *layout {
	l := &layout{subject: number, texts: c.textsOn(number)}
	made := rule.Compile(c.subjectKey(number), c.statementsOn(number, l.texts))
	l.scheme, l.versions, l.rules = made.Scheme, made.Versions, make([]placed, len(made.Rules))
	fixes := map[intel.Fix]uint32{}
	for i := range made.Rules {
		r := &made.Rules[i]
		fix, known := fixes[r.Fix]
		if !known {
			fix = uint32(len(l.fixes))
			fixes[r.Fix] = fix
			l.fixes = append(l.fixes, r.Fix)
			available := string(rune('0' + column.Flag(r.Fix.Available)))
			l.digests = append(l.digests, digestOf(r.Fix.ID, r.Fix.Title, r.Fix.URL, available))
		}
		l.rules[i] = placed{r.Low, r.High, r.CVE, fix, r.Source, r.Platforms, r.Target, r.Edition, r.Trust, r.Unaffected}
		l.ranges += int(column.Flag(r.Exact()))
	}
	return l
}

// each calls yield with every statement on a subject that counts: its feed's number and table, its
// row there, its platforms and its target.
func (c *Catalog) each(number uint32,
	yield func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string)) {
	b := &c.blocks
	for i := c.subjects.blocks[number]; i < c.subjects.blocks[number+1]; i++ {
		feed, within := b.feed[i], subject.Platforms(b.platforms[i])
		t, local := c.tables[feed], c.local[c.locals[feed]:]
		for row := b.first[i]; row < b.end[i]; row++ {
			on := subject.Platforms(t.Statements.Platforms[row]) & within
			if local[t.Statements.CVE[row]] == none || on == subject.Nowhere {
				continue
			}
			target := t.Texts.Text(t.Statements.Target[row])
			if b.target[i] != 0 {
				target = c.texts.Text(b.target[i])
			}
			yield(feed, t, row, on, target)
		}
	}
}

// textsOn lists the texts of a subject's rules.
func (c *Catalog) textsOn(number uint32) []string {
	texts := []string{""}
	c.each(number, func(feed uint32, t *table.Table, row uint32, _ subject.Platforms, target string) {
		texts = append(texts, c.source(feed, t, row), target, t.Texts.Text(t.Statements.Edition[row]))
	})
	slices.Sort(texts)
	return slices.Compact(texts)
}

// source names the feed and the document of a statement.
func (c *Catalog) source(feed uint32, t *table.Table, row uint32) string {
	return c.texts.Text(c.feeds.name[feed]) + "/" + t.Texts.Text(t.Statements.Source[row])
}

// statementsOn lists the statements on a subject, with texts as indices into texts.
func (c *Catalog) statementsOn(number uint32, texts []string) []rule.Statement {
	numbers := make(map[string]uint32, len(texts))
	for i, text := range texts {
		numbers[text] = uint32(i)
	}
	var list []rule.Statement
	c.each(number, func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string) {
		from := &t.Statements
		s := rule.Statement{
			CVE: c.local[c.locals[feed]+from.CVE[row]], Source: numbers[c.source(feed, t, row)], Platforms: on,
			Target: numbers[target], Edition: numbers[t.Texts.Text(from.Edition[row])],
			Trust: table.Trust(from.Trust[row]), Fix: t.Fix(from.Fix[row]),
		}
		for i := from.Ranges[row]; i < from.Ranges[row+1]; i++ {
			s.Ranges = append(s.Ranges, t.Range(i))
		}
		list = append(list, s)
	})
	return list
}
