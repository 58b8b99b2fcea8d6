package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
)

// coverageMetric tells how far the devices of every organization's newest snapshot were assessed.
type coverageMetric struct {
	organizations *organization.Store
	published     *publication.Store
}

func (coverageMetric) descriptions() (devices, software *prometheus.Desc) {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_coverage_"+name, help, []string{"organization", "state", "reason"}, nil)
	}
	return gauge("devices", "Devices of the newest snapshot, by how far they were assessed and why not."),
		gauge("software", "Pieces of software on these devices, by how far they were assessed and why not.")
}

// Describe implements prometheus.Collector.
func (c coverageMetric) Describe(out chan<- *prometheus.Desc) {
	devices, software := c.descriptions()
	out <- devices
	out <- software
}

// Collect implements prometheus.Collector. An organization whose newest snapshot does not say has
// no values.
func (c coverageMetric) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := c.organizations.All(ctx)
	if err != nil {
		return
	}
	devices, software := c.descriptions()
	for _, o := range all {
		newest, err := c.published.Latest(ctx, o.ID)
		var totals counts.Snapshot
		if err != nil || json.Unmarshal([]byte(newest.Manifest.Totals), &totals) != nil || totals.Coverage == nil {
			continue
		}
		tell := func(d *prometheus.Desc, one counts.Covered) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(one.Count), o.ID, one.State, one.Reason)
		}
		for _, one := range totals.Coverage.Devices {
			tell(devices, one)
		}
		for _, one := range totals.Coverage.Software {
			tell(software, one)
		}
	}
}

// feedMetric tells how old feeds are, and what was left out of them.
type feedMetric struct {
	store *intelligence.Store
	clock func() time.Time
}

func (feedMetric) descriptions() (age, rejected *prometheus.Desc) {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_feed_"+name, help, []string{"kind", "name"}, nil)
	}
	return gauge("age_seconds", "Time since a feed was imported, or its publisher was asked without a failure."),
		gauge("rejected_records", "Records of a feed that were left out because they could not be used.")
}

// Describe implements prometheus.Collector.
func (f feedMetric) Describe(out chan<- *prometheus.Desc) {
	age, rejected := f.descriptions()
	out <- age
	out <- rejected
}

// Collect implements prometheus.Collector.
func (f feedMetric) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := f.store.Feeds(ctx)
	if err != nil {
		return
	}
	age, rejected := f.descriptions()
	gauge := func(d *prometheus.Desc, value float64, feed *intelligence.Feed) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, feed.Kind, feed.Name)
	}
	for i := range all {
		feed := &all[i]
		good := feed.Imported
		if feed.Failure == "" && feed.Checked.After(good) {
			good = feed.Checked
		}
		gauge(age, f.clock().Sub(good).Seconds(), feed)
		gauge(rejected, float64(feed.Skipped), feed)
	}
}
