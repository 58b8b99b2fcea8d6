package generation

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// Periods of waiting for ranges, in looks.
const (
	// buryEvery is how often a conductor looks for dead workers.
	buryEvery = 8
	// stallTime is how long no attempt may run before the missing ranges are offered again.
	stallTime = 40
)

// conductor makes one generation: it plans ranges, offers them to a crew, waits until all are
// complete, whoever makes them, and publishes.
type conductor struct {
	*base
	*merge.Run
	hold *Hold
	// again are the dead attempts whose ranges were offered again.
	again map[string]bool
	// moved is when something was last seen to go on, complete how many ranges were complete then.
	moved    time.Time
	complete int
}

// makeRanges has those ranges made that are not complete yet, and returns all ranges in order.
func (c *conductor) makeRanges(ctx context.Context) ([]*snapshot.Made, error) {
	results := make([]*snapshot.Made, len(c.Pin.Ranges))
	missing, err := c.completed(ctx, results)
	if err != nil || len(missing) == 0 {
		return results, err
	}
	m := c.hold.makings.conduct(c.Run)
	defer c.hold.makings.finish(m)
	c.trace("offer")
	if err := c.offer(ctx, missing); err != nil {
		return nil, err
	}
	if err := c.wait(ctx, m, missing); err != nil {
		return nil, err
	}
	m.mu.Lock()
	for _, i := range missing {
		results[i] = m.made[i]
	}
	m.mu.Unlock()
	if missing, err = c.completed(ctx, results); err == nil && len(missing) > 0 {
		err = fmt.Errorf("ranges %d were complete, and are not", missing)
	}
	return results, err
}

// completed fills in the ranges that are complete and have no result yet, and returns the numbers of
// those that are not complete.
func (c *conductor) completed(ctx context.Context, results []*snapshot.Made) (missing []int, err error) {
	for i := range results {
		if results[i] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	completions, err := c.store.Publication.Completions(ctx, c.Organization, c.Number)
	if err != nil {
		return nil, fmt.Errorf("listing complete ranges: %w", err)
	}
	var left []int
	for _, i := range missing {
		data, ok := completions[i]
		if !ok {
			left = append(left, i)
			continue
		}
		if results[i], err = c.reader.Made(data); err != nil {
			return nil, fmt.Errorf("reading range %d: %w", i, err)
		}
		if results[i].Outdated() {
			return nil, merge.ErrOutdated
		}
	}
	return left, nil
}

// wait waits until the missing ranges are complete. The error is the first failure.
func (c *conductor) wait(ctx context.Context, m *making, missing []int) error {
	look, bury := time.NewTicker(c.look), time.NewTicker(buryEvery*c.look)
	defer look.Stop()
	defer bury.Stop()
	c.moved = time.Now()
	for {
		if all, err := m.stand(missing); all || err != nil {
			return err
		}
		var err error
		all := false
		select {
		case <-ctx.Done():
			return ended(ctx)
		case <-m.rung:
		case <-look.C:
			all, err = c.lookAround(ctx)
		case <-bury.C:
			err = c.offer(ctx, nil)
		}
		if all || err != nil {
			return err
		}
	}
}

// lookAround reports whether all ranges are complete, and offers the missing ones again if nobody makes
// them. The error is that of a failed attempt, or publication.ErrLost.
func (c *conductor) lookAround(ctx context.Context) (all bool, err error) {
	now, err := c.store.Publication.Standing(ctx, c.Organization, c.Number)
	if err != nil {
		return false, err
	}
	if now.Ended { // only the owner of the lease ends a generation
		return false, publication.ErrLost
	}
	if len(now.Failures) > 0 {
		return false, crew.Err(now.Failures[0])
	}
	if now.Running > 0 || now.Complete != c.complete {
		c.moved, c.complete = time.Now(), now.Complete
	}
	if time.Since(c.moved) > stallTime*c.look {
		c.moved = time.Now()
		missing, err := c.completed(ctx, make([]*snapshot.Made, len(c.Pin.Ranges)))
		if err != nil {
			return false, err
		}
		c.Log.WarnContext(ctx, "nobody makes ranges, they are offered again", "ranges", len(missing))
		return false, c.offer(ctx, missing)
	}
	return now.Complete == len(c.Pin.Ranges), nil
}

// offer offers ranges to the crew, and those that dead workers left.
func (c *conductor) offer(ctx context.Context, ranges []int) error {
	if err := c.hold.member.Beat(ctx); err != nil {
		return err
	}
	var left []publication.Attempt
	var offered func()
	err := c.hold.lease.Bury(ctx, c.Number, func(tx *sql.Tx, dead []publication.Attempt) (err error) {
		left, offered = dead, nil
		all := slices.Clone(ranges)
		for _, a := range dead {
			if !c.again[a.ID] {
				all = append(all, a.Range)
			}
		}
		slices.Sort(all)
		if all = slices.Compact(all); len(all) > 0 {
			offered, err = c.hold.crew.Offer(ctx, tx, c.jobs(all))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, a := range left {
		c.again[a.ID] = true
	}
	if offered != nil {
		offered()
	}
	return nil
}

func (c *conductor) jobs(ranges []int) (all []crew.Job) {
	for _, numbers := range merge.Jobs(c.Pin.Ranges, ranges) {
		all = append(all, crew.Job{Organization: c.Organization, Generation: c.Number, Ranges: numbers})
	}
	return all
}

// plan has the devices placed in groups, and cuts them into ranges. Reports do not wait for it: the
// next generation covers those that are stored meanwhile and that this one does not cover.
func (c *conductor) plan(ctx context.Context) error {
	c.trace("place")
	g, err := c.store.Publication.Plan(ctx, c.Organization, c.Number, func(p *publication.Planning) ([]byte, error) {
		c.trace("plan")
		groups, err := p.Groups()
		if err != nil {
			return nil, err
		}
		planned := c.Pin
		for _, group := range merge.GroupsOf(c.Previous.Ranges, groups) {
			cuts, err := p.Boundaries(group, merge.CutEvery)
			if err != nil {
				return nil, err
			}
			planned.Ranges = append(planned.Ranges, merge.PlanGroup(group, merge.RangesOf(c.Previous.Ranges, group), cuts)...)
		}
		return json.Marshal(planned)
	})
	if err != nil {
		return err
	}
	return c.SetPlan(g)
}
