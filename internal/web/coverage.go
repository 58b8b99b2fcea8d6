package web

import (
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/web/chart"
	"github.com/muster-project/muster/internal/web/page"
)

// coverageBar is one bar of devices by how far they were assessed.
type coverageBar struct {
	Whole, Partly, Not          chart.Part
	WholeText, PartlyText, Rest string
}

// newBar makes the bar: the smallest part that is not nothing can be seen.
func newBar(a page.Assessment) coverageBar {
	parts := chart.Parts(a.Whole, a.Partly, a.Not+a.Unknown)
	return coverageBar{parts[0], parts[1], parts[2], page.Number(a.Whole) + " assessed", page.Number(a.Partly) + " partly",
		page.Number(a.Not+a.Unknown) + " not assessed"}
}

// reasonRow is a reason for which devices were not, or only partly, assessed.
type reasonRow struct {
	State, Reason, Link string
	Devices             int64
}

// reasonsOf are the reasons, with the lists of their devices.
func reasonsOf(v *page.Visit, a page.Assessment) (rows []reasonRow) {
	for _, one := range a.Reasons {
		state := one.State
		if s, err := coverage.ParseState(state); err == nil {
			state = s.Text()
		}
		row := reasonRow{State: state, Reason: "no reason is known", Devices: one.Count}
		if v.MayFindings() {
			row.Link = page.Link("/devices", "state", one.State, "reason", one.Reason)
		}
		if one.Reason != "" {
			row.Reason = coverages.Reason(one.Reason)
		}
		rows = append(rows, row)
	}
	return rows
}

// coveragePage is what the page of coverage shows.
type coveragePage struct {
	Sentence string
	Bar      coverageBar
	Reasons  []reasonRow
	Wants    []wantRow
	Groups   [][]string
	Feeds    []feedRow
	Findings bool
}

// wantRow is what should be imported, and for how many devices.
type wantRow struct {
	What, Command string
	Devices       int64
}

// showCoverage is GET /coverage.
func showCoverage(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var got *control.Coverage
	err := v.Pinned(func(snapshot int64) (n int64, err error) {
		if got, err = v.CoverageOf(ctx, snapshot); err == nil {
			n = got.Number
		}
		return n, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	a := page.Assessed(&got.Coverage)
	p := &coveragePage{Sentence: a.Sentence() + a.Unlooked(), Bar: newBar(a), Reasons: reasonsOf(v, a),
		Groups: coverages.GroupRows(got.Groups),
		Feeds:  feedsOf(got.Feeds), Findings: v.MayFindings()}
	for _, w := range got.Wants {
		p.Wants = append(p.Wants, wantRow{coverages.Want(w.Name), coverages.Command(w.Name), w.Devices})
	}
	return v.Page("coverage", &page.Frame{Title: "Coverage", Content: p, Line: page.SnapshotLine(got.Number, got.GeneratedTime, a.All())})
}

// feedRow is a feed with its age.
type feedRow struct {
	Name, Day, Notes string
	Age, Width       int64
	Known            bool
}

// feedsOf are the feeds with their ages, on one scale.
func feedsOf(all []control.CoveringFeed) (rows []feedRow) {
	var ages []float64
	for _, f := range all {
		row := feedRow{Name: f.Name, Day: page.First(f.Day, "-"), Notes: coverages.FeedNotes(&f), Known: f.AgeDays != nil}
		if row.Known {
			row.Age = *f.AgeDays
		}
		rows, ages = append(rows, row), append(ages, float64(row.Age))
	}
	for i, width := range chart.Bars(ages) {
		rows[i].Width = width
	}
	return rows
}
