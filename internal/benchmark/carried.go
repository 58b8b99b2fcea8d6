package benchmark

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// defaultImpact is the impact of a result in a report that gives none (matching.md section 5.3:
// severity unknown).
const defaultImpact = 5

// defaultCategory is the category of a result in a report without a category of the contract.
const defaultCategory = "Security controls"

// Carried returns the results in a report, in order of id, each id once: of several the last one
// counts. They stand in the place of what our checks with the same ids say.
func (b *Benchmark) Carried(configurations []inventory.Configuration) []Result {
	if len(configurations) == 0 {
		return nil
	}
	results := make([]Result, len(configurations))
	definitions := make([]Definition, len(configurations))
	for i := range configurations {
		c := &configurations[i]
		definitions[i] = b.define(c)
		results[i] = Result{Definition: &definitions[i], Applicable: c.Applicable, Compliant: c.Applicable && c.Compliant}
	}
	slices.Reverse(results)
	slices.SortStableFunc(results, byID)
	return slices.CompactFunc(results, func(a, b Result) bool { return byID(a, b) == 0 })
}

// define makes the definition for a result in a report. What the report leaves out comes from the
// benchmark's check with that id, if there is one.
func (b *Benchmark) define(c *inventory.Configuration) Definition {
	d := Definition{ID: c.ConfigurationID, Name: c.ConfigurationID, Category: defaultCategory, Impact: defaultImpact}
	if ours, ok := b.byID[c.ConfigurationID]; ok {
		d = *ours
	}
	d.Name = cmp.Or(c.Name, d.Name)
	d.Subcategory = cmp.Or(c.Subcategory, d.Subcategory)
	d.UserImpact = c.UserImpact || d.UserImpact
	d.Remediation = cmp.Or(c.Remediation, d.Remediation)
	if len(c.References) > 0 {
		d.References = c.References
	}
	if slices.Contains(Categories(), c.Category) {
		d.Category = c.Category
	}
	if c.Impact > 0 {
		d.Impact = min(max(c.Impact, minImpact), maxImpact)
	}
	return d
}

func byID(a, b Result) int { return cmp.Compare(a.Definition.ID, b.Definition.ID) }

// unite merges two lists in order of id; if both have an id, first's result counts.
func unite(first, second []Result) []Result {
	united := make([]Result, 0, len(first)+len(second))
	for len(first) > 0 && len(second) > 0 {
		order := byID(first[0], second[0])
		if order <= 0 {
			united, first = append(united, first[0]), first[1:]
		} else {
			united = append(united, second[0])
		}
		if order >= 0 {
			second = second[1:]
		}
	}
	return append(append(united, first...), second...)
}
