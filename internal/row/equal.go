package row

import (
	"bytes"
	"strconv"

	"github.com/muster-project/muster/defender"
)

// A change of form is no change of a row (contract.md, section 8). So rows of different versions are
// compared by value: a time by what the present form shows of it, a number as a number.

// EqualButLastSeen reports whether two rows of one shape only differ in their last-seen times,
// which are not changes, in form, and in members of files that only one of them has: what a row did not
// name before is no change of it (contract.md, section 8).
func EqualButLastSeen(a, b *Row) bool {
	if a.shape != b.shape || a.shape == nil {
		return a.shape == b.shape
	}
	for i := range a.shape.columns {
		if c := &a.shape.columns[i]; c.Field != a.shape.lastSeen && !c.unchanged(a.at(i), b.at(i)) {
			return false
		}
	}
	return true
}

// unchanged reports whether two values of a column are no change.
func (c *column) unchanged(a, b []byte) bool {
	return sameValue(c.Kind, a, b) || c.FileOnly && (len(a) == 0 || len(b) == 0)
}

// Shows reports whether change, a row of a delta shape, has the content of row, which has the full
// shape of the same dataset, and the event's time.
func Shows(change, row *Row, event Timestamp) bool {
	if change.shape == nil || row.shape == nil {
		return false
	}
	text := change.text(defender.FieldEventTimestamp)
	if len(text) < len(wholeSeconds) || string(text[:len(wholeSeconds)]) != string(event.text[:len(wholeSeconds)]) {
		return false
	}
	for i := range row.shape.columns {
		if !sameValue(row.shape.columns[i].Kind, row.at(i), change.at(i)) {
			return false
		}
	}
	return true
}

// at returns the value in a column; nil for null.
func (r *Row) at(i int) []byte { return r.line[r.spans[i].start:r.spans[i].end] }

// sameValue reports whether two values are the same, whatever their form.
func sameValue(k defender.Kind, a, b []byte) bool {
	if bytes.Equal(a, b) || len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	switch k {
	case defender.KindTime, defender.KindMillis, defender.KindEvent:
		return bytes.Equal(appendCurrent(nil, k, a), appendCurrent(nil, k, b))
	case defender.KindNumber:
		return number(a) == number(b)
	}
	return false
}

// number returns a number's value.
func number(text []byte) float64 {
	f, _ := strconv.ParseFloat(string(text), 64) // Scan has checked it
	return f
}

// AppendCurrent appends a row of any version in the form of the present Version.
func (s *Shape) AppendCurrent(dst []byte, row *Row) []byte {
	for i := range s.columns {
		c := &s.columns[i]
		if value := row.at(i); len(value) > 0 {
			dst = appendCurrent(append(dst, c.fileKey...), c.Kind, value)
		}
	}
	return append(dst, "}\n"...)
}

// appendCurrent appends a value of any version in the form of the present Version.
func appendCurrent(dst []byte, k defender.Kind, value []byte) []byte {
	switch k {
	case defender.KindTime, defender.KindMillis, defender.KindEvent:
		at := timestampOf(value[1 : len(value)-1])
		return append(at.Append(append(dst, '"'), k), '"')
	case defender.KindNumber:
		return appendNumber(dst, number(value))
	}
	return append(dst, value...)
}

// AppendLastSeen appends the row with another last-seen time; unchanged if such rows have none.
func (s *Shape) AppendLastSeen(dst []byte, row *Row, lastSeen Timestamp) []byte {
	if s.lastSeen == noField {
		return append(dst, row.line...)
	}
	column := s.columnOf[s.lastSeen]
	at := row.spans[column]
	dst = append(append(dst, row.line[:at.start]...), '"')
	dst = append(lastSeen.Append(dst, s.columns[column].Kind), '"')
	return append(dst, row.line[at.end:]...)
}
