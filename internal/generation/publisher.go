package generation

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Settings are an installation's choices.
type Settings struct {
	Assess assess.Settings
	// HideAfter is how long a device may be unseen before it drops out of
	// exports, ForgetAfter how long before its first-seen times go, too.
	HideAfter, ForgetAfter time.Duration
	// KeepFull is how long a full snapshot is kept after a newer one came;
	// two are kept whatever their age. KeepDelta is how long deltas are kept.
	KeepFull, KeepDelta time.Duration
	// KeepReceipts is how long a report can be asked after.
	KeepReceipts time.Duration
}

// DefaultSettings are those of contract.md, section 8, and design.md: 30 and
// 180 days; deltas of 15 days, full snapshots of 3.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		Assess:    assess.DefaultSettings(),
		HideAfter: 30 * day, ForgetAfter: 180 * day,
		KeepFull: 3 * day, KeepDelta: 15 * day,
		KeepReceipts: 7 * day,
	}
}

// Config says what a Publisher works on. Store, Files, Benchmark and Library
// are needed.
type Config struct {
	Store     *store.Store
	Files     *snapshot.Files
	Benchmark *benchmark.Benchmark
	// Library has the catalog of the next generation.
	Library  *library.Library
	Settings Settings
	// Clock is time.Now if nil, Log is silent if nil.
	Clock func() time.Time
	Log   *slog.Logger
	// Alone says that no other process can work on the store, as the lock of a data
	// folder proves: what a process before has left is ended at once.
	Alone bool
	// Trace, if set, is called before each step that changes the store. Tests
	// crash there.
	Trace func(step string)
	// Workers is how many ranges are made at once; if 0, half as many again as
	// there are cores, because a worker waits when it makes files durable.
	Workers int
}

// Publisher makes snapshots. It is safe for concurrent use.
type Publisher struct {
	*Watcher  // whose clock doubts hold up whatever is made or removed
	store     *store.Store
	files     *snapshot.Files
	benchmark *benchmark.Benchmark
	library   *library.Library
	settings  Settings
	clock     func() time.Time
	log       *slog.Logger
	alone     bool
	trace     func(string)
	workers   int
	codec     *inventory.Codec

	// What all organizations share.
	places    *fair.Gate          // of workers
	assessing *semaphore.Weighted // of bytes of devices that are assessed

	life         context.Context // of what it does
	end          context.CancelCauseFunc
	holds        holds
	publications publications

	reader *snapshot.Reader
}

// New returns a Publisher. The caller must close it.
func New(c Config) (*Publisher, error) {
	p := &Publisher{
		store: c.Store, files: c.Files, benchmark: c.Benchmark, library: c.Library, settings: c.Settings,
		clock: c.Clock, log: c.Log, alone: c.Alone, trace: c.Trace, workers: c.Workers,
		reader:       c.Files.NewReader(),
		assessing:    semaphore.NewWeighted(maxAssessing),
		holds:        holds{turns: map[string]chan struct{}{}, first: map[string]bool{}},
		publications: publications{waiting: map[string]*Publication{}, serving: map[string]bool{}},
	}
	p.clock = readingsOf(p.clock)
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.trace == nil {
		p.trace = func(string) {}
	}
	if p.workers == 0 {
		cores := runtime.GOMAXPROCS(0)
		p.workers = cores + (cores+1)/2
	}
	p.Watcher = &Watcher{store: p.store, settings: p.settings, clock: p.clock, log: p.log, watched: watching{looks: map[string]look{}}}
	p.places = fair.NewGate(p.workers+1, 1) // of which one organization has all but one
	p.life, p.end = context.WithCancelCause(context.Background())
	var err error
	p.codec, err = inventory.NewCodec()
	return p, err
}

// readingsOf is a clock of plain readings, as they are stored: time.Now's own are
// compared by how long the process has run, and would hide that it was set.
func readingsOf(clock func() time.Time) func() time.Time {
	if clock == nil {
		clock = time.Now
	}
	return func() time.Time { return clock().Round(0) }
}
