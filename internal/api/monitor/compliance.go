package monitor

import (
	"context"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/store/publication"
)

var (
	complianceScore = ofSnapshot("compliance_score", "Share of the applicable weight of configurations that is compliant in "+
		"the newest snapshot, 0 to 100, by category and of all: doc/matching.md, section 8.2.", "category")
	groupComplianceScore = ofSnapshot("group_compliance_score",
		"The same of all categories for each of the RBAC groups of most weight.", "group")
)

// allCategories is the category of the score of all.
const allCategories = "all"

// compliance tells how well devices are configured. Where nothing applies there is no score.
func (s *snapshots) compliance() collector {
	return collector{name: "compliance", about: []gauge{complianceScore, groupComplianceScore},
		read: func(ctx context.Context, v *view, out *values) error {
			left := maxAllGroups
			return s.newest(ctx, v, func(ctx context.Context, id string, n publication.Snapshot) error {
				m, err := s.manifest(n)
				if err != nil {
					return err
				}
				sums := map[int64]counts.Weight{}
				for group, c := range m.Compliance {
					if v.sees(group) {
						sums[group] = c.Sum()
					}
				}
				all := m.Compliance.Sum(v.groups)
				out.share(complianceScore, all.Sum(), id, allCategories)
				for category, w := range all {
					out.share(complianceScore, w, id, category)
				}
				names, err := s.organizations.GroupNames(ctx, id)
				if err != nil {
					return err
				}
				order := byMost(sums, func(w counts.Weight) float64 { return w.Applicable })
				for _, group := range order[:min(len(order), maxGroups, left)] {
					left--
					out.share(groupComplianceScore, sums[group], id, nameOf(group, names))
				}
				return nil
			})
		}}
}

// share adds the score of a weight, if there is one.
func (v *values) share(g gauge, w counts.Weight, labels ...string) {
	if score, ok := w.Score(); ok {
		v.set(g, score, labels...)
	}
}
