package page

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/plain"
)

// Cell is one value of a table, for pages and for CSV.
type Cell struct {
	Text string
	// File is the value in a file, if it is another.
	File string
	// Title is what a pointer that rests on the value shows: more than there is room for.
	Title string
	Link  string
	// Severity is that of a mark before the text.
	Severity string
	// Badges stand behind the text.
	Badges []string
	// Code is set in a font of fixed width, and broken anywhere.
	Code bool
	// carries are the filters of a list that its link keeps beside its own, with the snapshot; nil: it keeps nothing.
	carries []string
}

// TextCell is a value from outside.
func TextCell(text string) Cell { return Cell{Text: plain.Inline(text)} }

// Linked is a value that leads somewhere.
func Linked(text, to string) Cell { return Cell{Text: plain.Inline(text), Link: to} }

// NumberCell is a number that leads to its list, unless that is empty. It counts whatever the page's own list asks of
// CVEs: of its filters only those of devices are kept.
func NumberCell(n int64, to string) Cell {
	if n == 0 {
		to = ""
	}
	return Cell{Text: Number(n), Link: to, carries: []string{"group", "device", "tag"}}
}

// MatchCell is a number of what matches the filters of the list: its list keeps all of them.
func MatchCell(n int64, to string) Cell {
	if n == 0 {
		to = ""
	}
	return Matching(Number(n), to)
}

// Matching is a text that counts what matches the filters of the list.
func Matching(text, to string) Cell {
	return Cell{Text: text, Link: to, carries: []string{"group", "device", "tag", "q", "severity", "kev", "exploited", "fix", "cve",
		"min-epss", "due-before", "since", "software"}}
}

// on returns the cell on a page of a list: its link keeps filters and the snapshot.
func (c Cell) on(a *address) Cell {
	if a == nil || c.Link == "" || c.carries == nil {
		return c
	}
	path, raw, _ := strings.Cut(c.Link, "?")
	values, err := url.ParseQuery(raw)
	if err != nil {
		return c
	}
	for _, name := range c.carries {
		if value := a.values.Get(name); value != "" && !values.Has(name) {
			values.Set(name, value)
		}
	}
	c.Link = Keeping(path+"?"+values.Encode(), a.filter.Snapshot)
	if len(values) == 0 {
		c.Link = Keeping(path, a.filter.Snapshot)
	}
	return c
}

// Column is a column of a list.
type Column struct {
	Name string
	// sort is the member of the API by which it is sorted; "" if it is not. falling: from high to low at first.
	Sort    string
	Falling bool
	Number  bool
	// Whole values are not broken over lines: ids, days.
	Whole bool
	// Brief values are cut with an ellipsis where the table has no more room, and take none from others.
	Brief bool
	// Only says that pages alone have it, since it is a link, or files alone, since a page shows it as a link.
	Only Place
}

// Place is where a column is.
type Place int

const (
	Everywhere Place = iota
	OnPages
	InFiles
)

// Listing is a page of a list: rows have a cell for each column.
type Listing struct {
	Head control.ListHead
	Rows [][]Cell
	// Note says what the list holds, beside the number of its rows.
	Note Cell
	// Lead are sentences above the rows, Summary is a table there.
	Lead    []string
	Summary TableView
	// Nothing says why there are no rows, if it is not that nothing was found.
	Nothing string
}

// List is a list: its page, and its CSV.
type List struct {
	Name, Title string
	// one and more are what it has rows of.
	One, More string
	Fields    []string
	Columns   []Column
	// Ask asks the API. values are those of the address, of which some lists know more than filters; nil for none.
	Ask func(ctx context.Context, s *control.Session, f *control.ListFilter, values url.Values) (Listing, error)
	// command is that of the command line, "" for none; call the list of the API.
	Command, Call string
}

// Cells makes the cells of rows.
func Cells[T any](rows []T, of func(*T) []Cell) [][]Cell {
	all := make([][]Cell, len(rows))
	for i := range rows {
		all[i] = of(&rows[i])
	}
	return all
}

// Routes are those of the list: its page and its CSV.
func (l *List) Routes(p *Site) []edge.Route {
	return []edge.Route{p.Route("/"+l.Name, l.show), p.Route("/"+l.Name+".csv", l.csv)}
}

// listPage is what the page of a list shows.
type listPage struct {
	Heading, Sentence, CSV, CSVText, Command, Call string
	Fields                                         []field
	Chips                                          []chip
	Clear                                          string
	Note                                           Cell
	Lead                                           []string
	Summary, Table                                 TableView
	Why                                            string      // there are no rows
	Kept                                           [][2]string // hidden values of the form
	Orders                                         []choice
	From, To, Total                                int64
	Previous, Next, First                          string
	Rows                                           int64
	RowLinks                                       []Entry
	Assessed                                       Assessment
	AssessedText                                   string
	Nothing                                        bool
}

// TableView is a table as it is shown.
type TableView struct {
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
	Cell
	Name, Class string
}

// Hint is the title of the cell: the whole value, if it may be cut with an ellipsis.
func (c namedCell) Hint() string {
	most := map[byte]int{'w': 30, 'e': 12}
	if c.Title == "" && c.Class != "" && most[c.Class[0]] > 0 && len(c.Text) > most[c.Class[0]] {
		return c.Text
	}
	return c.Title
}

// class is that of the stylesheet for the column's cells.
func (c *Column) class() string {
	switch {
	case c.Number:
		return "n"
	case c.Whole:
		return "w"
	case c.Brief:
		return "e"
	}
	return ""
}

// Whole reports whether the value is not broken over lines.
func (c namedCell) Whole() bool { return strings.HasPrefix(c.Class, "w") }

// roomy is how many letters of a value half the width of a phone holds.
const roomy = 16

// classOf is that of the stylesheet for a cell of the column. Words in a column of numbers may be broken over lines;
// on a phone what is long has a line of its own.
func (c *Column) classOf(cell *Cell) string {
	class := c.class()
	if c.Number && strings.Contains(cell.Text, " ") && !strings.ContainsAny(cell.Text, "0123456789") {
		class += " t"
	}
	if len(cell.Text) > roomy {
		class += " l"
	}
	return strings.TrimSpace(class)
}

// Drop takes a column out.
func (t *TableView) Drop(name string) {
	at := slices.IndexFunc(t.Heads, func(h head) bool { return h.Name == name })
	if at < 0 {
		return
	}
	t.Heads = slices.Delete(t.Heads, at, at+1)
	for i, row := range t.Rows {
		t.Rows[i] = slices.Delete(row, at, at+1)
	}
}

// show is the page of the list.
func (l *List) show(v *Visit) error {
	a, err := ReadAddress("/"+l.Name, v.URL.RawQuery, l.Fields)
	if err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var got Listing
	err = v.Pinned(func(snapshot int64) (int64, error) {
		a.filter.Snapshot = snapshot
		got, err = l.Ask(ctx, v.API, &a.filter, a.values)
		return got.Head.Number, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	a.pin(got.Head.Number)
	p := &listPage{Heading: l.Title, Total: got.Head.Total, Rows: a.rows, Assessed: Assessed(got.Head.Coverage),
		Sentence: Count(got.Head.Total, l.One, l.More), Note: got.Note.on(a), CSV: a.at(a.path+".csv", "rows", ""),
		CSVText: csvText(got.Head.Total),
		Command: commandOf(l.Command, l.Fields, a), Call: callOf(l.Call, a), Nothing: got.Head.Total == 0,
		Lead: got.Lead, Summary: got.Summary, Why: got.Nothing}
	p.AssessedText = Count(p.Assessed.Looked(), "assessed device", "assessed devices")
	p.Table = l.Table(a, got.Rows, l.Title)
	p.Fields, p.Chips = fieldsOf(l.Fields, a, v), chipsOf(l.Fields, a)
	p.Clear = Link(a.path, "snapshot", a.values.Get("snapshot"))
	p.page(a, int64(len(got.Rows)))
	p.Orders = l.orders(a.filter.Sort)
	for _, name := range []string{"rows", "snapshot"} {
		if value := a.values.Get(name); value != "" && !slices.Contains(l.Fields, name) {
			p.Kept = append(p.Kept, [2]string{name, value})
		}
	}
	f := &Frame{Title: l.Title, Content: p,
		Line: SnapshotLine(got.Head.Number, got.Head.GeneratedTime, p.Assessed.All())}
	if len(p.Chips) > 0 {
		f.Prefix = Number(got.Head.Total) + " · "
	}
	return v.Page("list", f)
}

// csvText is what the link to the CSV says.
func csvText(rows int64) string {
	if rows == 1 {
		return "CSV of this row"
	}
	return "CSV of these " + Number(rows) + " rows"
}

// orders are the choices of the form, for phones, which show no heads of columns.
func (l *List) orders(sort string) []choice {
	all := []choice{{"", "usual", sort == ""}}
	for _, c := range l.Columns {
		if c.Sort == "" {
			continue
		}
		usual, other := c.Sort, "-"+c.Sort
		if c.Falling {
			usual, other = other, usual
		}
		all = append(all, choice{usual, c.Name, usual == sort})
		if other == sort {
			all = append(all, choice{other, c.Name + ", reversed", true})
		}
	}
	return all
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
		p.RowLinks = append(p.RowLinks, Entry{Name: Number(n), Path: a.with("rows", strconv.FormatInt(n, 10)),
			Here: n == a.rows})
	}
}

// Table makes the table of some rows.
func (l *List) Table(a *address, rows [][]Cell, caption string) TableView {
	t := TableView{Caption: caption}
	for _, c := range l.Columns {
		if c.Only != InFiles {
			t.Heads = append(t.Heads, c.head(a))
		}
	}
	for _, r := range rows {
		var named []namedCell
		for i, c := range l.Columns {
			if c.Only == InFiles {
				continue
			}
			named = append(named, namedCell{r[i].on(a), c.Name, c.classOf(&r[i])})
		}
		t.Rows = append(t.Rows, named)
	}
	return t
}

// head is the head of the column, with a link that sorts by it; a is nil where nothing can be sorted.
func (c *Column) head(a *address) head {
	h := head{Name: c.Name, Number: c.Number}
	if c.Sort == "" || a == nil {
		return h
	}
	rising, falling := c.Sort, "-"+c.Sort
	next := rising
	if c.Falling {
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

// csvBegin and csvPage are how many rows are asked for at once, at first and then: so the first come soon.
const csvBegin, csvPage = 100, 1000

// csv is the CSV of the list: all rows, as the page shows them. Of a snapshot that is no longer kept it is the page of
// the error: a file says nothing of another snapshot, and whoever reads it later would take it for the one asked for.
func (l *List) csv(v *Visit) error {
	a, err := ReadAddress("/"+l.Name, v.URL.RawQuery, l.Fields)
	if err != nil {
		return err
	}
	a.filter.Limit, a.filter.Skip, a.filter.Snapshot = csvBegin, 0, v.Asked
	got, err := l.Ask(v.Context(), v.API, &a.filter, a.values)
	if err != nil {
		return err
	}
	a.pin(got.Head.Number)
	v.W.Note(slog.Int64("rows", got.Head.Total))
	columns := slices.DeleteFunc(slices.Clone(l.Columns), func(c Column) bool { return c.Only == OnPages })
	out, err := v.CSV(fmt.Sprintf("muster-%s-%d.csv", l.Name, got.Head.Number), columns)
	if err != nil {
		return err
	}
	for {
		if err := WriteCSV(out, l.filed(got.Rows)); err != nil {
			return err
		}
		a.filter.Limit, a.filter.Skip = csvPage, a.filter.Skip+int64(len(got.Rows))
		if len(got.Rows) == 0 || a.filter.Skip >= got.Head.Total {
			return nil
		}
		if got, err = l.Ask(v.Context(), v.API, &a.filter, a.values); err != nil {
			return err
		}
	}
}

// filed are the rows as a file has them: plain values. Numbers have no commas, shares are from 0 to 1, and what is not
// known is empty.
func (l *List) filed(rows [][]Cell) [][]Cell {
	all := make([][]Cell, len(rows))
	for i, r := range rows {
		for n, c := range l.Columns {
			if c.Only == OnPages {
				continue
			}
			one := r[n]
			if one.File != "" || len(one.Badges) == 0 && one.Text == "-" {
				one.Text, one.Badges = one.File, nil
			} else if c.Number {
				one.Text = strings.ReplaceAll(one.Text, ",", "")
			}
			all[i] = append(all[i], one)
		}
	}
	return all
}

// CSV begins a reply that is a file of CSV, with the names of its columns.
func (v *Visit) CSV(file string, columns []Column) (*csv.Writer, error) {
	v.W.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file}))
	out := csv.NewWriter(v.W)
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return out, out.Write(names)
}

// WriteCSV writes rows as CSV. No spreadsheet takes a value for a formula.
func WriteCSV(out *csv.Writer, rows [][]Cell) error {
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
func (c Cell) plain() string {
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

// ShareCell is a share of 0 to 1: in percent on a page, in a file as it is.
func ShareCell(share *float64) Cell {
	c := Cell{Text: Percent(share)}
	if share != nil {
		c.File = strconv.FormatFloat(*share, 'f', -1, 64)
	}
	return c
}
