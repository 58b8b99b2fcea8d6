package api

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/watch"
)

// doubtMetric is the metric of what is in doubt.
type doubtMetric struct{ watcher *watch.Watcher }

func (doubtMetric) description() *prometheus.Desc {
	return prometheus.NewDesc("muster_publish_doubt",
		"1 while nothing is published or removed, by organization and reason.",
		[]string{"organization", "reason"}, nil)
}

// Describe implements prometheus.Collector.
func (d doubtMetric) Describe(out chan<- *prometheus.Desc) { out <- d.description() }

// Collect implements prometheus.Collector.
func (d doubtMetric) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := d.watcher.Doubts(ctx)
	if err != nil {
		return
	}
	for organization, found := range all {
		for _, reason := range []clock.Doubt{clock.ClockBehind, clock.ClockAhead, clock.FleetShrinks} {
			value := 0.0
			if reason == found {
				value = 1
			}
			out <- prometheus.MustNewConstMetric(d.description(), prometheus.GaugeValue, value, organization, string(reason))
		}
	}
}
