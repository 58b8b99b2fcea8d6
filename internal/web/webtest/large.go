package webtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/organization"
)

// Large is a fleet of many devices in groups of very different sizes, with two snapshots that are a day and an hour
// apart: in between one device in a hundred has changed.
type Large struct {
	Devices, Groups int
	// Folder keeps the data, for who makes it once and measures often; "" is a folder of the site.
	Folder string
}

// name is written to a folder when it is complete, with the time of its second snapshot.
func (l *Large) name() string {
	return fmt.Sprintf("fleet 1: %d devices in %d groups", l.Devices, l.Groups)
}

// Start starts a server with the fleet. A folder that has it is used as it is, at the time at which it was made.
func (l *Large) Start(ctx context.Context) (*Site, error) {
	complete := filepath.Join(l.Folder, "complete")
	now, old := time.Now(), false
	if l.Folder != "" {
		var err error
		if now, old, err = l.kept(complete, now); err != nil {
			return nil, err
		}
	}
	var clock atomic.Pointer[time.Time] // what to add to it is the time since then
	opened := time.Now()
	clock.Store(&now)
	s, err := Empty(ctx, func(c *node.Config, _ string) error {
		if l.Folder != "" {
			c.Path = filepath.Join(l.Folder, "data")
		}
		c.Clock = func() time.Time { return clock.Load().Add(time.Since(opened)) }
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := l.fill(ctx, s, &clock, now, old); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if l.Folder != "" && !old {
		text := l.name() + "\n" + now.Add(time.Since(opened)).Format(time.RFC3339)
		if err := os.WriteFile(complete, []byte(text), 0o644); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, nil
}

// kept reads what a folder has: the time at which it was made, and whether it is complete. A folder with another fleet,
// or with one that is not complete, is an error.
func (l *Large) kept(complete string, now time.Time) (time.Time, bool, error) {
	text, err := os.ReadFile(complete)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(l.Folder, "data")); err == nil {
			return now, false, fmt.Errorf("folder %q was not completed: remove it", l.Folder)
		}
		return now, false, os.MkdirAll(l.Folder, 0o755)
	}
	if err != nil {
		return now, false, err
	}
	var at string
	if n, _ := fmt.Sscanf(string(text), l.name()+"\n%s", &at); n != 1 {
		return now, false, fmt.Errorf("folder %q has %q, want %q", l.Folder, text, l.name())
	}
	now, err = time.Parse(time.RFC3339, at)
	return now, true, err
}

// fill names the groups, and makes what is not there yet.
func (l *Large) fill(ctx context.Context, s *Site, clock *atomic.Pointer[time.Time], now time.Time, old bool) error {
	var names []string
	for i := range l.Groups {
		names = append(names, fmt.Sprintf("Group %d", i))
	}
	ids, _, err := s.Node.Store.Organizations.EnsureGroups(ctx, organization.Default, names)
	if err != nil {
		return err
	}
	for i, id := range ids {
		s.Groups[names[i]] = id
	}
	if old {
		return nil
	}
	rules, err := rbac.New(names, nil)
	if err == nil {
		_, err = s.Node.Store.Organizations.SetRules(ctx, organization.Default, rules)
	}
	if err != nil {
		return err
	}
	begun := now.Add(-25 * time.Hour)
	clock.Store(&begun)
	if err := s.Import(ctx); err != nil {
		return err
	}
	f := fleet.Fleet{Seed: 1, Devices: l.Devices, Begun: begun.Add(-time.Hour).UTC(), Interval: 25 * time.Hour,
		Changing: 0.01}
	for step, at := range []time.Time{begun, now} {
		clock.Store(&at)
		if err := s.stream(ctx, l.reports(&f, step, names)); err != nil {
			return err
		}
		if err := s.Publish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reports yields the reports of a step: first all, then those that changed. The first groups have most devices.
func (l *Large) reports(f *fleet.Fleet, step int, groups []string) iter.Seq[*inventory.Report] {
	return func(yield func(*inventory.Report) bool) {
		for i := range f.Devices {
			if step > 0 && !f.Changes(i, step) {
				continue
			}
			r := f.Report(i, step)
			x := rand.New(rand.NewPCG(1, uint64(i))).Float64()
			r.Device.RBACGroup = groups[int(float64(len(groups))*x*x*x)]
			if !yield(r) {
				return
			}
		}
	}
}

// stream stores reports as they are made, some at once.
func (s *Site) stream(ctx context.Context, all iter.Seq[*inventory.Report]) error {
	const some = 500
	var batch []*inventory.Report
	for r := range all {
		if batch = append(batch, r); len(batch) == some {
			if err := s.Receive(ctx, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return s.Receive(ctx, batch...)
}
