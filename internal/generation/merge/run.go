package merge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Run is what the ranges of one generation are made from. All of its workers share it. Nobody changes
// it, except SetPlan.
type Run struct {
	*Base
	Organization string
	Number       int64
	Begun        time.Time
	Pin          Pin
	Previous     *snapshot.Manifest // of the snapshot before; empty for the first
	Log          *slog.Logger

	history *snapshot.Manifest // has the devices' first-seen times
	older   *snapshot.Manifest // has them, too, for ranges that begin anew; may be empty
	catalog *catalog.Catalog
	checks  *benchmark.Benchmark
	// excepted are the exceptions that are in force by the pinned clock.
	excepted *except.Set
}

// ErrOutdated means that another version of the program pinned a generation by rules that this one
// does not have. This process cannot make it.
var ErrOutdated = errors.New("begun by another version of the program")

// Open opens the pinned inputs of a running generation. known is a catalog that may be the pinned one;
// it may be nil. The error is ErrOutdated if this program has other rules, and library.ErrGone if the
// catalog cannot be opened here.
func (b *Base) Open(ctx context.Context, organization string, g publication.Generation,
	known *catalog.Catalog) (*Run, error) {
	r := &Run{Base: b, Organization: organization, Number: g.Number, Begun: g.Begun,
		Log: b.log.With("generation", g.Number)}
	if err := r.SetPlan(g); err != nil {
		return nil, err
	}
	previous, err := b.Latest(ctx, organization)
	if r.Pin.Rebuild && errors.Is(err, snapshot.ErrDamaged) {
		previous, err = &snapshot.Manifest{}, nil
	}
	if err != nil {
		return nil, err
	}
	if r.Previous, r.history = previous, previous; r.Pin.Rebuild {
		r.Previous = &snapshot.Manifest{}
	}
	if r.Pin.Previous != r.Previous.Number || !b.Able().Fits(&r.Pin) {
		return nil, ErrOutdated
	}
	r.older = &snapshot.Manifest{}
	if r.Pin.Anew {
		if r.older, err = r.before(ctx, r.Pin.Previous); err != nil {
			return nil, err
		}
	}
	if r.excepted, err = r.exceptions(ctx); err != nil {
		return nil, err
	}
	if r.catalog, err = r.pinnedCatalog(ctx, known); err != nil {
		return nil, fmt.Errorf("opening the pinned catalog: %w", err)
	}
	if r.checks = b.Benchmark(r.catalog); b.benchmarks.pinned(r.checks) != r.Pin.Checks {
		return nil, ErrOutdated
	}
	return r, nil
}

// exceptions reads the pinned exceptions.
func (r *Run) exceptions(ctx context.Context) (*except.Set, error) {
	all, err := r.store.Exceptions.At(ctx, r.Organization, r.Pin.Exceptions)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return except.NewSet(all, r.Pin.Clock)
}

// SetPlan sets the pin to that of the generation, which was planned meanwhile.
func (r *Run) SetPlan(g publication.Generation) (err error) {
	if r.Pin, err = ReadPin(g); err != nil {
		return err
	}
	if r.Pin.Clock.IsZero() {
		r.Pin.Clock = r.Begun // pinned by an older program
	}
	return nil
}

// CVEs are those of the pinned catalog.
func (r *Run) CVEs() *cve.List { return r.catalog.CVEs() }

// Latest returns the manifest of the newest snapshot. It is empty if there is none.
func (b *Base) Latest(ctx context.Context, organization string) (*snapshot.Manifest, error) {
	newest, err := b.store.Publication.Latest(ctx, organization)
	if errors.Is(err, database.ErrNotFound) {
		return &snapshot.Manifest{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding the newest snapshot: %w", err)
	}
	return b.manifest(newest)
}

func (b *Base) manifest(s publication.Snapshot) (*snapshot.Manifest, error) {
	return b.reader.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}

func (r *Run) pinnedCatalog(ctx context.Context, known *catalog.Catalog) (*catalog.Catalog, error) {
	if known == nil {
		var err error
		if known, err = r.library.Newest(ctx); err != nil {
			return nil, err
		}
	}
	if known.ID() == r.Pin.Catalog {
		return known, nil
	}
	return r.library.ByID(ctx, r.Pin.Catalog)
}

// before returns the manifest of the newest snapshot before number whose files are kept and whose
// manifest can be read. If there is none, the manifest is empty.
func (r *Run) before(ctx context.Context, number int64) (*snapshot.Manifest, error) {
	all, err := r.store.Publication.Snapshots(ctx, r.Organization)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Number < number && all[i].Full == publication.Kept {
			if m, err := r.manifest(all[i]); err == nil {
				return m, nil
			}
		}
	}
	return &snapshot.Manifest{}, nil
}

// Naming names the files of an attempt at a range.
func (r *Run) Naming(i int, attempt string) snapshot.Naming {
	return snapshot.Naming{Organization: r.Organization, Begun: r.Begun, Group: r.Pin.Ranges[i].Group,
		Ordinal: i, Attempt: attempt}
}

// overlapping returns the numbers of the old ranges that may hold devices of a new one.
func (r *Run) overlapping(p RangePlan) (old []int) {
	for i := range r.Previous.Ranges {
		if r.Previous.Ranges[i].Overlaps(p.Group, p.Lo, p.Hi) {
			old = append(old, i)
		}
	}
	return old
}

// noted returns the delta of an old range, which says which devices are unassessed or truncated. It is empty
// if deltas are damaged and were given up.
func (r *Run) noted(ctx context.Context, number int) (*snapshot.Delta, error) {
	d, err := r.Previous.Delta(number)
	if err == nil || !errors.Is(err, snapshot.ErrDamaged) {
		return d, err
	}
	s, failed := r.store.Publication.Snapshot(ctx, r.Organization, r.Previous.Number)
	if failed != nil {
		return nil, failed
	}
	if r.Pin.Anew || s.Delta == publication.Retired {
		return &snapshot.Delta{}, nil
	}
	return nil, err
}

// rangeWith returns the range of a group that holds a device id, nil if there is none.
func rangeWith(m *snapshot.Manifest, group int64, id string) *snapshot.Range {
	for i := range m.Ranges {
		rng := &m.Ranges[i]
		if rng.Group == group && (RangePlan{Group: group, Lo: rng.Lo, Hi: rng.Hi}).holds(id) {
			return rng
		}
	}
	return nil
}
