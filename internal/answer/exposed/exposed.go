// Package exposed computes the exposure of the RBAC groups of a snapshot: doc/matching.md, section 8.
// It looks at each device of a range once, and remembers the result by the range's index, which never
// changes: ranges that later snapshots go on with cost nothing.
package exposed

import (
	"context"
	"fmt"
	"sync"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/snapshot"
)

// maxRanges is how many ranges are remembered.
const maxRanges = 65_536

// Fleets remembers the exposures of ranges. It is safe for concurrent use.
type Fleets struct {
	answers *answer.Answers

	mu    sync.Mutex
	known map[string]score.Fleet // by the path of the range's index
}

// New returns Fleets that remember nothing yet.
func New(answers *answer.Answers) *Fleets {
	return &Fleets{answers: answers, known: map[string]score.Fleet{}}
}

// Groups returns the exposure of each group with devices that groups accepts; nil accepts all. The
// hidden group is in none. The error wraps answer.ErrUnavailable if an older program made a range. What
// was computed before an error, such as the end of ctx, is remembered.
func (f *Fleets) Groups(ctx context.Context, m *snapshot.Manifest, groups func(group int64) bool) (
	map[int64]score.Fleet, error) {
	all := map[int64]score.Fleet{}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Group == rbac.HiddenGroup || r.Devices == 0 || groups != nil && !groups(r.Group) {
			continue
		}
		of, err := f.ofRange(ctx, m, i)
		if err != nil {
			return nil, fmt.Errorf("computing the exposure of group %d: %w", r.Group, err)
		}
		sum := all[r.Group]
		sum.Join(of)
		all[r.Group] = sum
	}
	return all, nil
}

// ofRange returns the exposure of a range by its number.
func (f *Fleets) ofRange(ctx context.Context, m *snapshot.Manifest, number int) (sum score.Fleet, err error) {
	r := &m.Ranges[number]
	f.mu.Lock()
	sum, ok := f.known[r.Index.Path]
	f.mu.Unlock()
	if ok {
		return sum, nil
	}
	alone := &snapshot.Manifest{Ranges: m.Ranges[number : number+1]}
	devices, err := f.answers.Of(alone, nil).Devices(ctx, answer.Page{Limit: int(r.Devices)})
	if err != nil {
		return sum, err
	}
	for i := range devices.Rows {
		sum.Add(score.Of(devices.Rows[i].Severities, devices.Rows[i].Exploited))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) >= maxRanges {
		f.known = map[string]score.Fleet{}
	}
	f.known[r.Index.Path] = sum
	return sum, nil
}
