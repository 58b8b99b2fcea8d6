package monitor

import (
	"github.com/prometheus/client_golang/prometheus"
)

// gauge describes a metric.
type gauge struct{ desc *prometheus.Desc }

func newGauge(name, help string, labels ...string) gauge {
	return gauge{prometheus.NewDesc("muster_"+name, help, labels, nil)}
}

// ofSnapshot is a metric of an organization's newest snapshot.
func ofSnapshot(name, help string, labels ...string) gauge {
	return newGauge(name, help, append([]string{"organization"}, labels...)...)
}

var (
	collectorUp = newGauge("collector_up", "1 if the collector could read all of its metrics, 0 if some are left out.",
		"collector")
	metricsOmitted = newGauge("metrics_omitted",
		"Organizations and groups without metrics of their own, because there are too many.", "what")
)

// values are what a collector has read.
type values []prometheus.Metric

// set adds a value, with its labels in the order of the description.
func (v *values) set(g gauge, value float64, labels ...string) {
	*v = append(*v, prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, value, labels...))
}

// flag returns the value of something that is true or false.
func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
