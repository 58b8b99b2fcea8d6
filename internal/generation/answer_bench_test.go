package generation_test

import (
	"context"
	"os"
	"runtime"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/snapshot"
)

// firstPage is the page that BenchmarkAnswers asks for.
var firstPage = answer.Page{Limit: 100}

// BenchmarkAnswers asks questions about one snapshot of the demonstration's fleet in 20 groups, of as many
// devices as BenchmarkGeneration has. Each question is asked twice:
//
//	cold  nothing of the snapshot is in memory but its manifest
//	warm  the same was asked before
//
// The sizes are the shares of the projections and of the summary in the bytes of the parts.
func BenchmarkAnswers(b *testing.B) {
	l := newLab(b)
	l.learnSample()
	f := fleet.Fleet{Seed: 1, Devices: deviceCount(b), Begun: noon}
	l.receiveAll(grouped(f.All(0), l.makeGroups(20)))
	m := l.manifest(l.publish())
	projections, parts := l.projected(m)
	summary, err := os.Stat(l.path(snapshot.SummaryName(m.Name)))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("sizes", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(float64(rowsOf(m)), "findings")
		b.ReportMetric(100*float64(projections)/float64(parts), "%projections")
		b.ReportMetric(100*float64(summary.Size())/float64(parts), "%summary")
	})
	questions := l.questions(b, m)
	for _, q := range questions {
		b.Run("cold/"+q.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				view := answer.New(l.files).Of(m, nil)
				runtime.GC()
				b.StartTimer()
				if err := q.ask(b.Context(), view); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	view := answer.New(l.files).Of(m, nil)
	for _, q := range questions {
		b.Run("warm/"+q.name, func(b *testing.B) {
			if err := q.ask(b.Context(), view); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := q.ask(b.Context(), view); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// projected sums the sizes of projections and of full parts, in bytes.
func (l *lab) projected(m *snapshot.Manifest) (projections, parts int64) {
	l.Helper()
	for i := range m.Ranges {
		x, err := m.Ranges[i].Full()
		if err != nil {
			l.Fatal(err)
		}
		projections += x.Projection.Bytes
	}
	_, parts = l.sizeOf(m)
	return projections, parts
}

// question is asked of a view.
type question struct {
	name string
	ask  func(context.Context, *answer.View) error
}

// questions lists what BenchmarkAnswers asks: about the CVE and the product of most devices, and about
// what few devices have.
func (l *lab) questions(b *testing.B, m *snapshot.Manifest) (all []question) {
	view := answer.New(l.files).Of(m, nil)
	cves, err := view.CVEs(b.Context())
	if err != nil || len(cves) == 0 {
		b.Fatal(len(cves), err)
	}
	often, rare := cves[0], cves[0]
	for _, c := range cves {
		if c.Devices > often.Devices {
			often = c
		}
		if c.Devices < rare.Devices {
			rare = c
		}
	}
	releases, err := view.Exposed(b.Context(), often.ID)
	if err != nil {
		b.Fatal(err)
	}
	last := m.Ranges[len(m.Ranges)-1]
	devices, err := view.Devices(b.Context(), answer.Page{Skip: m.Totals(nil).Devices / 2, Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	all = []question{
		{"counts by CVE", func(ctx context.Context, v *answer.View) error { _, err := v.CVEs(ctx); return err }},
		{"counts by product", func(ctx context.Context, v *answer.View) error { _, err := v.Products(ctx); return err }},
		{"counts by group and severity", func(ctx context.Context, v *answer.View) error { _, err := v.Groups(ctx); return err }},
	}
	for name, of := range map[string]answer.Of{"of the most frequent CVE": {CVE: often.ID}, "of a rare CVE": {CVE: rare.ID}} {
		all = append(all, question{"devices " + name, func(ctx context.Context, v *answer.View) error {
			_, err := v.DevicesOf(ctx, of, firstPage)
			return err
		}})
	}
	for _, by := range []struct {
		name string
		answer.Filter
		groups []int64
	}{
		{name: "all"},
		{name: "CVE", Filter: answer.Filter{CVE: often.ID}},
		{name: "rare CVE", Filter: answer.Filter{CVE: rare.ID}},
		{name: "product", Filter: answer.Filter{Vendor: releases[0].Vendor, Name: releases[0].Name}},
		{name: "severity", Filter: answer.Filter{Severity: []string{defender.SeverityCritical}}},
		{name: "exploit", Filter: answer.Filter{Exploited: true}},
		{name: "device", Filter: answer.Filter{Device: devices.Rows[0].ID}},
		{name: "group", groups: []int64{last.Group}},
	} {
		all = append(all, question{"findings by " + by.name, func(ctx context.Context, v *answer.View) error {
			if by.groups != nil {
				v = v.Only(by.groups...)
			}
			found, err := v.Findings(ctx, by.Filter, firstPage)
			if err == nil {
				_, err = v.Rows(ctx, found.Rows)
			}
			return err
		}})
	}
	return all
}
