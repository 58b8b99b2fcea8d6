package merge

import (
	"log/slog"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// maxAssessing bounds the estimated memory, in bytes, of the devices that are assessed at a time. A
// device that needs more is assessed alone. Two hundred devices of usual size fit.
const maxAssessing = 192 << 20

// Base is what the ranges of all generations of a process are made with. It is safe for concurrent
// use.
type Base struct {
	store      *store.Store
	files      *snapshot.Files
	benchmarks *benchmarks
	library    *library.Library
	reader     *snapshot.Reader
	log        *slog.Logger
	codec      *stored.Codec
	assessing  *semaphore.Weighted // bytes claimed by devices that are assessed
}

// Config says what a Base works with. All of it is required.
type Config struct {
	Store *store.Store
	Files *snapshot.Files
	// Benchmark has the program's own checks.
	Benchmark *benchmark.Benchmark
	Library   *library.Library
	Reader    *snapshot.Reader
	Log       *slog.Logger
}

// New returns a Base.
func New(c Config) (*Base, error) {
	codec, err := stored.NewCodec()
	return &Base{store: c.Store, files: c.Files, benchmarks: &benchmarks{ours: c.Benchmark, log: c.Log},
		library: c.Library, reader: c.Reader, log: c.Log, codec: codec, assessing: semaphore.NewWeighted(maxAssessing)}, err
}

// Benchmark returns the checks by which devices are judged with a catalog: the program's own, with those of a site
// above them if the catalog has some.
func (b *Base) Benchmark(c *catalog.Catalog) *benchmark.Benchmark { return b.benchmarks.of(c) }

// Checks returns the id of the checks by which devices are judged with a catalog; "" if they are the program's own.
func (b *Base) Checks(c *catalog.Catalog) string { return b.benchmarks.pinned(b.Benchmark(c)) }
