package monitor

import (
	"context"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store/publication"
)

// generations reads how far the newest generations are.
type generations struct {
	published *publication.Store
	publisher *generation.Publisher
}

func newGenerations(c Config) *generations { return &generations{c.Store.Publication, c.Publisher} }

var (
	generationRunning = ofSnapshot("generation_running", "1 while a generation runs.")
	generationBegun   = ofSnapshot("generation_begun_timestamp_seconds", "When the newest generation began.")
	generationFailed  = ofSnapshot("generation_failed", "1 if the newest generation failed.")
	generationRanges  = ofSnapshot("generation_ranges",
		"Ranges of the running generation, of which done are complete; all is 0 until it is planned.", "state")
	generationDevices = ofSnapshot("generation_devices_done", "Devices of the complete ranges of the running generation.")
)

// collector returns the collector. Progress counts devices of all groups. Before the first
// generation there are no values.
func (g *generations) collector() collector {
	return collector{name: "generations", whole: true,
		about: []gauge{generationRunning, generationBegun, generationFailed, generationRanges, generationDevices},
		read: func(ctx context.Context, v *view, out *values) error {
			return v.each(ctx, func(ctx context.Context, id string) error {
				all, err := g.published.Generations(ctx, id, 1)
				if err != nil || len(all) == 0 {
					return err
				}
				newest := all[0]
				out.set(generationRunning, flag(newest.State == publication.Running), id)
				out.set(generationFailed, flag(newest.State == publication.Failed), id)
				out.set(generationBegun, float64(newest.Begun.Unix()), id)
				return g.progress(ctx, id, newest, out)
			})
		}}
}

// progress adds how far a generation is; zeros if it does not run.
func (g *generations) progress(ctx context.Context, id string, newest publication.Generation, out *values) error {
	var done generation.Progress
	if newest.State == publication.Running {
		var err error
		if done, err = g.publisher.Progress(ctx, id, newest); err != nil {
			return err
		}
	}
	out.set(generationRanges, float64(done.Total), id, "all")
	out.set(generationRanges, float64(done.Ranges), id, "done")
	out.set(generationDevices, float64(done.Devices), id)
	return nil
}
