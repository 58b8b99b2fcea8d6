package generation

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/watch"
)

// Config says what a Publisher works on. Store, Files, Benchmark and Library are required.
type Config struct {
	Store     *store.Store
	Files     *snapshot.Files
	Benchmark *benchmark.Benchmark
	// Library provides the catalog of the next generation.
	Library  *library.Library
	Settings Settings
	// Clock is time.Now if nil. If Log is nil, nothing is logged.
	Clock func() time.Time
	Log   *slog.Logger
	// Alone says that no other process can use the store, as the lock of a data folder proves.
	// Leases that an earlier process left are then ended at once.
	Alone bool
	// Trace, if set, is called before each step that changes the store. Crash tests stop there.
	Trace func(step string)
	// Workers is how many ranges are made at once. If 0, it is 1.5 times the number of cores,
	// because a worker waits while its files become durable.
	Workers int
}

// maxAssessing bounds the estimated memory, in bytes, of the devices that are assessed at a time. A
// device that needs more is assessed alone. Two hundred devices of usual size fit.
const maxAssessing = 192 << 20

// Publisher makes snapshots. It is safe for concurrent use.
type Publisher struct {
	watcher   *watch.Watcher // while it is in doubt, nothing is made or removed
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

	// Shared by all organizations.
	slots     *fair.Gate          // for workers
	assessing *semaphore.Weighted // bytes claimed by devices that are assessed

	life         context.Context // ends when the Publisher stops
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
		publications: publications{waiting: map[string]*wait{}, serving: map[string]bool{}},
	}
	p.clock = watch.Readings(p.clock)
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
	p.watcher = watch.New(watch.Config{Clocks: p.store.Clock, Organizations: p.store.Organizations,
		HideAfter: p.settings.HideAfter, ForgetAfter: p.settings.ForgetAfter, Clock: p.clock, Log: p.log})
	p.slots = fair.NewGate(p.workers+1, 1) // one organization has at most all slots but one
	p.life, p.end = context.WithCancelCause(context.Background())
	var err error
	p.codec, err = inventory.NewCodec()
	return p, err
}

// Watcher returns the Watcher that judges the clock before anything is made or removed.
func (p *Publisher) Watcher() *watch.Watcher { return p.watcher }

// FeedLimits returns the ages at which feeds are too old to judge by.
func (p *Publisher) FeedLimits() coverage.Limits { return p.settings.FeedLimits }
