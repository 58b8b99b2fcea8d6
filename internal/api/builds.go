package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// describeBuild returns a build as clients see it.
func describeBuild(b intelligence.Build) *control.Build {
	described := &control.Build{Number: b.Number, URL: fmt.Sprintf("/v1/catalog/builds/%d", b.Number), State: b.State,
		AskedTime: b.Asked, BegunTime: edge.TimeOrNull(b.Begun), EndedTime: edge.TimeOrNull(b.Ended),
		Failure: b.Failure, Catalog: b.Catalog}
	if b.Summary != "" {
		summary := control.Encoded[counts.Catalog](b.Summary)
		described.Summary = &summary
	}
	return described
}

var showsBuild = edge.Description{
	Summary: "One build of the catalog, and its state: waiting, running, built or failed",
	Gives: []edge.Payload{edge.JSONOf[control.Build](http.StatusOK,
		"the build; if it failed, the previous catalog stays in use")},
	Fails: []int{http.StatusNotFound},
}

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
