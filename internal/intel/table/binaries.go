package table

import (
	"sort"
	"strings"
)

// maxBinaries bounds the rows of Binaries; the largest feed has some ten thousand.
const maxBinaries = 2_000_000

// binaryName is a name in Binaries: that of an ecosystem without its release, since packages are built
// from the same sources in all of them, and that of a package.
func binaryName(ecosystem, name string) string {
	publisher, _, _ := strings.Cut(ecosystem, ":")
	return publisher + "/" + name
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
