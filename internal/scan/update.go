package scan

import (
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/remedy"
	"github.com/muster-project/muster/internal/inventory"
)

// Update says to what to update a product.
type Update struct {
	Vendor string `json:"softwareVendor"`
	Name   string `json:"softwareName"`
	// Versions are the lowest without the findings that a version removes, by what rules say: one, or of Windows one
	// for each build. None is known where there are none.
	Versions []string `json:"versions"`
	// Findings is how many findings the product has, Removed how many of them the versions remove.
	Findings int64 `json:"findings"`
	Removed  int64 `json:"removed"`
	// Named is the update of the worst finding that has one, in words or by its advisory; empty if no source names one.
	Named string `json:"update,omitempty"`
}

// remedies are what mends software: releases by vendor, name and version, and products by vendor and name.
type remedies struct {
	releases map[[3]string]*remedy.Remedies
	products map[[2]string]*remedy.Remedies
}

// remediesOf finds what mends the software of a report.
func remediesOf(c *catalog.Catalog, report *inventory.Report) *remedies {
	all := &remedies{map[[3]string]*remedy.Remedies{}, map[[2]string]*remedy.Remedies{}}
	seen := map[catalog.Component]bool{}
	for component := range assess.Components(report) {
		component = catalog.Reduced(c, component)
		v := c.Verdict(component)
		if len(v.Hits) == 0 || seen[component] {
			continue
		}
		seen[component] = true
		cves := make([]string, len(v.Hits))
		for i := range v.Hits {
			cves[i] = v.Hits[i].CVE
		}
		release, product := [3]string{v.Vendor, v.Name, v.Version}, [2]string{v.Vendor, v.Name}
		if all.releases[release] == nil {
			all.releases[release] = &remedy.Remedies{}
		}
		if all.products[product] == nil {
			all.products[product] = &remedy.Remedies{}
		}
		all.releases[release].Add(c, component, cves, 1)
		all.products[product].Add(c, component, cves, 1)
	}
	return all
}

// updateOf says to which versions to update a product.
func updateOf(product [2]string, by *remedy.Remedies) Update {
	u := Update{Vendor: product[0], Name: product[1], Versions: []string{}}
	if by == nil {
		return u
	}
	for _, target := range by.Targets() {
		u.Versions = append(u.Versions, target.Version)
		u.Removed += target.Findings
	}
	return u
}
