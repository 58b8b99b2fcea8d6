package assets

import (
	"context"

	"github.com/muster-project/muster/defender"
)

// now returns the time of the call.
func (s *source) now() defender.Time { return defender.Time{Time: s.calls.clock()} }

// exposureScore is the exposure of the devices that the caller sees.
func exposureScore(ctx context.Context, s *source, _ string) (defender.Score, error) {
	fleet, err := s.fleet(ctx)
	return defender.Score{Time: s.now(), Score: fleet.Exposure()}, err
}

// exposureScores is the list of the exposures of RBAC groups.
func exposureScores(ctx context.Context, s *source, _ *options) (list[defender.Score], error) {
	groups, exposures, err := s.byGroup(ctx)
	rows := []defender.Score{}
	for i, g := range groups {
		rows = append(rows, defender.Score{Time: s.now(), Score: exposures[i].Exposure(), RBACGroupName: s.groupName(g),
			RBACGroupID: &groups[i]})
	}
	return all(rows), err
}

// configurationScore is the sum of the points of all configurations.
func configurationScore(ctx context.Context, s *source, _ string) (defender.Score, error) {
	configurations, err := s.configurations(ctx)
	var sum float64
	for i := range configurations {
		sum += pointsOf(&configurations[i]).Points()
	}
	return defender.Score{Time: s.now(), Score: sum}, err
}
