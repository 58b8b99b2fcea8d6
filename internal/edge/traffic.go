package edge

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// traffic counts requests.
type traffic struct {
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	rows     *prometheus.CounterVec
	unasked  prometheus.Counter
}

func newTraffic(registry *prometheus.Registry) *traffic {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muster_" + name, Help: help}, labels)
	}
	m := &traffic{
		requests: counter("http_requests_total", "Requests by call, method and status.", "call", "method", "status"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "muster_http_request_duration_seconds", Help: "Time until a reply was complete, by call.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9)}, []string{"call"}),
		bytes: counter("http_response_bytes_total", "Bytes of reply bodies by call, as sent.", "call"),
		rows:  counter("export_rows_total", "Rows of JSON pages by call.", "call"),
		unasked: prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_connections_without_request_total",
			Help: "Connections that ended without a request: failed TLS, data that is not HTTP, scans."}),
	}
	registry.MustRegister(m.requests, m.latency, m.bytes, m.rows, m.unasked)
	return m
}

// observe counts a finished request.
func (m *traffic) observe(w *Response, method string, took time.Duration) {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
	default:
		method = "other" // a client's own words would make unlimited labels
	}
	m.requests.WithLabelValues(w.route, method, strconv.Itoa(w.status)).Inc()
	m.latency.WithLabelValues(w.route).Observe(took.Seconds())
	m.bytes.WithLabelValues(w.route).Add(float64(w.sent.Load()))
	if w.Rows > 0 {
		m.rows.WithLabelValues(w.route).Add(float64(w.Rows))
	}
}
