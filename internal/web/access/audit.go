package access

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

const (
	// auditRows are those of a page.
	auditRows = 50
	// auditCalls is how many pages of the API one page reads at most: each reads up to 16 MiB of the log.
	auditCalls = 16
	// auditLines is how many lines a page chooses among at most, and auditCall how many it asks for at once.
	auditLines = 20_000
	auditCall  = 5000
)

// auditLog has the pages of the audit log.
type auditLog struct{ clock func() time.Time }

// asked is what an address asks of the audit log.
type asked struct {
	supervise.AuditFilter
	values url.Values
	page   int64
}

// outcomes are those of lines.
func outcomes() []string { return []string{"done", "refused", "denied", "failed", "cut", "left"} }

// read reads an address. Without since it is about the last day, without kind about changes.
func (l *auditLog) read(v *page.Visit) (a asked, err error) {
	if err := v.Takes("since", "event", "caller", "outcome", "path", "kind", "page"); err != nil {
		return a, err
	}
	a.values, a.page, a.Limit = url.Values{}, 1, auditCall
	for name, all := range v.URL.Query() {
		if text := strings.TrimSpace(all[len(all)-1]); text != "" {
			a.values.Set(name, text)
		}
	}
	text := a.values.Get
	a.Event, a.Caller, a.Outcome, a.Path = text("event"), text("caller"), text("outcome"), text("path")
	if a.Outcome != "" && !slices.Contains(outcomes(), a.Outcome) {
		return a, edge.Invalid("outcome is %q, must be one of %s", edge.Clip(a.Outcome), strings.Join(outcomes(), ", "))
	}
	switch kind := text("kind"); kind {
	case "", "changes":
		a.Changes = true
	case "all":
	default:
		return a, edge.Invalid("kind is %q, must be changes or all", edge.Clip(kind))
	}
	if n := text("page"); n != "" {
		if a.page, err = strconv.ParseInt(n, 10, 64); err != nil || a.page < 1 || a.page > auditLines {
			return a, edge.Invalid("page is %q, must be a whole number from 1", edge.Clip(n))
		}
	}
	a.Since, err = l.since(text("since"))
	return a, err
}

// since reads a time; a day ago without one.
func (l *auditLog) since(text string) (time.Time, error) {
	if text == "" {
		return l.clock().UTC().Add(-24 * time.Hour).Truncate(time.Second), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, edge.Invalid("since is %q, must be a day such as 2026-11-23, or a time such as 2026-11-23T10:00:00Z", edge.Clip(text))
}

// lines calls yield with the lines of the log, oldest first, until it returns false. more tells whether the log has
// lines that were not read.
func (a asked) lines(ctx context.Context, v *page.Visit, calls int, yield func(line) bool) (more bool, err error) {
	for ; calls > 0; calls-- {
		got, err := page.Ask(ctx, v.API, supervise.ReadAudit(a.AuditFilter))
		if err != nil {
			return false, err
		}
		for _, text := range got.Lines {
			if !yield(readLine(text)) {
				return true, nil
			}
		}
		if a.After = got.Next; !got.More {
			return false, nil
		}
	}
	return true, nil
}

// show is GET /audit: the newest lines first.
func (l *auditLog) show(v *page.Visit) error {
	a, err := l.read(v)
	if err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var all []line
	more, err := a.lines(ctx, v, auditCalls, func(one line) bool {
		all = append(all, one)
		return len(all) < auditLines
	})
	if err != nil {
		return err
	}
	p := &page.Sheet{Fields: a.fields(), Lead: fmt.Sprintf("%s since %s.", page.Count(int64(len(all)), "line", "lines"), page.Instant(a.Since))}
	if more && len(all) > 0 {
		p.Lead = fmt.Sprintf("%s from %s to %s. The log has more lines after that than a page reads: ask for a later time, or for the CSV.",
			page.Count(int64(len(all)), "line", "lines"), page.Instant(a.Since), page.Instant(all[len(all)-1].time))
	} else if more {
		p.Lead = "The log since " + page.Instant(a.Since) + " is longer than a page reads, and nothing in its beginning matches: ask for a later time, or for the CSV."
	}
	p.Actions = []page.Entry{{Name: "CSV, oldest first", Path: a.at("/audit.csv")},
		{Name: "The last hour", Path: a.at("/audit", "since", l.clock().UTC().Add(-time.Hour).Format(time.RFC3339))},
		{Name: "A week", Path: a.at("/audit", "since", l.clock().UTC().Add(-7*24*time.Hour).Format(time.RFC3339))}}
	slices.Reverse(all)
	from := min(int64(len(all)), (a.page-1)*auditRows)
	to := min(int64(len(all)), from+auditRows)
	rows := page.Cells(all[from:to], lineCells)
	for i := range rows {
		rows[i] = rows[i][:len(rows[i])-1] // Who leads to the caller
	}
	shown := auditColumns()[:len(auditColumns())-1]
	lines := page.Part{Title: "Lines, newest first", Empty: "No line matches.", Table: page.Table("Audit log", shown, rows)}
	if a.page > 1 {
		lines.Pager = append(lines.Pager, page.Entry{Name: "First", Path: a.at("/audit")},
			page.Entry{Name: "Newer", Path: a.at("/audit", "page", strconv.FormatInt(a.page-1, 10))})
	}
	if to < int64(len(all)) {
		lines.Pager = append(lines.Pager, page.Entry{Name: "Older", Path: a.at("/audit", "page", strconv.FormatInt(a.page+1, 10))})
	}
	p.Parts = []page.Part{lines}
	return v.Page("sheet", &page.Frame{Title: "Audit log", Content: p})
}

// at is the address with other values; an empty one is left out.
func (a *asked) at(path string, pairs ...string) string {
	values := url.Values{"since": {a.Since.Format(time.RFC3339)}}
	for name := range a.values {
		if name != "page" {
			values.Set(name, a.values.Get(name))
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + values.Encode()
}

// fields are those of the filter.
func (a *asked) fields() []page.Field {
	text := a.values.Get
	choice := func(name string, all ...[2]string) (f []page.Choice) {
		for _, one := range all {
			f = append(f, page.Choice{Value: one[0], Label: one[1], Chosen: one[0] == text(name)})
		}
		return f
	}
	byOutcome := [][2]string{{"", "any"}}
	for _, o := range outcomes() {
		byOutcome = append(byOutcome, [2]string{o, o})
	}
	return []page.Field{{Name: "since", Label: "Since", Value: cmp.Or(text("since"), a.Since.Format(time.RFC3339))},
		{Name: "kind", Label: "Show", Choices: choice("kind", [2]string{"", "changes"}, [2]string{"all", "everything"})},
		{Name: "event", Label: "Event", Value: text("event")}, {Name: "caller", Label: "Caller", Value: text("caller")},
		{Name: "outcome", Label: "Outcome", Choices: choice("outcome", byOutcome...)}, {Name: "path", Label: "Path", Value: text("path")}}
}

// csv is GET /audit.csv: all lines, oldest first.
func (l *auditLog) csv(v *page.Visit) error {
	a, err := l.read(v)
	if err != nil {
		return err
	}
	var out *csv.Writer
	begin := func() error {
		if out != nil {
			return nil
		}
		out, err = v.CSV("muster-audit-"+a.Since.Format("20060102-150405")+".csv", auditColumns())
		return err
	}
	for {
		got, err := page.Ask(v.Context(), v.API, supervise.ReadAudit(a.AuditFilter))
		if err == nil {
			err = begin()
		}
		if err == nil {
			err = page.WriteCSV(out, page.Cells(got.Lines, func(text *control.AuditLine) []page.Cell {
				one := readLine(*text)
				return lineCells(&one)
			}))
		}
		if err != nil || !got.More {
			return err
		}
		a.After = got.Next
	}
}
