package api

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/intake"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// metrics are the metrics of reports.
type metrics struct {
	received prometheus.Counter
	refused  *prometheus.CounterVec
}

func newMetrics(c Config, in *intake.Intake) *metrics {
	m := &metrics{
		received: prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_reports_received_total",
			Help: "Reports stored."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muster_reports_refused_total",
			Help: "Bodies with reports that were refused because of a limit, by limit."}, []string{"limit"}),
	}
	inUse := func(name, help string, bytes func() int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "muster_" + name, Help: help},
			func() float64 { return float64(bytes()) })
	}
	c.Registry.MustRegister(m.received, m.refused, newestSnapshot{c.Store.Organizations, c.Store.Publication},
		coverageMetric{c.Store.Organizations, c.Store.Publication}, feedMetric{c.Store.Intelligence, c.Clock},
		verified{c.Verifier}, doubtMetric{c.Publisher.Watcher()}, buildMetric{c.Store.Intelligence},
		inUse("reports_arriving_bytes", "Memory of bodies with reports that arrive or wait to be stored.", in.Arriving),
		inUse("reports_decoding_bytes", "Estimated memory of decoding reports.", in.Decoding))
	registerWaiting(c)
	return m
}

// registerWaiting registers the metrics of what waits to be stored. They only count callers: a
// label for each would be unlimited.
func registerWaiting(c Config) {
	for name, of := range map[string]struct {
		help  string
		value func(reports.Waiting) int64
	}{
		"calls":   {"Calls with reports that wait to be stored.", func(w reports.Waiting) int64 { return int64(w.Calls) }},
		"callers": {"Callers whose reports wait to be stored.", func(w reports.Waiting) int64 { return int64(w.Callers) }},
		"slices": {"Upper bound of transactions for the reports that wait or are being stored.",
			func(w reports.Waiting) int64 { return int64(w.Slices) }},
	} {
		c.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "muster_reports_waiting_" + name,
			Help: of.help},
			func() float64 { return float64(of.value(c.Store.Reports.Waiting())) }))
	}
}

// noteRefused counts the limit that a body with reports was refused for, if any, and the reports
// that were stored before.
func (m *metrics) noteRefused(w *edge.Response, err error) {
	if limit, ok := refusedFor(err); ok {
		m.refused.WithLabelValues(limit).Inc()
		w.Note(slog.String("limit", limit))
	}
	var part *reports.PartialError
	if errors.As(err, &part) {
		m.received.Add(float64(part.Stored))
		w.Note(slog.Int("reports", part.Stored))
	}
}

// refusedFor returns the limit that reports were refused for; false for any other error.
func refusedFor(err error) (limit string, ok bool) {
	var f *edge.Failure
	switch {
	case errors.As(err, &f):
		return f.Limit, f.Limit != ""
	case errors.Is(err, reports.ErrTooManySources):
		return forSources, true
	case errors.Is(err, reports.ErrSaturated):
		return forQueue, true
	case errors.Is(err, reports.ErrClosed):
		return forStop, true
	}
	return "", false
}

// newestSnapshot are the metrics of every organization's newest snapshot.
type newestSnapshot struct {
	organizations *organization.Store
	published     *publication.Store
}

func (newestSnapshot) descriptions() (number, generated, duration *prometheus.Desc) {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_"+name, help, []string{"organization"}, nil)
	}
	return gauge("snapshot_number", "Number of the newest snapshot."),
		gauge("snapshot_generated_timestamp_seconds", "When the newest snapshot was published."),
		gauge("generation_duration_seconds",
			"Time from the begin of the newest snapshot's generation until it was published.")
}

// Describe implements prometheus.Collector.
func (n newestSnapshot) Describe(out chan<- *prometheus.Desc) {
	number, generated, duration := n.descriptions()
	out <- number
	out <- generated
	out <- duration
}

// Collect implements prometheus.Collector. An organization without snapshots has no values.
func (n newestSnapshot) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := n.organizations.All(ctx)
	if err != nil {
		return
	}
	for _, o := range all {
		if newest, err := n.published.Latest(ctx, o.ID); err == nil {
			n.tell(out, o.ID, newest)
		}
	}
}

func (n newestSnapshot) tell(out chan<- prometheus.Metric, organization string, newest publication.Snapshot) {
	number, generated, duration := n.descriptions()
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, organization)
	}
	gauge(number, float64(newest.Number))
	gauge(generated, float64(newest.Generated.Unix()))
	gauge(duration, newest.Generated.Sub(newest.Begun).Seconds())
}
