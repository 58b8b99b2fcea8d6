package catalog

import (
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/muster-project/muster/internal/intel"
)

// Catalog is all intelligence in the form that answers questions. It is
// immutable and safe for many goroutines.
type Catalog struct {
	*tables
	id string
	// aliases are the curated ones, overrides the operator's.
	aliases, overrides *aliasTable
	// cves and updates are the tables of CVEs and fixes in the form of hits.
	cves    []vuln
	updates []intel.Fix
	// ecosystems are those that have packages, sorted.
	ecosystems []string
	// empty is true of the catalog without any intelligence.
	empty     bool
	memo      *memo
	scratches scratches
}

// Empty returns a catalog without intelligence: no release has a product code.
func Empty() *Catalog {
	t := &tables{
		texts:    newTextTable([]string{""}),
		subjects: subjectTable{versions: []uint32{0}, rules: []uint32{0}}, lifecycles: lifecycleTable{cycles: []uint32{0}},
	}
	none := &aliasTable{}
	return &Catalog{tables: t, id: "empty", aliases: none, overrides: none, empty: true, memo: newMemo()}
}

func newCatalog(t *tables, id string) (*Catalog, error) {
	aliases, err := parseAliases(t.texts.text(t.aliases))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	overrides, err := parseAliases(t.texts.text(t.overrides))
	if err != nil {
		return nil, fmt.Errorf("%w: overrides: %w", ErrDamaged, err)
	}
	c := &Catalog{tables: t, id: id, aliases: aliases, overrides: overrides, memo: newMemo()}
	c.ecosystems = c.listEcosystems()
	c.cves, c.updates = t.listVulns(), t.listFixes()
	return c, nil
}

// vuln is a row of the table of CVEs.
type vuln struct {
	id        string
	digest    uint64
	published uint32
	score     byte // in tenths
	scored    bool
	exploit   intel.Exploit
}

func (t *tables) listVulns() []vuln {
	list := make([]vuln, len(t.vulns.id))
	for i, id := range t.vulns.id {
		list[i] = vuln{
			id: t.texts.text(id), digest: t.vulns.digest[i], published: t.vulns.published[i],
			exploit: intel.Exploit(t.vulns.exploit[i]),
		}
		if score := t.vulns.score[i]; score != unscored {
			list[i].score, list[i].scored = score, true
		}
	}
	return list
}

func (t *tables) listFixes() []intel.Fix {
	list := make([]intel.Fix, len(t.fixes.id))
	for i := range list {
		list[i] = intel.Fix{
			Title: t.texts.text(t.fixes.title[i]), ID: t.texts.text(t.fixes.id[i]), URL: t.texts.text(t.fixes.url[i]),
			Available: t.fixes.available[i] == 1,
		}
	}
	return list
}

// ID identifies the catalog's content and the rules it is read by: equal ids
// give equal verdicts.
func (c *Catalog) ID() string { return c.id }

// Summary says what the catalog holds.
func (c *Catalog) Summary() Summary { return c.summary }

func (c *Catalog) listEcosystems() []string {
	var list []string
	for _, key := range c.subjects.key {
		ecosystem, isPackage := subject.Ecosystem(c.texts.text(key))
		if !isPackage {
			continue
		}
		if len(list) == 0 || list[len(list)-1] != ecosystem {
			list = append(list, ecosystem)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// findSubject returns the row of a subject.
func (c *Catalog) findSubject(key string) (subject uint32, ok bool) {
	id, ok := c.texts.find(key)
	if !ok {
		return 0, false
	}
	i, ok := slices.BinarySearch(c.subjects.key, id)
	return uint32(i), ok
}

func (c *Catalog) subjectKey(subject uint32) string { return c.texts.text(c.subjects.key[subject]) }

func (c *Catalog) isDesktop(subject uint32) bool { return c.subjects.desktop[subject] == 1 }
