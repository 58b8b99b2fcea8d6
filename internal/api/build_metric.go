package api

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/store/intelligence"
)

// buildMetric tells whether the newest finished build failed. Before the first there is no value.
type buildMetric struct{ store *intelligence.Store }

func (buildMetric) description() *prometheus.Desc {
	return prometheus.NewDesc("muster_catalog_build_failed",
		"1 if the newest build of the catalog failed and the previous catalog is in use.", nil, nil)
}

// Describe implements prometheus.Collector.
func (m buildMetric) Describe(out chan<- *prometheus.Desc) { out <- m.description() }

// Collect implements prometheus.Collector.
func (m buildMetric) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := m.store.Builds(ctx)
	if err != nil {
		return
	}
	for _, b := range all {
		if b.Ended.IsZero() {
			continue
		}
		failed := 0.0
		if b.State == intelligence.BuildFailed {
			failed = 1
		}
		out <- prometheus.MustNewConstMetric(m.description(), prometheus.GaugeValue, failed)
		return
	}
}
