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
		c := &s.columns[i]
		if c.FileOnly {
			continue
		}
		dst = append(dst, c.pageKey...)
		value := row.spans[i]
		switch {
		case value.start == 0:
			dst = append(dst, "null"...)
		case c.Kind == defender.KindEvent:
			dst = appendRFC3339(dst, row.line[value.start:value.end])
		case c.Kind == defender.KindNumber:
			dst = append(dst, bytes.TrimSuffix(row.line[value.start:value.end], []byte(wholeNumber))...)
		default:
			dst = append(dst, row.line[value.start:value.end]...)
		}
	}
	return append(dst, '}')
}

// appendRFC3339 appends the row time value, a string, as 2021-01-11T11:06:08Z.
func appendRFC3339(dst, value []byte) []byte {
	date, clock, _ := bytes.Cut(value, []byte(" "))
	dst = append(append(dst, date...), 'T')
	dst = append(dst, clock[:len(clock)-1]...)
	return append(dst, `Z"`...)
}
