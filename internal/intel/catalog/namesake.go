package catalog

import (
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
)

// namesakes returns the CPE pair that names a package exactly: its statements name the ecosystem, its
// product is the package, and its vendor is the package's namespace. Names are unique within an
// ecosystem, so without a namespace the vendor may be any if only one pair is left. Several are
// different products of which one is unknown.
func (c resolver) namesakes(l ecosystem.Ecosystem, namespace, name string) []alias.Pair {
	product := name
	if namespace != "" {
		product = path.Base(strings.ReplaceAll(name, ":", "/"))
	}
	var pairs []alias.Pair
	for _, row := range drafter(c).pairsOf(l.Name, ecosystem.Normal(l.Name, strings.ToLower(product))) {
		key := c.subjectKey(row)
		vendor, _, _ := strings.Cut(strings.TrimPrefix(key, "a:"), ":")
		if namespace == "" || vendor == strings.ToLower(namespace) ||
			l.Name != "Maven" && vendor == strings.ToLower(strings.TrimPrefix(path.Base(namespace), "@")) {
			pairs = append(pairs, alias.Pair{Subject: key})
		}
	}
	if len(pairs) != 1 {
		return nil
	}
	return pairs
}

// pairsOf returns the rows of CPE pairs of a product whose statements name an ecosystem.
func (c drafter) pairsOf(of, product string) []uint32 {
	n := &c.Catalog.namesakes
	n.once.Do(func() {
		n.rows = map[[2]string][]uint32{}
		for row := range c.subjects.key {
			key := c.subjectKey(uint32(row))
			if !strings.HasPrefix(key, "a:") {
				continue
			}
			_, name, _ := strings.Cut(strings.TrimPrefix(key, "a:"), ":")
			last := ""
			for _, q := range c.qualifiersOn(uint32(row)) { // by target
				if named, ok := strings.CutPrefix(q.target, subject.PackagePrefix); ok && named != last {
					last = named
					at := [2]string{named, ecosystem.Normal(named, name)}
					n.rows[at] = append(n.rows[at], uint32(row))
				}
			}
		}
	})
	return n.rows[[2]string{of, product}]
}
