package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// readLimit is how long a collector may read. Prometheus gives up after 10 s by default.
const readLimit = 5 * time.Second

// maxUnfinished is how many reads of one collector may be unfinished, because a disk hangs.
const maxUnfinished = 8

// errUnfinished: earlier reads of the collector have not ended.
var errUnfinished = errors.New("earlier reads have not ended")

// collector reads metrics that belong together. Its name is a label.
type collector struct {
	name  string
	about []gauge
	// server: only callers who see the server get these metrics. whole: only callers who see all
	// groups of an organization.
	server, whole bool
	read          func(ctx context.Context, v *view, out *values) error
}

// shows tells whether a caller gets the metrics of the collector.
func (c *collector) shows(v *view) bool { return (v.server || !c.server) && (v.whole || !c.whole) }

// attempts is what is remembered of a collector's reads.
type attempts struct {
	failing, unfinished atomic.Int64
}

// result is the outcome of one read.
type result struct {
	values values
	err    error
}

// run reads a collector. It returns when ctx ends, even if the read hangs.
func (a *attempts) run(ctx context.Context, c *collector, v *view) result {
	if a.unfinished.Add(1) > maxUnfinished {
		a.unfinished.Add(-1)
		return result{err: errUnfinished}
	}
	done := make(chan result, 1)
	go func() {
		defer a.unfinished.Add(-1)
		var r result
		r.err = c.read(ctx, v, &r.values)
		done <- r
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		return result{err: fmt.Errorf("reading took too long: %w", ctx.Err())}
	}
}

// newErrors returns the counter of failures, with a value of 0 for each collector.
func newErrors(collectors []collector) *prometheus.CounterVec {
	all := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muster_scrape_errors_total",
		Help: "Scrapes in which a collector could not read some of its metrics."}, []string{"collector"})
	for i := range collectors {
		all.WithLabelValues(collectors[i].name)
	}
	return all
}
