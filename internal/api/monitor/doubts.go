package monitor

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/watch"
)

// doubts reads what is in doubt.
type doubts struct{ watcher *watch.Watcher }

func newDoubts(c Config) *doubts { return &doubts{c.Publisher.Watcher()} }

var publishDoubt = ofSnapshot("publish_doubt", "1 while nothing is published or removed, by reason.", "reason")

func (d *doubts) collector() collector {
	return collector{name: "doubts", about: []gauge{publishDoubt},
		read: func(ctx context.Context, v *view, out *values) error {
			known, err := map[string]clock.Doubt{}, error(nil)
			if v.server {
				known, err = d.watcher.Doubts(ctx)
			}
			return errors.Join(err, v.each(ctx, func(ctx context.Context, id string) error {
				found, ok := known[id]
				if !ok {
					var doubt *watch.DoubtError
					if err := d.watcher.Doubt(ctx, id); errors.As(err, &doubt) {
						found = doubt.Reason
					} else if err != nil {
						return err
					}
				}
				for _, reason := range []clock.Doubt{clock.ClockBehind, clock.ClockAhead, clock.FleetShrinks} {
					out.set(publishDoubt, flag(reason == found), id, string(reason))
				}
				return nil
			}))
		}}
}
