package cve5

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// statement has what all entries of one record share.
type statement struct {
	cve, assigner string
	// rules counts the statements of the entries: each of their products by each of their
	// versions.
	rules int
	// absurd counts ranges that end before they begin, example is the first.
	absurd  int
	example intel.Range
}

// identity is the product of an entry: a CPE without its version, or the vendor and product texts.
type identity struct {
	part, vendor, product, targetSW, swEdition string
}

// affected reads one container's entries. Each entry makes one statement per identity, however
// many CPEs name it: Cisco lists N releases as N CPEs beside the same N versions (trap 3).
func (s *statement) affected(entries []product, by intel.Authority) ([]intel.Affected, error) {
	list := list{at: map[alike][]int{}, seen: map[int]map[intel.Range]bool{}, seed: maphash.MakeSeed()}
	for _, entry := range entries {
		versions, complement := readVersions(entry)
		if by != intel.ByCNA && !complement {
			versions = slices.DeleteFunc(versions, isEverything)
		}
		absurd := s.absurd
		versions = slices.DeleteFunc(versions, s.isAbsurd)
		if complement && s.absurd > absurd {
			continue // without an exception fixed versions would count as affected
		}
		if len(versions) == 0 {
			continue
		}
		ids := entry.identities()
		if s.rules += len(ids) * len(versions); s.rules > intel.MaxRules {
			return nil, fmt.Errorf("more than %d statements on versions: %w", intel.MaxRules, intel.ErrTooLarge)
		}
		doubted := doubtful(s.assigner, entry, versions, by)
		hash, fix := list.hash(versions), intel.Fix{Available: namesFix(versions)}
		for _, id := range ids {
			list.add(alike{id, hash}, intel.Affected{
				CVE:  s.cve,
				Part: id.part, Vendor: id.vendor, Product: id.product,
				TargetSW: id.targetSW, SWEdition: id.swEdition,
				Versions: versions,
				Requires: entry.requires(id.part),
				By:       by,
				Doubtful: doubted,
				Assigner: s.assigner,
				Fix:      fix,
			})
		}
	}
	return list.all, nil
}

// isAbsurd reports whether a range says nothing. It counts ranges that end before they begin; one that
// ends where it begins only says that a branch was never affected.
func (s *statement) isAbsurd(r intel.Range) bool {
	switch {
	case !r.IsEmpty():
		return false
	case intel.SameVersion(r.Low, r.High):
		return true
	}
	if s.absurd++; s.absurd == 1 {
		s.example = r
	}
	return true
}

// complaint describes the ranges that say nothing; nil if there are none.
func (s *statement) complaint() error {
	if s.absurd == 0 {
		return nil
	}
	return fmt.Errorf("%d ranges end before they begin: from %.40q to %.40q", s.absurd, s.example.Low, s.example.High)
}

// identities returns the distinct products in the entry's CPEs or, without any, its vendor and
// product texts. An entry with unreadable CPEs counts as one without CPEs.
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

// isNamed reports whether a text is a name, and not one of the words for none (trap 5).
func isNamed(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "n/a", "unspecified", "unknown", "-", "*", "not applicable":
		return false
	}
	return true
}

// list is a container's statements, with the positions of similar ones.
type list struct {
	all []intel.Affected
	at  map[alike][]int
	// seen are the versions of united complements.
	seen map[int]map[intel.Range]bool
	seed maphash.Seed
}

// alike is the key of statements that may be united: their product, and the hash of their
// versions. All complements have the same hash.
type alike struct {
	identity
	versions uint64
}

func (l *list) hash(versions []intel.Range) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	if isComplement(versions) {
		return h.Sum64()
	}
	for _, r := range versions {
		maphash.WriteComparable(&h, r)
	}
	return h.Sum64()
}

// add adds a statement, or unites it with one of the same product: with an equal one, or a
// complement with the other complement. A complement says "all but these versions are affected";
// vendors spread one list of fixed versions over several such entries, and only all exceptions
// together are correct.
func (l *list) add(key alike, next intel.Affected) {
	for _, i := range l.at[key] {
		old := &l.all[i]
		if !slices.Equal(old.Requires, next.Requires) {
			continue
		}
		if isComplement(old.Versions) && isComplement(next.Versions) {
			l.unite(i, next.Versions)
			return
		}
		if slices.Equal(old.Versions, next.Versions) {
			return
		}
	}
	l.at[key] = append(l.at[key], len(l.all))
	l.all = append(l.all, next)
}

// unite adds the versions that a statement does not have yet.
func (l *list) unite(at int, versions []intel.Range) {
	old := &l.all[at]
	if l.seen[at] == nil {
		l.seen[at] = map[intel.Range]bool{}
		old.Versions = distinct(l.seen[at], nil, old.Versions) // a copy: other products of the entry share them
	}
	old.Versions = distinct(l.seen[at], old.Versions, versions)
}

// isComplement reports whether versions are a complement: all, with exceptions.
func isComplement(versions []intel.Range) bool {
	return len(versions) > 1 && isEverything(versions[0]) && versions[1].Unaffected
}

// isEverything reports whether a range has no bound. From a CNA it means all versions; a publisher
// writes it beside a CPE when no version is known, which is not a finding (trap 7).
func isEverything(r intel.Range) bool { return r == intel.Range{} }

// namesFix reports whether the versions say where the flaw ends.
func namesFix(versions []intel.Range) bool {
	return slices.ContainsFunc(versions, func(r intel.Range) bool {
		return r.Unaffected || r.High != "" && !r.HighIncluded
	})
}
