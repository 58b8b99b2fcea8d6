package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store"
)

// doubt is why nothing is published or removed at present.
type doubt struct {
	Reason store.Doubt `json:"reason"`
	// Message counts devices, and is for those who see all.
	Message string `json:"message,omitempty"`
}

// doubtOf returns what is in doubt for an organization, nil if nothing is.
func (s *Server) doubtOf(ctx context.Context, c *auth.Caller) (*doubt, error) {
	var found *generation.DoubtError
	err := s.Publisher.Doubt(ctx, c.Organization)
	if !errors.As(err, &found) {
		return nil, err
	}
	told := &doubt{Reason: found.Reason}
	if c.AllGroups {
		told.Message = found.Why
	}
	return told, nil
}

// refuseInDoubt tells who asked for a generation why none begins, in the code
// of the error, too.
func refuseInDoubt(found *generation.DoubtError) *failure {
	const format = "%v; allowShrink=true publishes all the same"
	switch found.Reason {
	case store.ClockAhead:
		return refuse(http.StatusConflict, defender.CodeClockAhead, format, found)
	case store.ClockBehind:
		return refuse(http.StatusConflict, defender.CodeClockBehind, format, found)
	}
	return refuse(http.StatusConflict, defender.CodeFleetShrinks, format, found)
}

// reasons are what is in doubt for some organization. Which it is anonymous
// callers are not told.
func (s *Server) reasons(ctx context.Context) ([]store.Doubt, error) {
	all, err := s.Publisher.Doubts(ctx)
	var found []store.Doubt
	for _, doubt := range all {
		if doubt != "" {
			found = append(found, doubt)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), err
}

// doubtMetric tells what is in doubt, when metrics are collected.
type doubtMetric struct{ publisher *generation.Publisher }

func (doubtMetric) description() *prometheus.Desc {
	return prometheus.NewDesc("muster_publish_doubt", "1 while nothing is published or removed, by organization and reason.",
		[]string{"organization", "reason"}, nil)
}

// Describe implements prometheus.Collector.
func (d doubtMetric) Describe(out chan<- *prometheus.Desc) { out <- d.description() }

// Collect implements prometheus.Collector.
func (d doubtMetric) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	all, err := d.publisher.Doubts(ctx)
	if err != nil {
		return
	}
	for organization, found := range all {
		for _, reason := range []store.Doubt{store.ClockBehind, store.ClockAhead, store.FleetShrinks} {
			value := 0.0
			if reason == found {
				value = 1
			}
			out <- prometheus.MustNewConstMetric(d.description(), prometheus.GaugeValue, value, organization, string(reason))
		}
	}
}
