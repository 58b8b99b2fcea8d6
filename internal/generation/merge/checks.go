package merge

import (
	"log/slog"
	"slices"
	"sync"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/checks"
)

// benchmarks has the checks of the program, and those of the newest catalog that has checks of a site above them. It is
// safe for concurrent use.
type benchmarks struct {
	ours *benchmark.Benchmark
	log  *slog.Logger

	mutex sync.Mutex
	files []benchmark.File // of site
	site  *benchmark.Benchmark
}

// pinned returns the id of checks as a generation pins it: "" if they are the program's own.
func (b *benchmarks) pinned(checks *benchmark.Benchmark) string {
	if checks == b.ours {
		return ""
	}
	return checks.ID()
}

// of returns the checks by which devices are judged with a catalog. Files that this program does not understand, as
// after an upgrade, are left out whole, and that is logged: a snapshot without them is better than none.
func (b *benchmarks) of(c *catalog.Catalog) *benchmark.Benchmark {
	files := checks.Of(c.Sources())
	if len(files) == 0 {
		return b.ours
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.site == nil || !slices.Equal(b.files, files) {
		site, err := benchmark.LoadFiles(files)
		if err != nil {
			b.log.Error("imported checks are left out: this program does not understand them; import them again",
				"error", err)
			site = b.ours
		}
		b.files, b.site = files, site
	}
	return b.site
}
