package table

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
)

// Binaries has the packages that were built from source packages, as far as advisories list them, by
// name: for installed packages whose report does not name their source.
type Binaries struct {
	// Name is a publisher and the name of a package ("openSUSE/libopenssl3"), Source a source package.
	Name, Source []uint32
}

// built is a row of Binaries, with the numbers of its texts.
type built struct{ name, source uint32 }

// maxBinaries bounds the rows of Binaries; the largest feed has some ten thousand.
const maxBinaries = 2_000_000

// binaryName is a name in Binaries: that of an ecosystem without its release, since packages are built
// from the same sources in all of them, and that of a package.
func binaryName(ecosystem, name string) string {
	publisher, _, _ := strings.Cut(ecosystem, ":")
	return publisher + "/" + name
}

// addBinaries records what was built from a package; that of its own name needs no record.
func (b *Builder) addBinaries(p *intel.Package) {
	for _, name := range p.Binaries {
		if name != p.Name && name != "" && len(b.binaries) < maxBinaries {
			b.binaries[built{b.texts.id(binaryName(p.Ecosystem, name)), b.texts.id(p.Name)}] = true
		}
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

// SourcesOf returns the source packages from which advisories of an ecosystem's publisher say that a
// package was built, in order.
func (t *Table) SourcesOf(ecosystem, name string) []string {
	id, ok := t.Texts.Find(binaryName(ecosystem, name))
	if !ok {
		return nil
	}
	var sources []string
	b := &t.Binaries
	first := sort.Search(len(b.Name), func(i int) bool { return b.Name[i] >= id })
	for i := first; i < len(b.Name) && b.Name[i] == id; i++ {
		sources = append(sources, t.Texts.Text(b.Source[i]))
	}
	return sources
}

func (b *Binaries) visit(v column.Visitor) {
	v.Numbers(&b.Name)
	v.Numbers(&b.Source)
}

func (b *Binaries) check(texts uint32) bool {
	return column.Same(len(b.Name), len(b.Source)) && column.Within(texts, b.Name, b.Source) && slices.IsSorted(b.Name)
}
