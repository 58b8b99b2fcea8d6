package assets

import (
	"context"
	"sync"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/score"
)

// maxFleets is how many exposures of RBAC groups are remembered.
const maxFleets = 4096

// fleets remembers the exposure of the groups of snapshots. It is safe for concurrent use.
type fleets struct {
	mu    sync.Mutex
	known map[fleetKey]score.Fleet
}

// fleetKey is a group of a snapshot.
type fleetKey struct {
	org    string
	number int64
	mark   uint64
	group  int64
}

// ofGroup returns the exposure of a group of a view, which is that of a scope.
func (f *fleets) ofGroup(ctx context.Context, of scope, v *answer.View, group int64) (score.Fleet, error) {
	key := fleetKey{of.organization, of.number, of.mark, group}
	f.mu.Lock()
	known, ok := f.known[key]
	f.mu.Unlock()
	if ok {
		return known, nil
	}
	some := v.Only(group)
	for skip := int64(0); skip >= 0; {
		found, err := some.Devices(ctx, answer.Page{Skip: skip, Limit: readAtOnce})
		if err != nil {
			return known, err
		}
		for i := range found.Rows {
			known.Add(score.Of(found.Rows[i].Severities, found.Rows[i].Exploited))
		}
		skip = found.Next
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxFleets {
		f.known = map[fleetKey]score.Fleet{}
	}
	f.known[key] = known
	return known, nil
}
