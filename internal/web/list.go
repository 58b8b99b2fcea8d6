package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"mime"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// cell is one value of a table, for pages and for CSV.
type cell struct {
	Text string
	Link string
	// Severity is that of a mark before the text.
	Severity string
	// Badges stand behind the text.
	Badges []string
	// Code is set in a font of fixed width, and broken anywhere.
	Code bool
}

// textCell is a value from outside.
func textCell(text string) cell { return cell{Text: plain.Inline(text)} }

// linked is a value that leads somewhere.
func linked(text, to string) cell { return cell{Text: plain.Inline(text), Link: to} }

// numberCell is a number that leads to its list, unless that is empty.
func numberCell(n int64, to string) cell {
	if n == 0 {
		to = ""
	}
	return cell{Text: number(n), Link: to}
}

// column is a column of a list.
type column struct {
	name string
	// sort is the member of the API by which it is sorted; "" if it is not. falling: from high to low at first.
	sort    string
	falling bool
	number  bool
}

// listing is a page of a list: rows have a cell for each column.
type listing struct {
	head control.ListHead
	rows [][]cell
	// note says what the list holds, beside the number of its rows.
	note string
}

// list is a list: its page, and its CSV.
type list struct {
	name, title string
	// one and more are what it has rows of.
	one, more string
	fields    []string
	columns   []column
	ask       func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error)
	// command is that of the command line, call the list of the API.
	command, call string
}

// cells makes the cells of rows.
func cells[T any](rows []T, of func(*T) []cell) [][]cell {
	all := make([][]cell, len(rows))
	for i := range rows {
		all[i] = of(&rows[i])
	}
	return all
}

// listPage is what the page of a list shows.
type listPage struct {
	Heading, Sentence, CSV, CSVText, Command, Call string
	Fields                                         []field
	Chips                                          []chip
	Clear                                          string
	Table                                          tableView
	Kept                                           [][2]string // hidden values of the form
	From, To, Total                                int64
	Previous, Next, First                          string
	Rows                                           int64
	RowLinks                                       []entry
	Newest                                         string
	Assessed                                       assessment
	Nothing                                        bool
}

// tableView is a table as it is shown.
type tableView struct {
	Caption string
	Heads   []head
	Rows    [][]namedCell
}

// head is the head of a column.
type head struct {
	Name, Link, Sorted string
	Number             bool
}

// namedCell is a cell with the name of its column, which phones show beside it.
type namedCell struct {
	cell
	Name   string
	Number bool
}

// show is the page of the list.
func (l *list) show(v *visit) error {
	a, err := readAddress("/"+l.name, v.URL.RawQuery, l.fields)
	if err != nil {
		return err
	}
	wasPinned := a.filter.Snapshot > 0
	ctx, cancel := v.within()
	defer cancel()
	got, err := l.ask(ctx, v.api, &a.filter)
	if err != nil {
		return v.orSetup(err)
	}
	a.pin(got.head.Number)
	p := &listPage{Heading: l.title, Total: got.head.Total, Rows: a.rows, Assessed: assessed(got.head.Coverage),
		Sentence: count(got.head.Total, l.one, l.more) + got.note + ".", CSV: a.at(a.path+".csv", "rows", ""),
		CSVText: "CSV of " + count(got.head.Total, "this row", "these rows"),
		Command: commandOf(l.command, l.fields, a), Call: callOf(l.call, a), Nothing: got.head.Total == 0}
	p.Table = l.table(a, got.rows, l.title)
	p.Fields, p.Chips = fieldsOf(l.fields, a, v), chipsOf(l.fields, a)
	p.Clear = link(a.path, "snapshot", a.values.Get("snapshot"))
	p.page(a, int64(len(got.rows)))
	for _, name := range []string{"sort", "rows", "snapshot"} {
		if value := a.values.Get(name); value != "" {
			p.Kept = append(p.Kept, [2]string{name, value})
		}
	}
	if wasPinned {
		p.Newest = a.with("snapshot", "")
	}
	title := l.title
	if len(p.Chips) > 0 {
		title = number(got.head.Total) + " · " + title
	}
	return v.page("list", &frame{Title: title, Content: p, Line: snapshotLine(got.head.Number, got.head.GeneratedTime,
		p.Assessed.All())})
}

// page sets where the page is in its list, and the links to others.
func (p *listPage) page(a *address, rows int64) {
	p.From, p.To = a.filter.Skip+1, a.filter.Skip+rows
	at := func(n int64) string { return a.with("page", strconv.FormatInt(n, 10)) }
	if a.page > 1 {
		p.First, p.Previous = a.with(), at(a.page-1)
		if a.page == 2 {
			p.Previous = p.First
		}
	}
	if p.To < p.Total && rows > 0 {
		p.Next = at(a.page + 1)
	}
	for _, n := range []int64{50, 100, 200} {
		p.RowLinks = append(p.RowLinks, entry{Name: number(n), Path: a.with("rows", strconv.FormatInt(n, 10)),
			Here: n == a.rows})
	}
}

// table makes the table of some rows.
func (l *list) table(a *address, rows [][]cell, caption string) tableView {
	t := tableView{Caption: caption}
	for _, c := range l.columns {
		t.Heads = append(t.Heads, c.head(a))
	}
	for _, r := range rows {
		var named []namedCell
		for i, c := range l.columns {
			named = append(named, namedCell{r[i], c.name, c.number})
		}
		t.Rows = append(t.Rows, named)
	}
	return t
}

// head is the head of the column, with a link that sorts by it; a is nil where nothing can be sorted.
func (c *column) head(a *address) head {
	h := head{Name: c.name, Number: c.number}
	if c.sort == "" || a == nil {
		return h
	}
	rising, falling := c.sort, "-"+c.sort
	next := rising
	if c.falling {
		next = falling
	}
	switch a.filter.Sort {
	case rising:
		h.Sorted, next = "ascending", falling
	case falling:
		h.Sorted, next = "descending", rising
	}
	h.Link = a.with("sort", next)
	return h
}

// csvPage is how many rows are asked for at once.
const csvPage = 1000

// csv is the CSV of the list: all rows, as the page shows them.
func (l *list) csv(v *visit) error {
	a, err := readAddress("/"+l.name, v.URL.RawQuery, l.fields)
	if err != nil {
		return err
	}
	a.filter.Limit, a.filter.Skip = csvPage, 0
	got, err := l.ask(v.Context(), v.api, &a.filter)
	if err != nil {
		return err
	}
	a.pin(got.head.Number)
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment",
		map[string]string{"filename": fmt.Sprintf("muster-%s-%d.csv", l.name, got.head.Number)}))
	v.w.Note(slog.Int64("rows", got.head.Total))
	out := csv.NewWriter(v.w)
	var names []string
	for _, c := range l.columns {
		names = append(names, c.name)
	}
	if err := out.Write(names); err != nil {
		return err
	}
	for {
		if err := l.write(out, got.rows); err != nil {
			return err
		}
		a.filter.Skip += int64(len(got.rows))
		if len(got.rows) == 0 || a.filter.Skip >= got.head.Total {
			return nil
		}
		if got, err = l.ask(v.Context(), v.api, &a.filter); err != nil {
			return err
		}
	}
}

// write writes rows as CSV.
func (l *list) write(out *csv.Writer, rows [][]cell) error {
	for _, r := range rows {
		var values []string
		for _, c := range r {
			values = append(values, defused(c.plain()))
		}
		if err := out.Write(values); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plain is the value without its form.
func (c cell) plain() string {
	parts := append([]string{c.Text}, c.Badges...)
	return strings.TrimSpace(strings.Join(parts, " "))
}

// defused makes sure that no spreadsheet takes a value for a formula. A dash alone is ours: nothing is known.
func defused(value string) string {
	if plain.BeginsFormula(value) && value != "-" {
		return "'" + value
	}
	return value
}
