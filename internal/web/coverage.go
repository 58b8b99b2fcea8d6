package web

import (
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// coverageBar is one bar of devices by how far they were assessed, in thousandths of its width.
type coverageBar struct {
	Whole, Partly, Not          int64 // widths
	PartlyAt, NotAt             int64
	WholeText, PartlyText, Rest string
}

// newBar makes the bar: the smallest part that is not nothing can be seen.
func newBar(a assessment) (b coverageBar) {
	b.WholeText, b.PartlyText, b.Rest = number(a.Whole)+" assessed", number(a.Partly)+" partly", number(a.Not+a.Unknown)+" not assessed"
	all := a.All()
	if all == 0 {
		return b
	}
	const width, least = 1000, 4
	share := func(n int64) int64 {
		if n == 0 {
			return 0
		}
		return max(least, width*n/all)
	}
	b.Partly, b.Not = share(a.Partly), share(a.Not+a.Unknown)
	if a.Whole > 0 {
		b.Whole = width - b.Partly - b.Not
	}
	b.PartlyAt = b.Whole
	b.NotAt = b.Whole + b.Partly
	return b
}

// reasonRow is a reason for which devices were not, or only partly, assessed.
type reasonRow struct {
	State, Reason, Link string
	Devices             int64
}

// reasonsOf are the reasons, with the lists of their devices.
func (v *visit) reasonsOf(a assessment) (rows []reasonRow) {
	for _, one := range a.Reasons {
		state := one.State
		if s, err := coverage.ParseState(state); err == nil {
			state = s.Text()
		}
		row := reasonRow{State: state, Reason: "no reason is known", Devices: one.Count}
		if v.mayFindings() {
			row.Link = link("/devices", "state", one.State, "reason", one.Reason)
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
func showCoverage(v *visit) error {
	if _, err := readAddress("/coverage", v.URL.RawQuery, nil); err != nil {
		return err
	}
	ctx, cancel := v.within()
	defer cancel()
	got, err := v.coverage(ctx)
	if err != nil {
		return v.orSetup(err)
	}
	a := assessed(&got.Coverage)
	p := &coveragePage{Sentence: a.Sentence() + a.Unlooked(), Bar: newBar(a), Reasons: v.reasonsOf(a),
		Groups: coverages.GroupRows(got.Groups),
		Feeds:  feedsOf(got.Feeds), Findings: v.mayFindings()}
	for _, w := range got.Wants {
		p.Wants = append(p.Wants, wantRow{coverages.Want(w.Name), coverages.Command(w.Name), w.Devices})
	}
	return v.page("coverage", &frame{Title: "Coverage", Content: p, Line: snapshotLine(got.Number, got.GeneratedTime, a.All())})
}

// feedRow is a feed with its age.
type feedRow struct {
	Name, Day, Notes string
	Age, Width       int64
	Known            bool
}

// feedsOf are the feeds with their ages, on one scale.
func feedsOf(all []control.CoveringFeed) (rows []feedRow) {
	oldest := int64(1)
	for _, f := range all {
		if f.AgeDays != nil {
			oldest = max(oldest, *f.AgeDays)
		}
	}
	for _, f := range all {
		row := feedRow{Name: f.Name, Day: first(f.Day, "-"), Notes: coverages.FeedNotes(&f), Known: f.AgeDays != nil}
		if row.Known {
			row.Age, row.Width = *f.AgeDays, 100**f.AgeDays/oldest
		}
		rows = append(rows, row)
	}
	return rows
}
