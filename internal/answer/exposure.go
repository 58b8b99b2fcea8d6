package answer

import (
	"context"

	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/snapshot"
)

// exposure is that of the devices of a range.
type exposure score.Fleet

// Weight returns about how much memory it takes, in bytes.
func (exposure) Weight() int64 { return 100 }

// Exposures returns the exposure of each group (doc/matching.md, section 8). It looks at each device of a range once,
// and remembers the result: ranges that later snapshots go on with cost nothing.
func (v Fleet) Exposures(ctx context.Context) (map[int64]score.Fleet, error) {
	all := map[int64]score.Fleet{}
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one, err := v.exposure(r)
		if err != nil {
			return nil, err
		}
		sum := all[r.Group]
		sum.Join(score.Fleet(one))
		all[r.Group] = sum
	}
	return all, nil
}

// Prepare reads what most questions about a snapshot need: the sum of the scope, the heads and devices of its ranges,
// and their exposure.
func (v Fleet) Prepare(ctx context.Context) error {
	if _, err := v.table(ctx); err != nil {
		return err
	}
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := v.head(r); err != nil {
			return err
		}
	}
	_, err := v.Exposures(ctx)
	return err
}

func (v *scope) exposure(r *snapshot.Range) (exposure, error) {
	return once(v.answers, r, "exposure", func() (exposure, error) {
		known, err := v.roster(r)
		var sum score.Fleet
		for i := range known {
			sum.Add(score.Of(known[i].Severities, known[i].Exploited))
		}
		return exposure(sum), err
	})
}
