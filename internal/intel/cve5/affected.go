package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// statement is what all entries of one record share.
type statement struct {
	cve, assigner string
}

// identity is the product an entry speaks of: a CPE without its version, or the
// vendor and product texts.
type identity struct {
	part, vendor, product, targetSW, swEdition string
}

// affected reads one container's entries. Each entry gives one statement an
// identity, however many CPEs name it: Cisco lists N releases as N CPEs beside
// the same N versions (trap 3).
func (s statement) affected(entries []product, by intel.Authority) []intel.Affected {
	list := list{at: map[identity][]int{}}
	for _, entry := range entries {
		versions, complement := readVersions(entry)
		if by != intel.ByCNA && !complement {
			versions = slices.DeleteFunc(versions, isEverything)
		}
		if len(versions) == 0 {
			continue
		}
		for _, id := range entry.identities() {
			list.add(id, intel.Affected{
				CVE:  s.cve,
				Part: id.part, Vendor: id.vendor, Product: id.product,
				TargetSW: id.targetSW, SWEdition: id.swEdition,
				Versions: versions,
				Requires: entry.requires(id.part),
				By:       by,
				Assigner: s.assigner,
				Fix:      intel.Fix{Available: namesFix(versions)},
			})
		}
	}
	return list.all
}

// identities are the distinct products the entry's CPEs name or, without any,
// its vendor and product texts. An entry whose CPEs cannot be read is one
// without any.
func (p product) identities() []identity {
	var ids []identity
	seen := map[identity]bool{}
	for _, text := range p.CPEs {
		name, err := cpe.Parse(text)
		if err != nil {
			continue
		}
		targetSW, swEdition := name.Narrowing()
		id := identity{name.Part, name.Vendor, name.Product, targetSW, swEdition}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && isNamed(p.Vendor) && isNamed(p.Product) {
		ids = []identity{{vendor: strings.TrimSpace(p.Vendor), product: strings.TrimSpace(p.Product)}}
	}
	return ids
}

// isNamed tells a name from the words that stand for none (trap 5).
func isNamed(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "n/a", "unspecified", "unknown", "-", "*", "not applicable":
		return false
	}
	return true
}

// list is a container's statements, with the positions of each product's.
type list struct {
	all []intel.Affected
	at  map[identity][]int
}

// add adds a statement, or unites it with one of the same product: with an equal
// one, and a complement with the other complement. A complement says "all but
// these versions are affected"; vendors spread one list of fixed versions over
// several such entries, and only their exceptions together are true.
func (l *list) add(id identity, next intel.Affected) {
	for _, i := range l.at[id] {
		old := &l.all[i]
		if !slices.Equal(old.Requires, next.Requires) {
			continue
		}
		if isComplement(old.Versions) && isComplement(next.Versions) {
			old.Versions = union(old.Versions, next.Versions)
			return
		}
		if slices.Equal(old.Versions, next.Versions) {
			return
		}
	}
	l.at[id] = append(l.at[id], len(l.all))
	l.all = append(l.all, next)
}

// isComplement tells the versions of a complement: all, and exceptions.
func isComplement(versions []intel.Range) bool {
	return len(versions) > 1 && isEverything(versions[0]) && versions[1].Unaffected
}

// isEverything says that a range has no bound. From a CNA it means all
// versions; a publisher writes it beside a CPE when no version is known, which
// makes no finding (trap 7).
func isEverything(r intel.Range) bool { return r == intel.Range{} }

// union gives the distinct ranges of both lists, in their order.
func union(a, b []intel.Range) []intel.Range {
	seen := make(map[intel.Range]bool, len(a)+len(b))
	var all []intel.Range
	for _, r := range slices.Concat(a, b) {
		if !seen[r] {
			seen[r] = true
			all = append(all, r)
		}
	}
	return all
}

// namesFix says whether the versions tell where the flaw ends.
func namesFix(versions []intel.Range) bool {
	return slices.ContainsFunc(versions, func(r intel.Range) bool {
		return r.Unaffected || r.High != "" && !r.HighIncluded
	})
}
