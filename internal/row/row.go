package row

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/muster-project/muster/defender"
)

// MaxRow is the size in bytes of the largest row that Scan reads, including its newline.
const MaxRow = 16 << 20

// ErrRow is wrapped by every error about a row that does not have the written form.
var ErrRow = errors.New("malformed row")

// Row is one file row with the offsets of its values. The zero Row is empty; Scan fills it and may
// be called repeatedly. It refers to the scanned bytes and makes no copy.
type Row struct {
	shape *Shape
	line  []byte
	spans [maxColumns + 1]span // by column; the last is for no field
}

// span is the place of a value in the line; 0 for an absent one.
type span struct{ start, end uint32 }

// Scan reads the row at the beginning of lines, including its newline, and returns the rest. It
// accepts exactly what the Append functions write, or wrote in an earlier Version: keys in order,
// values as they encode them, absent only if a field may be null or is only in files. Errors wrap
// ErrRow and say what is wrong at which offset; the row is then empty.
func (s *Shape) Scan(row *Row, lines []byte) (rest []byte, err error) {
	*row = Row{}
	at, want, ok := s.locate(&row.spans, lines[:min(len(lines), MaxRow)])
	if !ok {
		*row = Row{}
		return nil, rowError(lines, at, want)
	}
	row.shape, row.line = s, lines[:at:at]
	return lines[at:], nil
}

// locate finds the values of the row at the beginning of line. It returns the row's length, or the
// offset of a fault and what was expected there.
func (s *Shape) locate(spans *[maxColumns + 1]span, line []byte) (at int, want string, ok bool) {
	for i := range s.columns {
		c := &s.columns[i]
		start := at + len(c.fileKey)
		if start > len(line) || string(line[at:start]) != c.fileKey {
			if c.always {
				return at, c.fileKey, false
			}
			continue
		}
		end, ok := valueEnd(c.Kind, line, start)
		if !ok {
			return end, c.Field.String() + " to be " + c.Kind.String(), false
		}
		spans[i] = span{uint32(start), uint32(end)}
		at = end
	}
	if at+2 > len(line) || string(line[at:at+2]) != "}\n" {
		return at, "the end of the row", false
	}
	return at + 2, "", true
}

// rowError returns the error for a fault at an offset of lines: what was expected and what was
// found.
func rowError(lines []byte, at int, want string) error {
	const excerpt = 40
	if len(lines) > MaxRow && bytes.IndexByte(lines[:MaxRow], '\n') < 0 {
		return fmt.Errorf("%w: longer than %d bytes", ErrRow, MaxRow)
	}
	if at >= len(lines) {
		return fmt.Errorf("%w: want %s at offset %d, found the end", ErrRow, want, at)
	}
	return fmt.Errorf("%w: want %s at offset %d, found %q", ErrRow, want, at, lines[at:min(len(lines), at+excerpt)])
}

// Line returns the row as it was scanned, including its newline.
func (r *Row) Line() []byte { return r.line }

// Value returns the value of field f as JSON; nil if it is null, or if the row has no such field.
func (r *Row) Value(f defender.Field) []byte {
	if r.shape == nil {
		return nil
	}
	s := r.spans[r.shape.columnOf[f]]
	if s.start == 0 {
		return nil
	}
	return r.line[s.start:s.end:s.end]
}

// text returns the text between the quotes of a string; nil if the value is null.
func (r *Row) text(f defender.Field) []byte {
	value := r.Value(f)
	if value == nil {
		return nil
	}
	return value[1 : len(value)-1]
}

// FirstSeen returns when the row's software or vulnerability was first seen; false if such rows
// have no such time.
func (r *Row) FirstSeen() (Timestamp, bool) {
	if r.shape == nil || r.shape.firstSeen == noField {
		return Timestamp{}, false
	}
	return timestampOf(r.text(r.shape.firstSeen)), true
}

// LastSeen returns when the row was last confirmed; false if such rows have no such time.
func (r *Row) LastSeen() (Timestamp, bool) {
	if r.shape == nil || r.shape.lastSeen == noField {
		return Timestamp{}, false
	}
	return timestampOf(r.text(r.shape.lastSeen)), true
}
