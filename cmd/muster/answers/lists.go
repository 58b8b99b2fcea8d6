package answers

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/plain"
)

// deviceFlags say which devices a list is about.
type deviceFlags struct {
	Device string `placeholder:"DEVICE" help:"Only the device with this id or whole name."`
	Group  string `placeholder:"GROUP" help:"Only devices of this RBAC group, by name or number."`
	Tag    string `placeholder:"TAG" help:"Only devices with this tag."`
	Q      string `placeholder:"TEXT" help:"Only what has this text in its id, title or names, in any case."`
}

// cveFlags say which CVEs a list is about.
type cveFlags struct {
	CVE       string  `name:"cve" placeholder:"CVE" help:"Only this CVE."`
	Severity  string  `placeholder:"LEVELS" help:"Only these severities: critical, high, medium, low or none, separated by commas."`
	Exploited bool    `help:"Only CVEs with a known exploit."`
	KEV       bool    `name:"kev" help:"Only CVEs that CISA lists as known to be exploited."`
	MinEPSS   float64 `name:"min-epss" placeholder:"SCORE" help:"Only CVEs with this EPSS score or a higher one, from 0 to 1. Needs a feed of kind epss."`
	DueBefore string  `placeholder:"TIME" help:"Only CVEs that CISA wants mended before this day or time, or within this time, such as 2026-12-24 or 168h."`
	Fix       string  `placeholder:"yes|no" enum:",yes,no" default:"" help:"Only findings that an update removes (yes), or others (no)."`
	Software  string  `placeholder:"NAME" help:"Only this software: its name, or vendor/name."`
	Since     string  `placeholder:"TIME" help:"Only CVEs that were published at this day or time or later, or that long ago, such as 2026-11-23 or 72h; of devices: that were seen."`
}

// outputFlags say how a list is printed.
type outputFlags struct {
	JSON  bool `xor:"form" help:"Print JSON: one row a line."`
	CSV   bool `name:"csv" xor:"form" help:"Print CSV: a heading with the names of --json, and one row a line."`
	Limit int  `placeholder:"N" help:"Print the first N rows. Default: 40 for people, all with --json and --csv."`
}

// shownRows is how many rows people are shown.
const shownRows = 40

// listExits ends the help of lists.
const listExits = `

Rows are of the newest snapshot, the highest risk first: what CISA lists as exploited (KEV), then the level of exploit, then EPSS, then CVSS, then the number of devices. All filters must match. A table is as wide as the terminal, or COLUMNS; --csv and --json have everything.

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 filter refused, not allowed, or no snapshot, 6 server not reached, 141 nobody reads the output any more.`

// filter returns the filter of the flags at a time.
func (f *deviceFlags) filter(c *cveFlags, now time.Time) (of control.ListFilter, err error) {
	of = control.ListFilter{Device: f.Device, Group: f.Group, Tag: f.Tag, Text: f.Q}
	if c == nil {
		return of, nil
	}
	of.CVE, of.Severity, of.Software, of.Fix = c.CVE, c.Severity, c.Software, c.Fix
	of.Exploited, of.KEV, of.MinEPSS = c.Exploited, c.KEV, c.MinEPSS
	if of.Since, err = sinceTime(c.Since, now); err != nil {
		return of, err
	}
	of.DueBefore, err = dueTime(c.DueBefore, now)
	return of, err
}

// dueTime reads --due-before: a time of RFC 3339, a day, or how long from now. "" is the zero time.
func dueTime(text string, now time.Time) (time.Time, error) {
	if ahead, err := time.ParseDuration(text); err == nil && ahead > 0 {
		return now.Add(ahead), nil
	}
	if _, err := time.ParseDuration(text); err == nil {
		return time.Time{}, console.Usage("--due-before is %q, must not be in the past", text)
	}
	at, err := sinceTime(text, now)
	if err != nil {
		return at, console.Usage("--due-before is %q, must be a time such as 2026-12-24T10:00:00Z, a day such as 2026-12-24, or a duration such as 168h", text)
	}
	return at, nil
}

// listing is a list for people and as CSV.
type listing[T any] struct {
	// name is that of the API, what names the rows.
	name, what string
	columns    []console.Column
	cells      func(*T) []string
	// fields are the names of values.
	fields []string
	values func(*T) []string
}

// run asks for the list and prints it.
func (l *listing[T]) run(ctx context.Context, k *kong.Context, t *console.Terminal, f *connect.Flags, out outputFlags,
	of *control.ListFilter) error {
	if out.Limit < 0 {
		return console.Usage("--limit is %d, must be a number of rows", out.Limit)
	}
	return f.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		var rows [][]string
		yield := func(row control.Reply[T]) error {
			rows = append(rows, l.cells(&row.Value))
			return nil
		}
		switch {
		case out.JSON:
			yield = func(row control.Reply[T]) error {
				_, err := fmt.Fprintf(t.Out, "%s\n", row.JSON)
				return err
			}
		case out.CSV:
			w := newSheet(t, l.fields)
			defer w.Flush()
			yield = func(row control.Reply[T]) error { return w.row(l.values(&row.Value)) }
			if err := w.row(l.fields); err != nil {
				return err
			}
		case out.Limit == 0:
			out.Limit = shownRows
		}
		head, err := control.EachListed(ctx, s.Session, l.name, of, out.Limit, yield)
		if err != nil {
			return fmt.Errorf("listing %s: %w", l.what, s.Explain(err))
		}
		if out.JSON || out.CSV {
			return nil
		}
		return l.print(t, rows, &head)
	})
}

// print prints the table, how much of the list it is, and how far the devices were assessed.
func (l *listing[T]) print(t *console.Terminal, rows [][]string, head *control.ListHead) error {
	lines := []string{fmt.Sprintf("no %s match", l.what)}
	if len(rows) > 0 {
		if err := t.Fit(l.columns, rows); err != nil {
			return err
		}
		lines = nil
	}
	if more := head.Total - int64(len(rows)); more > 0 {
		lines = append(lines, fmt.Sprintf("%d of %d %s; --limit shows more", len(rows), head.Total, l.what))
	}
	if head.Excepted > 0 {
		lines = append(lines, fmt.Sprintf("hidden by exceptions: %d (muster findings --excepted)", head.Excepted))
	}
	return t.Lines(append(lines, looked(head.Coverage)...))
}

// looked says how far devices were assessed. Of selected devices the software was not counted.
func looked(c *counts.Coverage) []string {
	lines := coverages.Lines(c)
	if len(lines) > 0 && len(c.Software) == 0 {
		lines[0], _, _ = strings.Cut(lines[0], "; ")
	}
	return lines
}

// sheet is CSV (RFC 4180). Texts have no line breaks, so that a row is a line.
type sheet struct {
	*csv.Writer
	width int
}

func newSheet(t *console.Terminal, fields []string) sheet {
	return sheet{csv.NewWriter(t.Out), len(fields)}
}

// row writes one row, which has a value for each field.
func (s sheet) row(values []string) error {
	if len(values) != s.width {
		return fmt.Errorf("a row has %d values for %d fields", len(values), s.width)
	}
	cells := make([]string, len(values))
	for i, text := range values {
		cells[i] = cellOf(plain.Inline(text))
	}
	if err := s.Write(cells); err != nil {
		return err
	}
	s.Flush()
	return s.Error()
}

// cellOf is a value as a cell: an apostrophe stands before what spreadsheets would take for a formula, since names of
// devices and software are from outside, and before an apostrophe, so that one can be taken away again.
func cellOf(text string) string {
	_, err := strconv.ParseFloat(text, 64)
	isNumber := err == nil && strings.Trim(text, "+-.0123456789") == ""
	if !isNumber && (plain.BeginsFormula(text) || strings.HasPrefix(text, "'")) {
		return "'" + text
	}
	return text
}
