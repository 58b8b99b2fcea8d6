// Package points makes what /v1/trends says of counts of snapshots.
package points

import (
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/publication"
)

const (
	// RemediatedDays is in how many days events of fixing count; fewEvents are too few.
	RemediatedDays = 90
	fewEvents      = 10
	// maxPoints is how many snapshots a reply has.
	maxPoints = 2000
)

// OpenFor returns how long the findings of the newest snapshot have been open; nil if that is not known of a group.
func OpenFor(groups trend.AgesByGroup, newest *publication.Snapshot, all []trend.Point,
	scope func(int64) bool) (classes []control.OpenFor) {
	if groups == nil || len(all) == 0 {
		return nil
	}
	sum := trend.Ages{}
	for group, ages := range groups {
		if scope == nil || scope(group) {
			sum.Add(ages, 1)
		}
	}
	if last := &all[len(all)-1]; last.Number != newest.Number || !sum.Sound(last.Findings()) {
		return nil
	}
	for _, c := range sum.Open(newest.Generated) {
		one := control.OpenFor{FromDays: c.From, Findings: c.Findings}
		if c.To >= 0 {
			one.ToDays = &c.To
		}
		classes = append(classes, one)
	}
	return classes
}

// From returns the points from a time on, by day or snapshot.
func From(all []trend.Point, from time.Time, by string) ([]control.TrendPoint, error) {
	for len(all) > 0 && all[0].Generated.Before(from) {
		all = all[1:]
	}
	if by != "snapshot" {
		all = trend.Daily(all)
	}
	if len(all) > maxPoints {
		return nil, edge.Invalid("these days have %d snapshots, more than %d: ask for fewer days, or by=day", len(all), maxPoints)
	}
	points := make([]control.TrendPoint, len(all))
	for i := range all {
		points[i] = Of(&all[i])
	}
	return points, nil
}

// Of returns what is known of one snapshot.
func Of(p *trend.Point) control.TrendPoint {
	one := control.TrendPoint{Number: p.Number, GeneratedTime: p.Generated.UTC(), Findings: p.Findings(),
		Severities: p.Severities, Devices: p.Devices, Exploited: Known(p, trend.Exploited, p.Exploited),
		KEV: Known(p, trend.KEV, p.KEV), Silent: Known(p, trend.Silent, p.Silent), New: Known(p, trend.Changes, p.New),
		Fixed: Known(p, trend.Changes, p.Fixed), Coverage: Known(p, trend.Coverage,
			control.CoveredDevices{Assessed: p.Assessed, Partly: p.Partly, NotAssessed: p.NotAssessed})}
	if score, ok := p.Weight.Score(); ok {
		one.Score = Known(p, trend.Weight, score)
	}
	return one
}

// Known returns a count; nil if it is not known.
func Known[T any](p *trend.Point, what trend.Unknown, value T) *T {
	if p.Lacks(what) {
		return nil
	}
	return &value
}

// Remediated returns how long fixing took.
func Remediated(d trend.Durations) control.Remediated {
	one := control.Remediated{Days: RemediatedDays, Events: d.Sum()}
	if one.TooFew = one.Events < fewEvents; !one.TooFew {
		median, most := d.Share(0.5), d.Share(0.9)
		one.Median, one.P90 = &median, &most
	}
	return one
}
