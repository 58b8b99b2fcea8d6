package monitor

import (
	"context"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/store/publication"
)

var (
	exposureScore = ofSnapshot("exposure_score",
		"Mean exposure of the devices of the newest snapshot, 0 to 100: doc/matching.md, section 8.")
	groupExposureScore = ofSnapshot("group_exposure_score", "The same for the devices of each of the largest RBAC groups.",
		"group")
)

// exposure tells how exposed devices are. A snapshot of an older program does not say: that is an error
// until the next one.
func (s *snapshots) exposure() collector {
	return collector{name: "exposure", about: []gauge{exposureScore, groupExposureScore},
		read: func(ctx context.Context, v *view, out *values) error {
			left := maxAllGroups
			return s.newest(ctx, v, func(ctx context.Context, id string, n publication.Snapshot) error {
				m, err := s.manifest(n)
				if err != nil {
					return err
				}
				groups, err := answer.FleetOf(s.answers.Of(m, v.groups)).Exposures(ctx)
				if err != nil {
					return err
				}
				names, err := s.organizations.GroupNames(ctx, id)
				if err != nil {
					return err
				}
				var all score.Fleet
				for _, of := range groups {
					all.Join(of)
				}
				out.set(exposureScore, all.Exposure(), id)
				order := byMost(groups, func(f score.Fleet) int64 { return f.Devices })
				for _, number := range order[:min(len(order), maxGroups, left)] {
					left--
					out.set(groupExposureScore, groups[number].Exposure(), id, nameOf(number, names))
				}
				return nil
			})
		}}
}
