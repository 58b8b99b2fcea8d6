package generation

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// pin is what a generation is made from. It is fixed when the generation
// begins and stored with it, so that a run that is resumed after a crash goes
// on by the same rules.
type pin struct {
	// Previous is the snapshot that this one is merged from, 0 for none.
	Previous int64 `json:"previous"`
	// Rebuild makes everything anew and takes first-seen times only from the
	// snapshot before, where it can be read.
	Rebuild bool `json:"rebuild,omitempty"`
	// Anew begins those ranges anew for which the snapshot before is damaged.
	Anew      bool            `json:"anew,omitempty"`
	Catalog   string          `json:"catalog"`
	Benchmark string          `json:"benchmark"`
	RowShape  int             `json:"rowShape"`
	Settings  assess.Settings `json:"settings"`
	Ranges    []rangePlan     `json:"ranges"`
	// Clock is what the clock read when the generation began: Begun may lie in
	// the future, after a clock that was ahead.
	Clock time.Time `json:"clock,omitzero"`
	// Groups are the names of RBAC groups.
	Groups map[int64]string `json:"groups"`
}

// readPin reads what a generation has pinned.
func readPin(g publication.Generation) (pinned pin, err error) {
	if err := json.Unmarshal(g.Pin, &pinned); err != nil {
		return pinned, fmt.Errorf("reading what generation %d has pinned: %w", g.Number, err)
	}
	return pinned, nil
}

// fingerprint covers everything but a device's reports and verdicts that the
// rows of a group are made from. The day is part of it: the first generation of
// a UTC day refreshes last-seen times (contract.md, section 8). So is the
// group's name, which changes when an organization gets its first group.
func (p *pin) fingerprint(group int64) [16]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00", p.Clock.UTC().Format(time.DateOnly), p.Benchmark, p.Groups[group])
	for _, n := range []int64{int64(p.RowShape), int64(p.Settings.UpcomingEnd), int64(p.Settings.MaxRows), inventory.MaxDevice} {
		binary.Write(h, binary.BigEndian, n)
	}
	return [16]byte(h.Sum(nil))
}

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

// generate makes the snapshot that was asked for. A generation that a crash left
// unfinished is finished first, and resumed tells the two apart. None begins while
// in doubt.
func (h *Hold) generate(ctx context.Context, asked publication.Request) (s publication.Snapshot, resumed bool, err error) {
	previous, err := h.latest(ctx, h.organization)
	if asked.Rebuild && errors.Is(err, snapshot.ErrDamaged) {
		previous, err = &snapshot.Manifest{}, nil
	}
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	current, err := h.library.Current(ctx)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	g, resumed, err := h.begin(ctx, asked, previous, current)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	r := &run{Hold: h, number: g.Number, begun: g.Begun, previous: previous, history: previous,
		catalog: current, log: h.log.With("generation", g.Number)}
	s, err = r.finish(ctx, g)
	if err == nil || ended(ctx) != nil || errors.Is(err, publication.ErrLost) {
		return s, resumed, err // a run that was interrupted is resumed later, by whoever has the lease
	}
	return publication.Snapshot{}, resumed, r.fail(ctx, err)
}

// fail ends the generation without a snapshot, and returns why.
func (r *run) fail(ctx context.Context, err error) error {
	r.log.ErrorContext(ctx, "generation failed", "error", err)
	failing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(err, r.lease.Fail(failing, r.number, err.Error()), r.Sweep(failing))
	return fmt.Errorf("generation %d: %w", r.number, err)
}

// begin begins the generation that was asked for at one reading of the clock, or
// returns the one that was left. A *DoubtError says why none begins.
func (h *Hold) begin(ctx context.Context, asked publication.Request, previous *snapshot.Manifest, current *catalog.Catalog) (g publication.Generation, resumed bool, err error) {
	now := h.clock()
	clock, doubt := h.watch(ctx, h.organization, now, asked.AllowShrink)
	h.trace("begin")
	g, resumed, err = h.store.Publication.Begin(ctx, h.organization, now, func(s *publication.Pinning) (publication.Terms, error) {
		if doubt != nil {
			return publication.Terms{}, doubt // of a new one; what is left of an older one had its own look
		}
		if err := s.Answer(h.lease, asked); err != nil {
			return publication.Terms{}, err
		}
		return h.pin(s, clock, asked.Wish, previous, current)
	})
	var because *DoubtError
	if errors.As(err, &because) {
		return g, false, because
	}
	if err != nil {
		return g, false, fmt.Errorf("beginning a generation: %w", err)
	}
	return g, resumed, nil
}

// latest reads the manifest of the newest snapshot; an empty one if there is none.
func (p *Publisher) latest(ctx context.Context, organization string) (*snapshot.Manifest, error) {
	newest, err := p.store.Publication.Latest(ctx, organization)
	if errors.Is(err, database.ErrNotFound) {
		return &snapshot.Manifest{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding the newest snapshot: %w", err)
	}
	return p.Manifest(newest)
}

// pin fixes what a new generation is made from, but for its ranges.
func (h *Hold) pin(s *publication.Pinning, c *clock.Clock, wish publication.Wish, previous *snapshot.Manifest, current *catalog.Catalog) (terms publication.Terms, err error) {
	if wish.Rebuild {
		previous = &snapshot.Manifest{}
	}
	fixed := pin{Previous: previous.Number, Rebuild: wish.Rebuild, Anew: wish.Anew, Catalog: current.ID(), Benchmark: h.benchmark.ID(),
		RowShape: row.Version, Settings: h.settings.Assess, Clock: c.Now.UTC()}
	if fixed.Groups, err = s.GroupNames(); err != nil {
		return terms, err
	}
	terms = h.terms(c)
	terms.Pin, err = json.Marshal(fixed)
	return terms, err
}

// plan has the devices placed, and cuts them into ranges. Reports do not wait for
// it: of what is stored meanwhile the next generation makes what this one does not.
func (r *run) plan(ctx context.Context) error {
	r.trace("place")
	g, err := r.store.Publication.Plan(ctx, r.organization, r.number, func(p *publication.Planning) ([]byte, error) {
		r.trace("plan")
		groups, err := p.Groups()
		if err != nil {
			return nil, err
		}
		planned := r.pin
		for _, group := range groupsOf(r.previous.Ranges, groups) {
			cuts, err := p.Cut(group, cutEvery)
			if err != nil {
				return nil, err
			}
			planned.Ranges = append(planned.Ranges, planGroup(group, rangesOf(r.previous.Ranges, group), cuts)...)
		}
		return json.Marshal(planned)
	})
	if err != nil {
		return err
	}
	return r.readPin(g)
}

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

// finish does what is left of a generation and publishes it.
func (r *run) finish(ctx context.Context, g publication.Generation) (publication.Snapshot, error) {
	if err := r.readPin(g); err != nil {
		return publication.Snapshot{}, err
	}
	if err := r.restore(ctx); err != nil {
		return publication.Snapshot{}, err
	}
	if !g.Planned {
		if err := r.plan(ctx); err != nil {
			return publication.Snapshot{}, err
		}
	}
	done, err := r.makeRanges(ctx)
	if err != nil {
		return publication.Snapshot{}, err
	}
	return r.publish(ctx, done)
}

// restore brings back the pinned rules, for a run that is resumed.
func (r *run) restore(ctx context.Context) error {
	if r.pin.Rebuild {
		r.previous = &snapshot.Manifest{}
	}
	if r.pin.Previous != r.previous.Number || r.pin.RowShape != row.Version || r.pin.Benchmark != r.benchmark.ID() {
		return errOutdated
	}
	var err error
	r.older = &snapshot.Manifest{}
	if r.pin.Anew {
		if r.older, err = r.before(ctx, r.pin.Previous); err != nil {
			return err
		}
	}
	if r.pin.Catalog == r.catalog.ID() {
		return nil
	}
	if r.catalog, err = r.library.ByID(ctx, r.pin.Catalog); err != nil {
		return fmt.Errorf("opening the pinned catalog: %w", err)
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

// makeRanges makes the ranges that are not complete yet, on all cores, and
// returns all of them in order.
func (r *run) makeRanges(ctx context.Context) ([]*snapshot.Made, error) {
	results := make([]*snapshot.Made, len(r.pin.Ranges))
	missing, err := r.completed(ctx, results)
	if err != nil {
		return nil, err
	}
	all := jobs(r.pin.Ranges, missing)
	todo := make(chan []int, len(all))
	for _, job := range all {
		todo <- job
	}
	close(todo)
	group, ctx := errgroup.WithContext(ctx)
	for range min(r.workers, len(all)) {
		group.Go(func() error { return r.work(ctx, todo, results) })
	}
	return results, group.Wait()
}

// work makes ranges, at one of the places that all organizations share: while
// others wait for one, it is given back after each job, and what the worker holds.
func (r *run) work(ctx context.Context, todo <-chan []int, results []*snapshot.Made) error {
	var w *worker
	leave := func() {
		if w != nil {
			w.close()
			w = nil
			r.places.Leave(r.organization)
		}
	}
	defer leave()
	for job := range todo {
		if w == nil {
			if err := r.places.Enter(ctx, r.organization, "", 1); err != nil {
				return err
			}
			w = r.worker()
		}
		if err := w.do(ctx, job, results); err != nil {
			return err
		}
		if r.places.Busy() {
			leave()
		}
	}
	return nil
}

// completed fills in the ranges that were made before a crash, and returns the
// numbers of the others.
func (r *run) completed(ctx context.Context, results []*snapshot.Made) (missing []int, err error) {
	completions, err := r.store.Publication.Completions(ctx, r.organization, r.number)
	if err != nil {
		return nil, fmt.Errorf("listing complete ranges: %w", err)
	}
	for i := range results {
		data, ok := completions[i]
		if !ok {
			missing = append(missing, i)
			continue
		}
		if results[i], err = r.reader.Made(data); err != nil {
			return nil, fmt.Errorf("reading range %d: %w", i, err)
		}
		if results[i].Version == 1 {
			return nil, errOutdated
		}
	}
	return missing, nil
}

func (r *run) worker() *worker {
	return &worker{
		run:      r,
		assessor: assess.New(r.catalog, r.benchmark, r.pin.Settings, r.pin.Clock),
		encoder:  gzipjoin.NewEncoder(),
	}
}

// close gives back what the worker holds besides memory.
func (w *worker) close() {
	w.own.Close()
	w.foreign.Close()
}

// do makes the ranges of a job, each by an attempt of its own, and completes
// them together. Whoever completes a range first wins; the winner's is the
// result.
func (w *worker) do(ctx context.Context, job []int, results []*snapshot.Made) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := w.run
	attempts := make([]publication.Attempt, len(job))
	for n, i := range job {
		attempts[n] = publication.Attempt{ID: uuid.NewString(), Range: i}
	}
	r.trace("start job")
	if err := r.lease.StartAttempts(ctx, r.number, r.clock(), attempts...); err != nil {
		return fmt.Errorf("starting ranges: %w", err)
	}
	outcomes, err := w.attempt(ctx, attempts, results)
	if err != nil {
		return err
	}
	r.trace("complete job")
	won, err := r.lease.Complete(ctx, r.number, outcomes...)
	if err != nil {
		return fmt.Errorf("completing ranges: %w", err)
	}
	for n, i := range job {
		if !won[n] {
			if results[i], err = r.winner(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt makes the files of the attempts' ranges, durably.
func (w *worker) attempt(ctx context.Context, attempts []publication.Attempt, results []*snapshot.Made) ([]publication.Outcome, error) {
	batch := w.run.files.NewBatch()
	outcomes := make([]publication.Outcome, len(attempts))
	for n, a := range attempts {
		made, err := w.merge(ctx, batch, w.run.pin.Ranges[a.Range], w.run.naming(a.Range, a.ID))
		if err != nil {
			return nil, fmt.Errorf("making range %d: %w", a.Range, err)
		}
		result, err := json.Marshal(made)
		if err != nil {
			return nil, fmt.Errorf("describing range %d: %w", a.Range, err)
		}
		results[a.Range], outcomes[n] = made, publication.Outcome{Attempt: a, Result: result, Devices: made.Devices}
	}
	return outcomes, batch.Sync()
}

// winner returns what another attempt made of range i.
func (r *run) winner(ctx context.Context, i int) (*snapshot.Made, error) {
	completions, err := r.store.Publication.Completions(ctx, r.organization, r.number)
	if err != nil {
		return nil, fmt.Errorf("listing complete ranges: %w", err)
	}
	made, err := r.reader.Made(completions[i])
	if err != nil {
		return nil, fmt.Errorf("range %d was lost, and nobody else completed it: %w", i, err)
	}
	return made, nil
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
