package monitor

import (
	"context"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
)

// silence counts devices that send no reports.
type silence struct {
	clocks *clock.Store
	clock  func() time.Time
}

func newSilence(c Config) *silence { return &silence{c.Store.Clock, c.Clock} }

var devicesSilent = ofSnapshot("devices_silent",
	"Devices of the newest generation, without hidden ones, that sent no report for more than so many days.", "days")

func (s *silence) collector() collector {
	return collector{name: "silence", about: []gauge{devicesSilent},
		read: func(ctx context.Context, v *view, out *values) error {
			now := s.clock()
			return v.each(ctx, func(ctx context.Context, id string) error {
				for _, days := range []int{1, 7} {
					groups, err := s.clocks.SilentGroups(ctx, id, now.AddDate(0, 0, -days))
					if err != nil {
						return err
					}
					var sum int64
					for group, n := range groups {
						if v.sees(group) {
							sum += n
						}
					}
					out.set(devicesSilent, float64(sum), id, strconv.Itoa(days))
				}
				return nil
			})
		}}
}
