package answer

import (
	"context"
	"maps"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Compliance weighs the configurations of each group in scope (matching.md, section 8.2). A group in which nothing
// applies is absent.
func (v *scope) Compliance(ctx context.Context) (counts.ComplianceByGroup, error) {
	heads, err := v.groupHeads(ctx)
	if err != nil {
		return nil, err
	}
	return Heads(heads).Compliance(), nil
}

// ComplianceOf is Compliance as the manifest has it; an older program did not write it.
func ComplianceOf(ctx context.Context, v *View) (counts.ComplianceByGroup, error) {
	if v.m.Compliance == nil {
		return v.Compliance(ctx)
	}
	all := maps.Clone(v.m.Compliance)
	maps.DeleteFunc(all, func(group int64, _ counts.Compliance) bool { return !sees(v.groups, group) })
	return all, nil
}

// Compliance weighs the configurations of each group, as that of a View; nil if there are no heads.
func (all Heads) Compliance() counts.ComplianceByGroup {
	if all == nil {
		return nil
	}
	by := counts.ComplianceByGroup{}
	for _, h := range all {
		sum := counts.Compliance{}
		for i := range h.head.Configurations {
			c := &h.head.Configurations[i]
			compliant := c.Devices[projection.Compliant]
			sum.Count(c.Category, c.Impact, compliant+c.Devices[projection.NonCompliant], compliant)
		}
		if len(sum) > 0 {
			by[h.group] = sum
		}
	}
	return by
}

// Weigh adds the configurations of one device.
func Weigh(all counts.Compliance, settings []Setting) {
	for i := range settings {
		s, compliant := &settings[i], int64(0)
		if !s.Applicable {
			continue
		}
		if s.Compliant {
			compliant = 1
		}
		all.Count(s.Category, s.Impact, 1, compliant)
	}
}
