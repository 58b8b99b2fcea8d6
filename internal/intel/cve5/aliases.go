package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// aliases collects which CPE pair a vendor and product text stands beside
// (matching.md, 1.3): within an entry, and between the CNA's entries, which are
// written for people, and a publisher's, which carry CPEs.
func aliases(r *record) []intel.Alias {
	var found collector
	var published []product
	for _, adp := range r.Containers.ADP {
		published = append(published, adp.Affected...)
	}
	for _, entry := range slices.Concat(r.Containers.CNA.Affected, published) {
		found.add(entry, pairsOf(entry))
	}
	asked := map[[2]string]bool{}
	for _, entry := range r.Containers.CNA.Affected {
		text := [2]string{entry.Vendor, entry.Product}
		if len(entry.CPEs) == 0 && !asked[text] {
			asked[text] = true
			found.add(entry, partners(entry, r.Containers.CNA.Affected, published))
		}
	}
	return found.aliases
}

// collector gathers distinct aliases.
type collector struct {
	aliases []intel.Alias
	seen    map[intel.Alias]bool
}

// add notes a text's alias if the text stands beside exactly one pair.
func (c *collector) add(text product, pairs []pair) {
	if len(pairs) != 1 || !isNamed(text.Vendor) || !isNamed(text.Product) {
		return
	}
	alias := pairs[0].alias(text)
	if c.seen[alias] {
		return
	}
	if c.seen == nil {
		c.seen = map[intel.Alias]bool{}
	}
	c.seen[alias] = true
	c.aliases = append(c.aliases, alias)
}

// pair is a product as a CPE names it.
type pair struct{ part, vendor, product, targetSW string }

func (p pair) alias(text product) intel.Alias {
	return intel.Alias{
		VendorText: strings.TrimSpace(text.Vendor), ProductText: strings.TrimSpace(text.Product),
		Part: p.part, Vendor: p.vendor, Product: p.product, TargetSW: p.targetSW,
	}
}

// pairsOf are the distinct pairs of the given entries' CPEs.
func pairsOf(entries ...product) []pair {
	var pairs []pair
	seen := map[pair]bool{}
	for _, entry := range entries {
		for _, text := range entry.CPEs {
			name, err := cpe.Parse(text)
			if err != nil {
				continue
			}
			targetSW, _ := name.Narrowing()
			p := pair{name.Part, name.Vendor, name.Product, targetSW}
			if !seen[p] {
				seen[p] = true
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// partners are the pairs that published entries give to a CNA's entry without
// CPEs: all of them where the CNA speaks of one product only, else those of
// entries with the same product text.
func partners(entry product, all, published []product) []pair {
	alone := !slices.ContainsFunc(all, func(other product) bool {
		return other.Vendor != entry.Vendor || other.Product != entry.Product
	})
	if alone {
		return pairsOf(published...)
	}
	same := slices.DeleteFunc(slices.Clone(published), func(other product) bool {
		return joined(other.Product) != joined(entry.Product)
	})
	return pairsOf(same...)
}

// joined is a product text the way CPEs write it.
func joined(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "_")
}
