package catalog

import (
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// drafter makes the layouts of a catalog.
type drafter struct{ *Catalog }

// each calls yield with every statement on a subject that counts: its feed's number and table, its
// row there, its platforms and its target.
func (c drafter) each(number uint32,
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

// source names the feed and the document of a statement.
func (c drafter) source(feed uint32, t *table.Table, row uint32) string {
	return c.texts.Text(c.feeds.name[feed]) + "/" + t.Texts.Text(t.Statements.Source[row])
}
