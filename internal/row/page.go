package row

import (
	"bytes"

	"github.com/muster-project/muster/defender"
)

// AppendPage appends the page form of row, which has shape s: exactly the documented keys, in
// camelCase, with nulls, numbers as encoding/json writes them, and nothing after the brace. Times
// are as the row has them: a pull that began in an earlier version goes on as it began.
func (s *Shape) AppendPage(dst []byte, row *Row) []byte {
	for i := range s.columns {
		if c := &s.columns[i]; !c.FileOnly {
			dst = c.appendPage(dst, row, row.spans[i])
		}
	}
	return append(dst, '}')
}

// AppendChosen is like AppendPage for only some of the keys: those for which chosen is true.
func (s *Shape) AppendChosen(dst []byte, row *Row, chosen map[defender.Field]bool) []byte {
	begin := len(dst)
	for i := range s.columns {
		if c := &s.columns[i]; !c.FileOnly && chosen[c.Field] {
			dst = c.appendPage(dst, row, row.spans[i])
		}
	}
	if len(dst) == begin {
		return append(dst, "{}"...)
	}
	dst[begin] = '{'
	return append(dst, '}')
}

// appendPage appends the column's key and value in page form.
func (c *column) appendPage(dst []byte, row *Row, value span) []byte {
	dst = append(dst, c.pageKey...)
	switch {
	case value.start == 0:
		return append(dst, "null"...)
	case c.Kind == defender.KindEvent:
		return appendRFC3339(dst, row.line[value.start:value.end], c.fraction)
	case c.Kind == defender.KindNumber:
		return append(dst, bytes.TrimSuffix(row.line[value.start:value.end], []byte(wholeNumber))...)
	}
	return append(dst, row.line[value.start:value.end]...)
}

// appendRFC3339 appends the row time value, a string, as 2021-01-11T11:06:08.000Z. A fraction that it
// has, from version 1, is left as it is.
func appendRFC3339(dst, value []byte, fraction string) []byte {
	date, clock, _ := bytes.Cut(value, []byte(" "))
	dst = append(append(dst, date...), 'T')
	dst = append(dst, clock[:len(clock)-1]...)
	if bytes.IndexByte(clock, '.') < 0 {
		dst = append(dst, fraction...)
	}
	return append(dst, `Z"`...)
}
