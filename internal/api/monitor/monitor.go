package monitor

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/auth"
)

// Monitor reads metrics. It is safe for concurrent use.
type Monitor struct {
	organizations func(ctx context.Context, c *auth.Caller) view
	registry      *prometheus.Registry
	log           *slog.Logger
	collectors    []collector
	attempts      map[string]*attempts // by collector
	errors        *prometheus.CounterVec
}

// New returns a Monitor, and registers what it counts.
func New(c Config) *Monitor {
	m := &Monitor{registry: c.Registry, log: c.Log, attempts: map[string]*attempts{}}
	m.organizations = func(ctx context.Context, of *auth.Caller) view { return viewOf(ctx, c.Store.Organizations, of) }
	snapshots := &snapshots{c.Store.Publication, c.Store.Organizations, c.Publisher, c.Answers}
	m.collectors = []collector{snapshots.collector(), snapshots.coverage(), snapshots.findings(),
		snapshots.exposure(), snapshots.compliance(),
		newGenerations(c).collector(), newSilence(c).collector(), newDoubts(c).collector(),
		(&told{c.Store.Notified}).collector(),
		newVerified(c).collector(), newFeeds(c).collector(), newBuilds(c).collector()}
	for i := range m.collectors {
		m.attempts[m.collectors[i].name] = &attempts{}
	}
	m.errors = newErrors(m.collectors)
	c.Registry.MustRegister(m.errors)
	return m
}

// Gatherer returns what a caller may see. ctx bounds the reads.
func (m *Monitor) Gatherer(ctx context.Context, c *auth.Caller) prometheus.Gatherer {
	own := prometheus.NewRegistry()
	v := m.organizations(ctx, c)
	own.MustRegister(&scrape{m, ctx, &v})
	if v.server {
		return prometheus.Gatherers{own, m.registry} // in this order: own counts failures
	}
	return own
}

// scrape is one reading of all metrics for a caller.
type scrape struct {
	*Monitor
	ctx  context.Context //nolint:containedctx // a prometheus.Collector takes none
	view *view
}

// Describe implements prometheus.Collector.
func (s *scrape) Describe(out chan<- *prometheus.Desc) {
	out <- collectorUp.desc
	out <- metricsOmitted.desc
	for i := range s.collectors {
		if c := &s.collectors[i]; c.shows(s.view) {
			for _, g := range c.about {
				out <- g.desc
			}
		}
	}
}

// Collect implements prometheus.Collector.
func (s *scrape) Collect(out chan<- prometheus.Metric) {
	var own values
	results := s.runAll(s.ctx, s.view)
	for name, r := range results {
		s.tell(name, r, &own)
	}
	own.set(metricsOmitted, float64(s.view.omitted), "organizations")
	for _, metric := range own {
		out <- metric
	}
}

// tell adds the values of a collector, and whether they are complete. A caller who left is no
// failure of the collector.
func (s *scrape) tell(name string, r result, own *values) {
	*own = append(*own, r.values...)
	own.set(collectorUp, flag(r.err == nil), name)
	if r.err == nil || !errors.Is(s.ctx.Err(), context.Canceled) {
		s.note(s.ctx, name, r.err)
	}
}

// runAll reads all collectors that a caller gets, at the same time.
func (m *Monitor) runAll(ctx context.Context, v *view) map[string]result {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	var mu sync.Mutex
	var reads sync.WaitGroup
	results := map[string]result{}
	for i := range m.collectors {
		c := &m.collectors[i]
		if !c.shows(v) {
			continue
		}
		reads.Go(func() {
			r := m.attempts[c.name].run(ctx, c, v)
			mu.Lock()
			defer mu.Unlock()
			results[c.name] = r
		})
	}
	reads.Wait()
	return results
}

// note counts a failure, and logs the first one until the collector works again.
func (m *Monitor) note(ctx context.Context, name string, err error) {
	a := m.attempts[name]
	if err == nil {
		if a.failing.Swap(0) > 0 {
			m.log.InfoContext(ctx, "metrics can be read again", "collector", name)
		}
		return
	}
	m.errors.WithLabelValues(name).Inc()
	if a.failing.Add(1) == 1 {
		m.log.ErrorContext(ctx, "metrics cannot be read", slog.String("collector", name), slog.Any("error", err))
	}
}
