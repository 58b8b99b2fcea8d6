package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// aliases returns the CPE pairs beside which vendor and product texts are written (matching.md,
// 1.3): within an entry, and between the CNA's entries, which are written for people, and a
// publisher's, which have CPEs.
func aliases(r *record) []intel.Alias {
	var found collector
	var published []product
	for _, adp := range r.Containers.ADP {
		published = append(published, adp.Affected...)
	}
	for _, entry := range slices.Concat(r.Containers.CNA.Affected, published) {
		found.add(entry, pairsOf(entry))
	}
	pairs := partners(r.Containers.CNA.Affected, published)
	for _, entry := range r.Containers.CNA.Affected {
		if len(entry.CPEs) == 0 {
			found.add(entry, pairs[joined(entry.Product)])
		}
	}
	return found.aliases
}

// collector collects distinct aliases.
type collector struct {
	aliases []intel.Alias
	seen    map[intel.Alias]bool
}

// add records a text's alias if the text is beside exactly one pair.
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

// pair is a product as named by a CPE.
type pair struct{ part, vendor, product, targetSW string }

func (p pair) alias(text product) intel.Alias {
	return intel.Alias{
		VendorText: strings.TrimSpace(text.Vendor), ProductText: strings.TrimSpace(text.Product),
		Part: p.part, Vendor: p.vendor, Product: p.product, TargetSW: p.targetSW,
	}
}

// pairsOf returns the distinct pairs of the entries' CPEs.
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

// partners returns the pairs from published entries for a CNA's entries without CPEs, by the
// joined product text of the latter: all pairs if the CNA names only one product, else those of
// entries with the same product text.
func partners(cna, published []product) map[string][]pair {
	beside := map[string][]product{}
	for _, entry := range cna {
		if len(entry.CPEs) == 0 {
			beside[joined(entry.Product)] = nil
		}
	}
	alone := !slices.ContainsFunc(cna, func(other product) bool {
		return other.Vendor != cna[0].Vendor || other.Product != cna[0].Product
	})
	pairs := make(map[string][]pair, len(beside))
	if alone {
		for text := range beside {
			pairs[text] = pairsOf(published...)
		}
		return pairs
	}
	for _, entry := range published {
		text := joined(entry.Product)
		if list, asked := beside[text]; asked {
			beside[text] = append(list, entry)
		}
	}
	for text, entries := range beside {
		pairs[text] = pairsOf(entries...)
	}
	return pairs
}

// joined returns a product text as CPEs write it.
func joined(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "_")
}
