package catalog

import (
	"slices"
	"strconv"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// layoutOf returns the layout of pairs of a resolved component: the rules on all of them, from the
// statements that apply to it. It is nil if no subject is known.
func (c drafter) layoutOf(found *resolution, pairs []alias.Pair) *layout {
	refs := c.refsOf(pairs)
	if len(refs) == 0 {
		return nil
	}
	return c.made(c.choose(found, refs)+found.until, refs, found.until)
}

// refsOf returns the known subjects of pairs.
func (c drafter) refsOf(pairs []alias.Pair) []ref {
	var refs []ref
	for _, p := range pairs {
		if number, ok := c.findSubject(p.Subject); ok {
			refs = append(refs, ref{number: number, edition: p.Edition})
		}
	}
	return refs
}

// whole returns the layout of all statements on a subject, whatever they apply to.
func (c drafter) whole(number uint32) *layout {
	return c.made("whole "+strconv.Itoa(int(number)), []ref{{number: number}}, "")
}

// made returns the layout with a key, and makes it on first use. until is resolution.until.
func (c drafter) made(key string, refs []ref, until string) *layout {
	l, ok := c.layouts.Load(key)
	if !ok {
		l, _ = c.layouts.LoadOrStore(key, &laid{})
	}
	made := l.(*laid)
	made.once.Do(func() { made.layout = c.lay(refs, until) })
	return made.layout
}

func (c drafter) lay(refs []ref, until string) *layout {
	l := &layout{isPackage: isPackage(c.subjectKey(refs[0].number)), texts: c.textsOn(refs)}
	made := rule.Compile(c.subjectKey(refs[0].number), c.statementsOn(refs, l.texts))
	made.Within(until)
	l.scheme, l.versions, l.lines = made.Scheme, made.Versions, rule.LinesOf(&made)
	l.rules = make([]placed, len(made.Rules))
	fixes := map[intel.Fix]uint32{}
	for i := range made.Rules {
		r := &made.Rules[i]
		fix, known := fixes[r.Fix]
		if !known {
			fix = uint32(len(l.fixes))
			fixes[r.Fix] = fix
			l.fixes = append(l.fixes, r.Fix)
			l.digests = append(l.digests, digestOfFix(&r.Fix))
		}
		l.rules[i] = placed{r.Low, r.High, r.CVE, fix, r.Source, r.Platforms, r.Target, r.Trust, r.Unaffected}
		l.ranges += int(column.Flag(r.Exact()))
	}
	return l
}

// applying calls yield with every statement that applies.
func (c drafter) applying(refs []ref,
	yield func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string)) {
	for _, r := range refs {
		c.each(r.number, func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string) {
			if applies, known := r.applies[qualifier{target, t.Texts.Text(t.Statements.Edition[row])}]; applies || !known {
				yield(feed, t, row, on, target)
			}
		})
	}
}

// textsOn lists the texts of the rules on subjects.
func (c drafter) textsOn(refs []ref) []string {
	texts := []string{""}
	c.applying(refs, func(feed uint32, t *table.Table, row uint32, _ subject.Platforms, target string) {
		texts = append(texts, c.source(feed, t, row), target)
	})
	slices.Sort(texts)
	return slices.Compact(texts)
}

// statementsOn lists the statements on subjects, with texts as indices into texts.
func (c drafter) statementsOn(refs []ref, texts []string) []rule.Statement {
	numbers := make(map[string]uint32, len(texts))
	for i, text := range texts {
		numbers[text] = uint32(i)
	}
	var list []rule.Statement
	for of := range refs {
		c.applying(refs[of:of+1], func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string) {
			from := &t.Statements
			s := rule.Statement{
				CVE: c.local[c.locals[feed]+from.CVE[row]], Source: numbers[c.source(feed, t, row)], Subject: uint32(of),
				Platforms: on, Target: numbers[target], Trust: table.Trust(from.Trust[row]), Fix: t.Fix(from.Fix[row]),
			}
			for i := from.Ranges[row]; i < from.Ranges[row+1]; i++ {
				s.Ranges = append(s.Ranges, t.Range(i))
			}
			list = append(list, s)
		})
	}
	return list
}
