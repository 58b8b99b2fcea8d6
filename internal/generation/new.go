package generation

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/intel/library"
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
	// Leases and workers that an earlier process left are then ended at once.
	Alone bool
	// Node is the node's name, for people.
	Node string
	// Crew gets jobs to those who make them, by Make. If nil, this process makes all that it offers.
	Crew crew.Crew
	// Look is how often a generation's conductor looks which ranges other processes have made. It looks
	// for dead workers in eight times as long. If 0, it is 250 ms.
	Look time.Duration
	// Trace, if set, is called before each step that changes the store. Crash tests stop there.
	Trace func(step string)
	// Workers is how many ranges are made at once. If 0, it is 1.5 times the number of cores,
	// because a worker waits while its files become durable.
	Workers int
}

// New returns a Publisher. The caller must close it.
func New(c Config) (*Publisher, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Trace == nil {
		c.Trace = func(string) {}
	}
	if c.Look == 0 {
		c.Look = 250 * time.Millisecond
	}
	if c.Workers == 0 {
		cores := runtime.GOMAXPROCS(0)
		c.Workers = cores + (cores+1)/2
	}
	reader := c.Files.NewReader()
	ranges, err := merge.New(merge.Config{Store: c.Store, Files: c.Files, Benchmark: c.Benchmark, Library: c.Library,
		Reader: reader, Log: c.Log})
	if err != nil {
		return nil, err
	}
	p := &Publisher{
		base: base{store: c.Store, files: c.Files, ranges: ranges, library: c.Library, settings: c.Settings,
			clock: watch.Readings(c.Clock), log: c.Log, trace: c.Trace, reader: reader, look: c.Look},
		alone:        c.Alone,
		slots:        fair.NewGate(c.Workers+1, 1), // one organization has at most all slots but one
		crew:         c.Crew,
		holds:        holds{turns: map[string]chan struct{}{}, first: map[string]bool{}},
		publications: publications{waiting: map[string]*wait{}, serving: map[string]bool{}},
	}
	p.watcher = watch.New(watch.Config{Clocks: p.store.Clock, Organizations: p.store.Organizations,
		HideAfter: p.settings.HideAfter, ForgetAfter: p.settings.ForgetAfter, Clock: p.clock, Log: p.log})
	p.makings = &makings{base: &p.base, all: map[generationKey]*making{}}
	p.life, p.end = context.WithCancelCause(context.Background())
	able, err := json.Marshal(p.ranges.Able())
	if err != nil {
		return nil, fmt.Errorf("encoding what this program can make: %w", err)
	}
	p.member = &crew.Member{Store: c.Store.Workers, Node: c.Node, Able: string(able), Log: c.Log, Life: p.life,
		Go: p.background, Trace: c.Trace}
	if p.crew == nil {
		p.crew = &crew.Pool{Workers: c.Workers, Go: p.background,
			Make: func(job crew.Job) error { return p.Make(p.life, job) }}
	}
	return p, nil
}
