package api

import (
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/intake"
	"github.com/muster-project/muster/internal/store/reports"
)

// metrics are the metrics of reports. Package monitor has those of what is stored.
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
	c.Registry.MustRegister(m.received, m.refused,
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
