package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/web/page"
)

// trendDays is how many days the overview looks back.
const trendDays = 30

// trendView is what changed over time.
type trendView struct {
	// Remediated says within how long findings were fixed.
	Remediated string
	Open       []openRow
	Days       []dayRow // newest first
}

// openRow counts findings that have been open for so long.
type openRow struct {
	Days     string
	Findings int64
}

// dayRow has the counts of a day's last snapshot, and what changed since the one before.
type dayRow struct {
	Day        *time.Time
	Findings   int64
	Severities counts.Severities
	New, Fixed string
}

// newTrendView shows trends.
func newTrendView(t *control.Trends) *trendView {
	v := &trendView{Remediated: remediated(&t.TimeToRemediate)}
	for _, o := range t.OpenFor {
		days := fmt.Sprintf("%d days and more", o.FromDays)
		if o.ToDays != nil {
			days = fmt.Sprintf("%d to %d days", o.FromDays, *o.ToDays)
		}
		v.Open = append(v.Open, openRow{days, o.Findings})
	}
	for i := len(t.Points) - 1; i >= 0; i-- {
		p := &t.Points[i]
		row := dayRow{Day: &p.GeneratedTime, Findings: p.Findings, Severities: p.Severities, New: "unknown", Fixed: "unknown"}
		if p.New != nil && p.Fixed != nil {
			row.New, row.Fixed = page.Number(*p.New), page.Number(p.Fixed.Sum())
		}
		v.Days = append(v.Days, row)
	}
	return v
}

// remediated says within how long findings were fixed on their devices.
func remediated(r *control.Remediated) string {
	events := page.Count(r.Events, "finding was", "findings were") + fmt.Sprintf(" fixed on the device in %d days", r.Days)
	if r.TooFew || r.Median == nil || r.P90 == nil {
		return events + ": too few to tell how long that takes."
	}
	return fmt.Sprintf("%s: half of them within %s, nine of ten within %s.", events, page.Count(*r.Median, "day", "days"),
		page.Count(*r.P90, "day", "days"))
}

// sinceYesterday is the sentence about what changed since an earlier snapshot.
func sinceYesterday(s *control.Since) string {
	if s == nil {
		return "No snapshot is a day older: there is nothing to compare with yet."
	}
	from := fmt.Sprintf("Since snapshot %s, %s: ", page.Number(s.Number), page.Instant(s.GeneratedTime))
	if s.New == nil || s.Fixed == nil {
		return from + "what is new and fixed is unknown, because all was made anew between them."
	}
	text := from + fmt.Sprintf("%s new, %s fixed", page.Count(*s.New, "finding is", "findings are"), page.Number(s.Fixed.Sum()))
	if s.Fixed.Sum() > s.Fixed.OnDevice {
		var reasons []string
		for _, r := range s.Fixed.Reasons() {
			reasons = append(reasons, page.Number(r.Count)+" "+r.Reason)
		}
		text += " (" + strings.Join(reasons, ", ") + ")"
	}
	if k := s.KEV; k != nil && k.Up+k.Down > 0 {
		text += fmt.Sprintf("; of CISA's list %s more and %s fewer", page.Count(k.Up, "CVE", "CVEs"), page.Number(k.Down))
	}
	return text + "."
}
