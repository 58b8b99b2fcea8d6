package msrc

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// maxLine bounds a line, and a row of several lines, in bytes; the longest real ones have 1,200.
const maxLine = 16 << 10

// list reads the rows of lists, one list after the other, and collects what they say.
type list struct {
	rows *rows

	file string
	// columns are the places of the fields of the open list; nil before the line that names them.
	columns *columns
	// isOther says that the open file is another list.
	isOther bool
	// open is a row that goes on in the next line, since a field has a line break; first is its line.
	open  []byte
	first intel.Line
}

// line reads a line. An error may be of the row before.
func (l *list) line(line *intel.Line) error {
	var err error
	if line.File != l.file {
		err = l.unfinished()
		l.file, l.columns, l.isOther = line.File, nil, false
	}
	if l.isOther {
		return err
	}
	text := line.Text
	if line.Number == 1 {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	switch {
	case len(l.open) > 0 && beginsRow(text):
		err = l.unfinished()
	case len(l.open) > 0:
		return l.goOn(text)
	case len(bytes.TrimSpace(text)) == 0, text[0] == '#':
		return err
	}
	fields, whole := split(string(text))
	switch {
	case l.columns == nil:
		l.columns = columnsOf(fields)
		l.isOther = l.columns == nil
	case !whole:
		l.open, l.first = append(l.open, text...), *line
	default:
		return cmp.Or(err, l.row(line, fields))
	}
	return err
}

// beginsRow reports whether a line begins as rows do, with a day: a row before that is still open lacks its
// end, and must not swallow this one.
func beginsRow(text []byte) bool {
	const day = `"20250909",`
	return len(text) > len(day) && text[0] == '"' && string(text[9:11]) == `",` && bytes.Trim(text[1:9], "0123456789") == nil
}

// goOn adds a line to the row that is open.
func (l *list) goOn(text []byte) error {
	if len(l.open)+len(text) >= maxLine {
		return l.unfinished()
	}
	l.open = append(append(l.open, '\n'), text...)
	fields, whole := split(string(l.open))
	if !whole {
		return nil
	}
	l.open = l.open[:0]
	return l.row(&l.first, fields)
}

// unfinished gives up the row that is open.
func (l *list) unfinished() error {
	if len(l.open) == 0 {
		return nil
	}
	l.open = l.open[:0]
	return l.first.Odd("a quoted field does not end")
}

// split cuts a row into its fields (RFC 4180, section 2); false if it goes on in the next line.
func split(text string) (fields []string, whole bool) {
	for {
		field, rest := text, ""
		more := false
		if strings.HasPrefix(text, `"`) {
			end := closing(text)
			if end < 0 {
				return fields, false
			}
			field, rest = strings.ReplaceAll(text[1:end], `""`, `"`), text[end+1:]
			_, rest, more = strings.Cut(rest, ",")
		} else {
			field, rest, more = strings.Cut(text, ",")
		}
		fields = append(fields, field)
		if text = rest; !more {
			return fields, true
		}
	}
}

// closing returns the place of the quote that ends a field which begins with one; -1 if there is none.
func closing(text string) int {
	for at := 1; ; at += 2 {
		next := strings.IndexByte(text[min(at, len(text)):], '"')
		if next < 0 {
			return -1
		}
		if at += next; at+1 >= len(text) || text[at+1] != '"' {
			return at
		}
	}
}

// columns are the places of fields.
type columns struct{ day, cve, id, title, product, component, severity, supersedes, count int }

// columnsOf reads the row that names the columns; nil if it is one of another list.
func columnsOf(fields []string) *columns {
	at := func(name string) int { return slices.Index(fields, name) }
	c := &columns{day: at("DatePosted"), cve: at("CVE"), id: at("BulletinKB"), title: at("Title"),
		product: at("AffectedProduct"), component: at("AffectedComponent"), severity: at("Severity"), supersedes: at("Supersedes"), count: len(fields)}
	if min(c.day, c.cve, c.id, c.title, c.product, c.component, c.severity, c.supersedes) < 0 {
		return nil
	}
	return c
}

// IsBeginning reports whether a text begins as a list of rows does.
func IsBeginning(text []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n"))
	if len(line) > maxLine {
		return false
	}
	fields, _ := split(strings.TrimRight(string(line), "\r"))
	return columnsOf(fields) != nil
}

// row reads a row.
func (l *list) row(line *intel.Line, fields []string) error {
	c := l.columns
	if len(fields) != c.count {
		return line.Odd("%d fields, want %d", len(fields), c.count)
	}
	product := productOf(fields[c.product])
	switch {
	case isDistribution(product):
		return nil
	case product == "":
		return line.Odd("no product")
	}
	day, err := time.Parse("20060102", fields[c.day])
	if err != nil || day.Year() < 1990 {
		return line.Odd("day %.40q: want one like \"20250909\"", fields[c.day])
	}
	told := statement{product: on(fields[c.component], product, day), id: idOf(fields[c.id]),
		supersedes: idsOf(fields[c.supersedes]), severity: intel.ParseSeverity(fields[c.severity]),
		day: day, changed: day, isListed: true}
	switch name := strings.TrimSpace(fields[c.cve]); {
	case strings.HasPrefix(name, "SP"):
		told.title = strings.TrimSpace(fields[c.title]) // a service pack, of no month
	case name == "":
	case strings.HasPrefix(name, "ADV"):
		told.advisory = name
	default:
		if told.cves = cvesOf(name); len(told.cves) == 0 {
			return line.Odd("CVE %.40q: want the id of a CVE or of an advisory", name)
		}
	}
	if err := l.rows.add(&told); err != nil {
		return fmt.Errorf("reading feed file %q: %w", line.File, err)
	}
	return nil
}

// on returns the product of a row. Until March 2017 rows name Windows as the product, and as the component
// what is installed on it and has updates of its own: "Windows Internet Explorer 8". Later ones name both in
// the product ("Internet Explorer 11 on Windows 7 for x64-based Systems Service Pack 1"), and components are
// parts of it, without numbers ("Windows Kernel").
func on(component, product string, day time.Time) string {
	component = productOf(component)
	bulletins := time.Date(2017, time.April, 1, 0, 0, 0, 0, time.UTC)
	if !day.Before(bulletins) || component == product || !strings.ContainsAny(component, "0123456789") ||
		!strings.HasPrefix(strings.TrimPrefix(product, "Microsoft "), "Windows") || strings.Contains(product, " on ") {
		return product
	}
	return component + " on " + product
}
