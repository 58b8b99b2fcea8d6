package api

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/store"
)

// metrics counts what the server does.
type metrics struct {
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	rows     *prometheus.CounterVec
	reports  prometheus.Counter
	refused  *prometheus.CounterVec
	unasked  prometheus.Counter
}

func newMetrics(c Config, arrivals, decoding *room) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muster_" + name, Help: help}, labels)
	}
	m := &metrics{
		requests: counter("http_requests_total", "Requests by call, method and status.", "call", "method", "status"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "muster_http_request_duration_seconds", Help: "Time until a reply was complete, by call.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9)}, []string{"call"}),
		bytes:   counter("http_response_bytes_total", "Bytes of reply bodies by call, as sent.", "call"),
		rows:    counter("export_rows_total", "Rows of JSON pages by call.", "call"),
		reports: prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_reports_received_total", Help: "Reports stored."}),
		refused: counter("reports_refused_total", "Bodies with reports that were refused for a limit, by limit.", "limit"),
		unasked: prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_connections_without_request_total",
			Help: "Connections that ended without a request: TLS that failed, what is no HTTP, scans."}),
	}
	inUse := func(name, help string, r *room) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "muster_" + name, Help: help}, func() float64 { return float64(r.inUse()) })
	}
	c.Registry.MustRegister(m.requests, m.latency, m.bytes, m.rows, m.reports, m.refused, m.unasked, newestSnapshot{c.Store}, verified{c.Publisher}, doubtMetric{c.Publisher},
		inUse("reports_arriving_bytes", "Memory of bodies with reports that come in or wait to be stored.", arrivals),
		inUse("reports_decoding_bytes", "Memory that decoding reports takes, by estimate.", decoding))
	registerWaiting(c)
	return m
}

// registerWaiting tells what waits to be stored: of whom would be labels without
// end, so only how many they are.
func registerWaiting(c Config) {
	for name, of := range map[string]struct {
		help  string
		value func(store.Waiting) int64
	}{
		"calls":   {"Calls with reports that wait for their turn to be stored.", func(w store.Waiting) int64 { return int64(w.Calls) }},
		"callers": {"Callers of whom reports wait for their turn to be stored.", func(w store.Waiting) int64 { return int64(w.Callers) }},
		"slices":  {"Transactions, at most, that what waits and what is being stored takes.", func(w store.Waiting) int64 { return int64(w.Slices) }},
	} {
		c.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "muster_reports_waiting_" + name, Help: of.help},
			func() float64 { return float64(of.value(c.Store.Waiting())) }))
	}
}

// observe counts a request that is over.
func (m *metrics) observe(w *response, method string, took time.Duration) {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
	default:
		method = "other" // the client's own words would be labels without end
	}
	m.requests.WithLabelValues(w.route, method, strconv.Itoa(w.status)).Inc()
	m.latency.WithLabelValues(w.route).Observe(took.Seconds())
	m.bytes.WithLabelValues(w.route).Add(float64(w.sent.Load()))
	if w.rows > 0 {
		m.rows.WithLabelValues(w.route).Add(float64(w.rows))
	}
}

// newestSnapshot tells of every organization's newest snapshot, whoever asked
// for it, when metrics are collected.
type newestSnapshot struct{ store *store.Store }

func (newestSnapshot) descriptions() (number, generated, duration *prometheus.Desc) {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_"+name, help, []string{"organization"}, nil)
	}
	return gauge("snapshot_number", "Number of the newest snapshot."),
		gauge("snapshot_generated_timestamp_seconds", "When the newest snapshot was published."),
		gauge("generation_duration_seconds", "Time from the beginning of the newest snapshot's generation until it was published.")
}

// Describe implements prometheus.Collector.
func (n newestSnapshot) Describe(out chan<- *prometheus.Desc) {
	number, generated, duration := n.descriptions()
	out <- number
	out <- generated
	out <- duration
}

// Collect implements prometheus.Collector. Of an organization without snapshots
// there is nothing to tell.
func (n newestSnapshot) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := n.store.Organizations(ctx)
	if err != nil {
		return
	}
	for _, o := range all {
		if newest, err := n.store.Latest(ctx, o.ID); err == nil {
			n.tell(out, o.ID, newest)
		}
	}
}

func (n newestSnapshot) tell(out chan<- prometheus.Metric, organization string, newest store.Snapshot) {
	number, generated, duration := n.descriptions()
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, organization)
	}
	gauge(number, float64(newest.Number))
	gauge(generated, float64(newest.Generated.Unix()))
	gauge(duration, newest.Generated.Sub(newest.Begun).Seconds())
}
