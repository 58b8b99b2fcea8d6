package generation

import (
	"log/slog"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
)

// base is what all generations of a process share.
type base struct {
	store    *store.Store
	files    *snapshot.Files
	ranges   *merge.Base
	library  *library.Library
	settings Settings
	clock    func() time.Time
	log      *slog.Logger
	trace    func(string)
	reader   *snapshot.Reader
	look     time.Duration // how often a conductor looks
}

// Manifest returns the manifest of a snapshot, which the caller must not change. Manifests, indexes
// and deltas that were read lately are cached.
func (b *base) Manifest(s publication.Snapshot) (*snapshot.Manifest, error) {
	return b.reader.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}

// Benchmark returns the checks by which devices are judged with a catalog, for those who explain what they say.
func (b *base) Benchmark(c *catalog.Catalog) *benchmark.Benchmark { return b.ranges.Benchmark(c) }
