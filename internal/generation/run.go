package generation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// run is one generation being made.
type run struct {
	*Hold
	number   int64
	begun    time.Time
	pin      pin
	previous *snapshot.Manifest // of the snapshot merged from; empty for the first
	history  *snapshot.Manifest // where a device's first-seen times are found
	older    *snapshot.Manifest // where else, for ranges that begin anew; empty for none
	catalog  *catalog.Catalog
	log      *slog.Logger
}

// errOutdated says that a generation was pinned by another program's rules and
// cannot be resumed by this one.
var errOutdated = errors.New("begun by another version of the program")

// readPin reads what was pinned.
func (r *run) readPin(g publication.Generation) (err error) {
	if r.pin, err = readPin(g); err != nil {
		return err
	}
	if r.pin.Clock.IsZero() {
		r.pin.Clock = r.begun // pinned by an older program
	}
	return nil
}

// before reads the manifest of the snapshot before a number, if its files are
// kept and it can be read; an empty one if not.
func (r *run) before(ctx context.Context, number int64) (*snapshot.Manifest, error) {
	all, err := r.store.Publication.Snapshots(ctx, r.organization)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Number < number && all[i].Full == publication.Kept {
			if m, err := r.Manifest(all[i]); err == nil {
				return m, nil
			}
		}
	}
	return &snapshot.Manifest{}, nil
}

func (r *run) naming(i int, attempt string) snapshot.Naming {
	return snapshot.Naming{Organization: r.organization, Begun: r.begun, Group: r.pin.Ranges[i].Group, Ordinal: i, Attempt: attempt}
}

// overlapping returns the numbers of the old ranges that may hold devices of a
// new one.
func (r *run) overlapping(p rangePlan) (old []int) {
	for i := range r.previous.Ranges {
		if r.previous.Ranges[i].Overlaps(p.Group, p.Lo, p.Hi) {
			old = append(old, i)
		}
	}
	return old
}

// noted is the delta of an old range, for what it notes of devices: nothing
// where deltas are damaged and were given up.
func (r *run) noted(ctx context.Context, number int) (*snapshot.Delta, error) {
	d, err := r.previous.Delta(number)
	if err == nil || !errors.Is(err, snapshot.ErrDamaged) {
		return d, err
	}
	s, failed := r.store.Publication.Snapshot(ctx, r.organization, r.previous.Number)
	if failed != nil {
		return nil, failed
	}
	if r.pin.Anew || s.Delta == publication.Retired {
		return &snapshot.Delta{}, nil
	}
	return nil, err
}

// rangeWith returns the range of a group that a device id falls into.
func rangeWith(m *snapshot.Manifest, group int64, id string) *snapshot.Range {
	for i := range m.Ranges {
		rng := &m.Ranges[i]
		if rng.Group == group && (rangePlan{Group: group, Lo: rng.Lo, Hi: rng.Hi}).holds(id) {
			return rng
		}
	}
	return nil
}
