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

// run makes one generation.
type run struct {
	*Hold
	number   int64
	begun    time.Time
	pin      pin
	previous *snapshot.Manifest // of the snapshot before; empty for the first
	history  *snapshot.Manifest // has the devices' first-seen times
	older    *snapshot.Manifest // has them, too, for ranges that begin anew; may be empty
	catalog  *catalog.Catalog
	log      *slog.Logger
}

// errOutdated means that another version of the program pinned a generation by rules that this one
// does not have. The generation cannot be resumed.
var errOutdated = errors.New("begun by another version of the program")

// readPin reads the pin of a generation.
func (r *run) readPin(g publication.Generation) (err error) {
	if r.pin, err = readPin(g); err != nil {
		return err
	}
	if r.pin.Clock.IsZero() {
		r.pin.Clock = r.begun // pinned by an older program
	}
	return nil
}

// before returns the manifest of the newest snapshot before number whose files are kept and whose
// manifest can be read. If there is none, the manifest is empty.
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
	return snapshot.Naming{Organization: r.organization, Begun: r.begun, Group: r.pin.Ranges[i].Group,
		Ordinal: i, Attempt: attempt}
}

// overlapping returns the numbers of the old ranges that may hold devices of a new one.
func (r *run) overlapping(p rangePlan) (old []int) {
	for i := range r.previous.Ranges {
		if r.previous.Ranges[i].Overlaps(p.Group, p.Lo, p.Hi) {
			old = append(old, i)
		}
	}
	return old
}

// noted returns the delta of an old range, which says which devices are unassessed or truncated. It is empty
// if deltas are damaged and were given up.
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

// rangeWith returns the range of a group that holds a device id, nil if there is none.
func rangeWith(m *snapshot.Manifest, group int64, id string) *snapshot.Range {
	for i := range m.Ranges {
		rng := &m.Ranges[i]
		if rng.Group == group && (rangePlan{Group: group, Lo: rng.Lo, Hi: rng.Hi}).holds(id) {
			return rng
		}
	}
	return nil
}
