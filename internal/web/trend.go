package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/web/chart"
	"github.com/muster-project/muster/internal/web/page"
)

const (
	// trendDays is how many days the overview looks back at most, changeDays how many for what is new and fixed, and
	// fewDays how many it shows at least, so that two days are no wide plateau.
	trendDays, changeDays, fewDays = 90, 30, 14
)

// trendView is what changed over time.
type trendView struct {
	// Few says that there is nothing to draw yet; then there are only words and numbers.
	Few    string
	Strips []strip
	Ticks  []string
	// Other has strips of what is no finding: how well devices are configured, and how many are silent.
	Other   []strip
	Changes changes
	Days    []dayRow // newest first
}

// strip is one line of a chart, with its name left and its numbers right.
type strip struct {
	Name, Severity, Class string
	chart.Strip
	Now, Most string
}

// changes is the chart of what is new and fixed.
type changes struct {
	chart.Balanced
	Up, Down, Lost, Unknown string // data of paths
	Legend                  changeSums
	Ticks                   []string
	Days                    []changeRow // newest first
}

// changeSums says in words what the chart shows.
type changeSums struct{ New, Fixed, Lost, Unknown, Highest string }

// dayRow has the counts of a day's last snapshot.
type dayRow struct {
	Day                     *time.Time
	Severities              counts.Severities
	Findings                int64
	Assessed, Silent, Score string
}

// changeRow is what changed on a day: what is new, and what is fixed by reason.
type changeRow struct {
	Day   *time.Time
	Cells []string
}

// newTrendView shows trends.
func newTrendView(t *control.Trends) *trendView {
	v := &trendView{}
	n := len(t.Points)
	if n < 2 {
		v.Few = "Trends begin with the second day that has a snapshot."
		return v
	}
	days := newCalendar(t.Points, trendDays)
	v.Ticks = days.ticks()
	for _, s := range severityNames() {
		one := days.strip(s.name, 0, func(p *control.TrendPoint) chart.Reading {
			return chart.Known(float64(s.of(&p.Severities)))
		})
		one.Severity, one.Class = s.name, fmt.Sprintf("m%d", page.SeverityOf(s.name).Bars)
		if s.filter == "none" && one.Highest == 0 {
			continue // nothing was ever unrated: the table says so
		}
		v.Strips = append(v.Strips, one)
	}
	settings := days.strip("Settings", 100, func(p *control.TrendPoint) chart.Reading { return reading(p.Score) })
	if settings.Line != "" {
		settings.Now, settings.Most = settings.Now+" of 100", ""
		v.Other = append(v.Other, settings)
	}
	silent := days.strip("Silent devices", 0, func(p *control.TrendPoint) chart.Reading { return reading(p.Silent) })
	if silent.Line != "" {
		v.Other = append(v.Other, silent)
	}
	for i := n - 1; i >= 0; i-- {
		p := &t.Points[i]
		row := dayRow{Day: &p.GeneratedTime, Severities: p.Severities, Findings: p.Findings, Assessed: "unknown",
			Silent: "unknown", Score: "-"}
		if c := p.Coverage; c != nil {
			row.Assessed = page.Number(c.Assessed+c.Partly) + " of " + page.Number(p.Devices)
		}
		if p.Silent != nil {
			row.Silent = page.Number(*p.Silent)
		}
		if p.Score != nil {
			row.Score = fmt.Sprintf("%.1f", *p.Score)
		}
		v.Days = append(v.Days, row)
	}
	v.Changes = newChanges(t.Points)
	return v
}

// reading is a number that may not be known.
func reading[N int64 | float64](n *N) chart.Reading {
	if n == nil {
		return chart.Reading{}
	}
	return chart.Known(float64(*n))
}

// calendar has the days of a chart, up to that of the newest snapshot, and the point of each, nil for a day without
// a snapshot.
type calendar struct {
	first time.Time
	days  []*control.TrendPoint
}

// newCalendar returns the days since the first point, at most so many.
func newCalendar(points []control.TrendPoint, most int) calendar {
	day := func(p *control.TrendPoint) time.Time { return p.GeneratedTime.UTC().Truncate(24 * time.Hour) }
	last := day(&points[len(points)-1])
	n := int(last.Sub(day(&points[0]))/(24*time.Hour)) + 1
	c := calendar{days: make([]*control.TrendPoint, min(max(n, fewDays), most))}
	c.first = last.AddDate(0, 0, 1-len(c.days))
	for i := range points {
		if at := int(day(&points[i]).Sub(c.first) / (24 * time.Hour)); at >= 0 && at < len(c.days) {
			c.days[at] = &points[i]
		}
	}
	return c
}

// ticks are the first day, one in the middle, and the last.
func (c calendar) ticks() (all []string) {
	for _, i := range []int{0, len(c.days) / 2, len(c.days) - 1} {
		all = append(all, c.first.AddDate(0, 0, i).Format("2 Jan"))
	}
	return all
}

// strip draws a number of each day. It says the newest one that is known, and the highest.
func (c calendar) strip(name string, most float64, of func(*control.TrendPoint) chart.Reading) strip {
	s, readings := strip{Name: name, Now: "unknown"}, make([]chart.Reading, len(c.days))
	for i, p := range c.days {
		if p != nil {
			readings[i] = of(p)
		}
	}
	format := "%.0f"
	if most > 0 {
		format = "%.1f"
	}
	text := func(value float64) string {
		if most == 0 {
			return page.Number(int64(value))
		}
		return fmt.Sprintf(format, value)
	}
	if last := readings[len(readings)-1]; last.Known {
		s.Now = text(last.Value)
	}
	s.Strip = chart.Line(readings, most)
	s.Most = "most " + text(s.Highest)
	return s
}

// newChanges draws what is new and fixed. The first snapshot is no change: all that it found is new.
func newChanges(points []control.TrendPoint) (c changes) {
	days := newCalendar(points, changeDays)
	bars := make([]chart.Change, len(days.days))
	var fresh, unknown int64
	var fixed counts.Fixed
	for i, p := range days.days {
		switch {
		case p == nil, p == &points[0] && isFirst(p):
			bars[i] = chart.Change{Absent: true}
		case p.New == nil || p.Fixed == nil:
			unknown++
		default:
			bars[i] = chart.Change{Up: *p.New, Down: p.Fixed.Sum() - p.Fixed.NotAssessed, Lost: p.Fixed.NotAssessed, Known: true}
			fresh += *p.New
			fixed.Add(*p.Fixed)
		}
		if p != nil {
			c.Days = append([]changeRow{rowOf(p, p == &points[0])}, c.Days...)
		}
	}
	c.Balanced, c.Ticks = chart.Balance(bars), days.ticks()
	c.Up, c.Down, c.Lost, c.Unknown = chart.Path(c.Balanced.Up), chart.Path(c.Balanced.Down), chart.Path(c.Balanced.Lost),
		chart.Path(c.Balanced.Unknown)
	c.Legend = changeSums{New: page.Number(fresh), Fixed: page.Number(fixed.Sum()), Highest: page.Number(c.Highest)}
	if fixed.NotAssessed > 0 {
		c.Legend.Lost = page.Number(fixed.NotAssessed)
	}
	if unknown > 0 {
		c.Legend.Unknown = page.Count(unknown, "day", "days")
	}
	return c
}

// isFirst reports whether nothing was before a point.
func isFirst(p *control.TrendPoint) bool {
	return p.New != nil && p.Fixed != nil && p.Findings == *p.New-p.Fixed.Sum()
}

// rowOf is the row of a day in the table of changes.
func rowOf(p *control.TrendPoint, first bool) changeRow {
	row := changeRow{Day: &p.GeneratedTime}
	if p.New == nil || p.Fixed == nil {
		row.Cells = []string{"unknown", "unknown", "", "", "", ""}
		return row
	}
	fresh, f := page.Number(*p.New), p.Fixed
	if first && isFirst(p) {
		fresh += " (first)"
	}
	row.Cells = []string{fresh}
	for _, n := range []int64{f.OnDevice, f.DeviceGone, f.NotAssessed, f.Moved, f.Excepted} {
		row.Cells = append(row.Cells, page.Number(n))
	}
	return row
}

// openRow counts findings that have been open for so long.
type openRow struct {
	Days            string
	Findings, Width int64
}

// openRows are the classes, with bars on one scale.
func openRows(classes []control.OpenFor) (rows []openRow) {
	var values []float64
	for _, o := range classes {
		days := fmt.Sprintf("%d days and more", o.FromDays)
		if o.ToDays != nil {
			days = fmt.Sprintf("%d to %d days", o.FromDays, *o.ToDays)
		}
		rows, values = append(rows, openRow{Days: days, Findings: o.Findings}), append(values, float64(o.Findings))
	}
	for i, width := range chart.Bars(values) {
		rows[i].Width = width
	}
	return rows
}

// remediated says within how long findings were fixed on their devices.
func remediated(r *control.Remediated) string {
	events := page.Count(r.Events, "finding was", "findings were") + fmt.Sprintf(" fixed on the device in %d days", r.Days)
	if r.TooFew || r.Median == nil || r.P90 == nil {
		return events + ": too few to tell how long that takes."
	}
	within := func(days int64) string {
		if days == 0 {
			return "on the day it was found"
		}
		return "within " + page.Count(days, "day", "days")
	}
	return fmt.Sprintf("%s: half of them %s, nine of ten %s.", events, within(*r.Median), within(*r.P90))
}

// phrase is a part of a sentence. A strong one is what got worse, or was not looked at.
type phrase struct {
	Text   string
	Strong bool
}

// sinceYesterday is the sentence about what changed since an earlier snapshot: what got worse first.
func sinceYesterday(t *control.Trends, critical int64) []phrase {
	s := t.SinceYesterday
	if s == nil {
		return []phrase{{Text: "No snapshot is a day older: there is nothing to compare with yet."}}
	}
	from := "Since yesterday"
	if t.GeneratedTime.Sub(s.GeneratedTime) >= 48*time.Hour {
		from = "Since " + page.Instant(s.GeneratedTime)
	}
	var worse, rest []string
	if k := s.KEV; k != nil && k.Up > 0 {
		worse = append(worse, page.Count(k.Up, "more exploited CVE", "more exploited CVEs"))
	}
	if critical > s.Severities.Critical {
		worse = append(worse, page.Count(critical-s.Severities.Critical, "more critical finding", "more critical findings"))
	}
	if k := s.KEV; k != nil && k.Down > 0 {
		rest = append(rest, page.Count(k.Down, "exploited CVE less", "exploited CVEs less"))
	}
	if s.New == nil || s.Fixed == nil {
		rest = append(rest, "what is new and fixed is unknown, because all was made anew between them")
	} else {
		rest = append(rest, page.Count(*s.New, "finding is new", "findings are new"), fixedText(s.Fixed))
	}
	if worse == nil {
		return []phrase{{Text: from + ": " + strings.Join(rest, ", ") + "."}}
	}
	return []phrase{{Text: from + ":"}, {strings.Join(worse, ", "), true}, {Text: "· " + strings.Join(rest, ", ") + "."}}
}

// compared is the part of the line below the title that names the snapshot that numbers are compared with.
func compared(s *control.Since) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" · compared with snapshot %d, %s", s.Number, page.Instant(s.GeneratedTime))
}

// change is how a number changed.
type change struct{ Arrow, Text string }

// changeOf compares a number with what it was.
func changeOf(now, before int64) *change {
	switch {
	case now > before:
		return &change{"▲", "up " + page.Number(now-before)}
	case now < before:
		return &change{"▼", "down " + page.Number(before-now)}
	}
	return &change{"", "unchanged"}
}

// fixedText says how many findings are fixed, and why, if some were not fixed on their devices.
func fixedText(f *counts.Fixed) string {
	text := page.Number(f.Sum()) + " fixed"
	if f.Sum() == f.OnDevice {
		return text
	}
	var reasons []string
	for _, r := range f.Reasons() {
		reasons = append(reasons, page.Number(r.Count)+" "+r.Reason.Text())
	}
	return text + " (" + strings.Join(reasons, ", ") + ")"
}
