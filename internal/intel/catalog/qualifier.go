package catalog

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// qualifiersOn returns the qualifiers of a subject's statements.
func (c drafter) qualifiersOn(number uint32) []qualifier {
	q := &c.qualified[number]
	q.once.Do(func() {
		if strings.HasPrefix(c.subjectKey(number), subject.PackagePrefix) {
			return
		}
		c.each(number, func(_ uint32, t *table.Table, row uint32, _ subject.Platforms, target string) {
			if next := (qualifier{target, t.Texts.Text(t.Statements.Edition[row])}); next != (qualifier{}) {
				q.list = append(q.list, next)
			}
		})
		slices.SortFunc(q.list, func(a, b qualifier) int {
			return cmp.Or(strings.Compare(a.target, b.target), strings.Compare(a.edition, b.edition))
		})
		q.list = append(slices.Compact(q.list), qualifier{})
	})
	return q.list
}

// satisfies reports whether a component is what a target_sw asks for. Host software has to be named.
// An ecosystem is satisfied by a component of it. One whose ecosystem is not known counts if an
// exact key led to the product and ecosystems, those that statements on the product name, are only
// one (matching.md, 3.2).
func (r *resolution) satisfies(target string, ecosystems int) bool {
	ecosystem, isEcosystem := strings.CutPrefix(target, subject.PackagePrefix)
	switch {
	case target == "":
		return true
	case !isEcosystem:
		return target == r.target
	case r.ecosystem != "":
		return ecosystem == r.ecosystem
	}
	return r.exact && ecosystems == 1
}

// ref is a subject of a product, with the qualifiers of its statements that apply.
type ref struct {
	number uint32
	// edition, if not empty, is the only one whose statements apply.
	edition string
	applies map[qualifier]bool
}

// choose decides which qualifiers apply, and returns the key of the layout: components for which the
// same statements apply share it.
func (c drafter) choose(found *resolution, refs []ref) string {
	ecosystems := map[string]bool{}
	for i := range refs {
		for _, q := range c.qualifiersOn(refs[i].number) {
			if strings.HasPrefix(q.target, subject.PackagePrefix) {
				ecosystems[q.target] = true
			}
		}
	}
	var key []byte
	for i := range refs {
		r := &refs[i]
		key = binary.LittleEndian.AppendUint32(key, r.number)
		r.applies = map[qualifier]bool{}
		for _, q := range c.qualifiersOn(r.number) {
			r.applies[q] = found.satisfies(q.target, len(ecosystems)) && c.sameEdition(found, r, q.edition)
			key = append(key, column.Flag(r.applies[q]))
		}
	}
	return string(key)
}

// sameEdition reports whether a statement on an edition applies: an edition that is named and known
// to differ excludes, and an unknown one does not (matching.md, 3.2).
func (c drafter) sameEdition(found *resolution, r *ref, edition string) bool {
	switch {
	case r.edition != "":
		return edition == r.edition
	case edition == "":
		return true
	case found.edition != "":
		return edition == found.edition
	}
	key := c.subjectKey(r.number)
	return !c.curated.Separates(key, edition) && !c.operators.Separates(key, edition)
}
