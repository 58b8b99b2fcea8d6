package answer

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

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
// and their exposure. Ranges are read by all processors.
func (v Fleet) Prepare(ctx context.Context) error {
	if _, err := v.table(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, r := range v.ranges {
		g.Go(func() error {
			err := ctx.Err()
			if err == nil {
				_, err = v.head(r)
			}
			if err == nil {
				_, err = v.exposure(r)
			}
			return err
		})
	}
	return g.Wait()
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
