package counts

import (
	"maps"
	"slices"
)

// Weight sums up configurations on devices, each of which weighs its impact: those that apply, and those of them that
// the device complies with.
type Weight struct {
	Applicable float64 `json:"applicable"`
	Compliant  float64 `json:"compliant"`
}

// Add adds other's sums.
func (w *Weight) Add(other Weight) {
	w.Applicable += other.Applicable
	w.Compliant += other.Compliant
}

// Score returns the share of the applicable weight that is compliant, from 0 to 100; false if nothing applies.
func (w Weight) Score() (float64, bool) {
	if w.Applicable <= 0 {
		return 0, false
	}
	return 100 * (w.Compliant / w.Applicable), true // all of it is 100, to the last bit
}

// Compliance has the weights by category. A category of which nothing applies is absent.
type Compliance map[string]Weight

// Count adds devices with a configuration that applies to them, some of which comply.
func (c Compliance) Count(category string, impact float64, applicable, compliant int64) {
	if applicable > 0 && impact > 0 {
		w := c[category]
		w.Add(Weight{impact * float64(applicable), impact * float64(compliant)})
		c[category] = w
	}
}

// Categories lists the categories in order.
func (c Compliance) Categories() []string { return slices.Sorted(maps.Keys(c)) }

// Sum adds up the categories.
func (c Compliance) Sum() (all Weight) {
	for _, category := range c.Categories() { // the same order gives the same sum
		all.Add(c[category])
	}
	return all
}

// ComplianceByGroup has the weights by RBAC group; a group in which nothing applies is absent.
type ComplianceByGroup map[int64]Compliance

// Sum adds up the groups for which groups is true, nil for all; nil if nothing was weighed.
func (by ComplianceByGroup) Sum(groups func(group int64) bool) Compliance {
	if by == nil {
		return nil
	}
	all := Compliance{}
	for _, group := range slices.Sorted(maps.Keys(by)) {
		if groups != nil && !groups(group) {
			continue
		}
		for category, one := range by[group] {
			w := all[category]
			w.Add(one)
			all[category] = w
		}
	}
	return all
}
