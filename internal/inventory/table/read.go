package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// The limits of a table. Titles lie above the names of the columns.
const (
	MaxRows    = 200_000
	maxColumns = 256
	maxTitles  = 50
	maxCell    = 8 << 10
)

// separators are those of columns.
const separators = ",;\t"

// Find returns the separator of the table that a text begins with, by the line that names its columns; 0 if
// there is none.
func Find(text string) (separator rune) {
	number := 0
	for line := range strings.Lines(text) {
		if number++; number > maxTitles {
			break
		}
		for _, s := range separators {
			if strings.ContainsRune(line, s) && Names(split(line, s)) {
				return s
			}
		}
	}
	return 0
}

// split returns the values of a line; nil if it is not a whole record.
func split(line string, separator rune) []string {
	in := csv.NewReader(strings.NewReader(line))
	in.Comma = separator
	values, err := in.Read()
	if err != nil || len(values) > maxColumns {
		return nil
	}
	return values
}

// columns are those of a table that are read.
type columns struct {
	number int
	// at has the columns of each role, the one that counts most first.
	at [roles][]int
}

func readColumns(line int, names []string) (*columns, error) {
	c := &columns{number: len(names)}
	var ranks [roles][]int
	for i, name := range names {
		role, rank, ok := RoleOf(name)
		if !ok {
			continue
		}
		before, found := slices.BinarySearch(ranks[role], rank)
		if found {
			return nil, invalid(line, "two columns are called %q: give each a name of its own", parse.Clip(name, 64))
		}
		ranks[role] = slices.Insert(ranks[role], before, rank)
		c.at[role] = slices.Insert(c.at[role], before, i)
	}
	return c, nil
}

// row returns the values of a record. What SQL Server Management Studio writes for no value is none.
func (c *columns) row(record []string) (r Row) {
	for role, at := range c.at {
		for _, i := range at {
			if value := strings.TrimSpace(record[i]); value != "" && value != "NULL" {
				r[role] = value
				break
			}
		}
	}
	return r
}

// Read reads a table, or several with an empty line between them, as reports have, and calls each for each row
// of those whose columns are known. Text that is not UTF-8 is in Windows' Western code page. Values are quoted
// as RFC 4180 says.
func Read(text []byte, each func(line int, r *Row) error) error {
	if !utf8.Valid(text) {
		text = parse.Western(text)
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = Find(string(text[:min(len(text), 64<<10)])), -1, true
	if in.Comma == 0 {
		return parse.Invalid("", "no line has names of columns that are read")
	}
	t := &reading{in: in, each: each}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = t.take(record)
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return invalid(broken.Line, "%v: a value with a quote or a separator has to stand in quotes, and a quote in it twice",
				broken.Err)
		}
		if err != nil {
			return err
		}
	}
}

// invalid says what is wrong on a line.
func invalid(line int, format string, args ...any) error {
	err := parse.Invalid("", format, args...)
	err.Line = line
	return err
}

// reading is a text that is read.
type reading struct {
	in   *csv.Reader
	each func(line int, r *Row) error
	// table is the one that is read; nil above and between tables.
	table *columns
	// end is the line on which the last record ended.
	end, rows int
}

// take takes a record.
func (t *reading) take(record []string) error {
	line, _ := t.in.FieldPos(0)
	last, _ := t.in.FieldPos(len(record) - 1)
	isApart := line > t.end+1
	t.end = last + strings.Count(record[len(record)-1], "\n")
	if t.rows++; t.rows > MaxRows {
		return &parse.FieldError{Problem: fmt.Sprintf("the table has more than %d rows: send fewer devices at a time",
			MaxRows), Err: parse.ErrTooLarge}
	}
	if len(record) > maxColumns {
		return invalid(line, "has %d columns, at most %d are allowed", len(record), maxColumns)
	}
	if isApart {
		t.table = nil
	}
	if Names(record) {
		var err error
		t.table, err = readColumns(line, record)
		return err
	}
	if t.table == nil || isRule(record) {
		return nil
	}
	if len(record) != t.table.number {
		return invalid(line, "has %d values, and the table has %d columns: a value with a separator has to stand in quotes "+
			"(SQL Server Management Studio: Options, Query Results, \"Quote strings containing list separators\")",
			len(record), t.table.number)
	}
	for _, value := range record {
		if len(value) > maxCell {
			return invalid(line, "has a value of %d bytes, at most %d are allowed", len(value), maxCell)
		}
	}
	r := t.table.row(record)
	return t.each(line, &r)
}

// isRule reports whether a record is the line that sqlcmd draws below the names of columns.
func isRule(record []string) bool {
	return !slices.ContainsFunc(record, func(value string) bool { return strings.Trim(value, "-") != "" || value == "" })
}
