package answers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Trends is `muster trends`.
type Trends struct {
	Days  int64  `default:"30" placeholder:"N" help:"Days up to that of the newest snapshot, 400 at most. Default: ${default}."`
	By    string `enum:"day,snapshot" default:"day" placeholder:"day|snapshot" help:"A row for each day, or for each snapshot. Default: ${default}."`
	Group string `placeholder:"GROUP" help:"Only devices of this RBAC group, by name or number."`
	JSON  bool   `name:"json" help:"Print the reply of the API as JSON."`
	connect.Flags
}

// Help is the long part of the command's help.
func (Trends) Help() string {
	return `Shows how findings and devices develop: the counts of the last snapshot of each UTC day, what was new and fixed in that day, and below what changed since yesterday within how many days findings were fixed, and how long those that are left have been open. Findings before, and new ones, less fixed ones, are the findings. Fixed counts also findings whose device is gone, moved, or no longer assessed; on device those that somebody mended. A dash is a count that is not known, as after a rebuild. Counts are kept for 400 days, for longer than snapshots.

Examples:

    muster trends --server http://127.0.0.1:8800
    muster trends --days 400 --group Web
    muster trends --by snapshot --days 2 --json

Exit statuses: 0 shown, 1 failed, 2 wrong usage, 3 data folder in use, 5 not allowed, no such group, or no snapshot, 6 server not reached, 141 nobody reads the output any more.`
}

// Run shows trends.
func (c *Trends) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := control.Do(ctx, s.Session, control.AskTrends(c.Days, c.By, c.Group))
		if err != nil {
			return fmt.Errorf("asking for trends: %w", s.Explain(err))
		}
		if c.JSON {
			_, err := fmt.Fprintf(t.Out, "%s\n", reply.JSON)
			return err
		}
		return c.print(t, &reply.Value)
	})
}

func (c *Trends) print(t *console.Terminal, all *control.Trends) error {
	var rows [][]string
	for i := range all.Points {
		rows = append(rows, c.cells(&all.Points[i]))
	}
	if len(rows) > 0 {
		if err := t.Fit([]console.Column{{Name: c.By}, {Name: "findings", Right: true}, {Name: "critical", Right: true},
			{Name: "high", Right: true, Rank: 3}, {Name: "exploited", Right: true, Rank: 1}, {Name: "kev", Right: true},
			{Name: "new", Right: true}, {Name: "fixed", Right: true}, {Name: "on device", Right: true, Rank: 2},
			{Name: "devices", Right: true}, {Name: "not assessed", Right: true, Rank: 4},
			{Name: "silent", Right: true, Rank: 5}, {Name: "compliance", Right: true, Rank: 6}}, rows); err != nil {
			return err
		}
	}
	lines := append(sinceLines(all.SinceYesterday), remediatedLine(&all.TimeToRemediate))
	if len(all.OpenFor) > 0 {
		lines = append(lines, openLine(all.OpenFor))
	}
	return t.Lines(lines)
}

// cells are those of a point, of which a day is told, or a time.
func (c *Trends) cells(p *control.TrendPoint) []string {
	when := p.GeneratedTime.UTC().Format(time.DateOnly)
	if c.By == "snapshot" {
		when = fmt.Sprintf("%d, %s", p.Number, console.Instant(p.GeneratedTime))
	}
	cells := []string{when, number(p.Findings), number(p.Severities.Critical), number(p.Severities.High),
		maybe(p.Exploited), maybe(p.KEV), maybe(p.New), "-", "-", number(p.Devices), "-", maybe(p.Silent), "-"}
	if p.Fixed != nil {
		cells[7], cells[8] = number(p.Fixed.Sum()), number(p.Fixed.OnDevice)
	}
	if p.Coverage != nil {
		cells[10] = number(p.Coverage.NotAssessed)
	}
	if p.Score != nil {
		cells[12] = strconv.FormatFloat(*p.Score, 'f', 1, 64)
	}
	return cells
}

// maybe is a number; a dash if it is not known.
func maybe(n *int64) string {
	if n == nil {
		return "-"
	}
	return number(*n)
}

// sinceLines say what changed since yesterday.
func sinceLines(s *control.Since) []string {
	if s == nil {
		return []string{"since yesterday: no snapshot to compare with"}
	}
	text := fmt.Sprintf("since snapshot %d, %s: ", s.Number, console.Instant(s.GeneratedTime))
	if s.New == nil {
		text += "what is new and fixed is not known"
	} else {
		text += fmt.Sprintf("%d new, %s", *s.New, fixedOf(s.Fixed))
	}
	lines := []string{text}
	if s.KEV != nil {
		lines = append(lines, fmt.Sprintf("exploited CVEs (KEV): %d, %d more, %d fewer", s.KEV.Now, s.KEV.Up, s.KEV.Down))
	}
	return lines
}

// fixedOf says how many are fixed, by the reason.
func fixedOf(f *counts.Fixed) string {
	text := fmt.Sprintf("%d fixed", f.Sum())
	separator := ": "
	for _, r := range f.Reasons() {
		text, separator = fmt.Sprintf("%s%s%d %s", text, separator, r.Count, r.Reason.Text()), ", "
	}
	return text
}

// openLine says how long findings have been open.
func openLine(all []control.OpenFor) string {
	text, separator := "open for days: ", ""
	for _, c := range all {
		days := fmt.Sprintf("%d and more", c.FromDays)
		if c.ToDays != nil {
			days = fmt.Sprintf("%d to %d", c.FromDays, *c.ToDays)
		}
		text, separator = fmt.Sprintf("%s%s%s: %d", text, separator, days, c.Findings), ", "
	}
	return text
}

func remediatedLine(r *control.Remediated) string {
	if r.TooFew {
		return fmt.Sprintf("fixed on the device in %d days: %d findings, too few for a time to remediate", r.Days, r.Events)
	}
	return fmt.Sprintf("fixed on the device in %d days: %d findings, half of them within %d days, nine of ten within %d",
		r.Days, r.Events, *r.Median, *r.P90)
}
