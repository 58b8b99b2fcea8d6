package row

import (
	"bytes"

	"github.com/muster-project/muster/defender"
)

// AppendDelta appends the file row for a change of row, which has shape s, in the generation that
// began at event. It is a row of the delta shape of the same dataset.
func (s *Shape) AppendDelta(dst []byte, row *Row, status defender.Status, event Timestamp) []byte {
	return s.AppendDeltaLine(dst, row.line, status, event)
}

// AppendDeltaLine is AppendDelta for a row that need not be scanned.
func (s *Shape) AppendDeltaLine(dst, line []byte, status defender.Status, event Timestamp) []byte {
	end := len(line) - len("}\n")
	if end < 0 {
		return dst
	}
	dst = append(dst, line[:end]...)
	dst = append(dst, `,"Status":"`...)
	dst = append(dst, status...)
	dst = append(dst, `","EventTimestamp":"`...)
	dst = event.Append(dst, defender.KindEvent)
	return append(dst, "\"}\n"...)
}

// AppendUpdate appends the file row for an update from one row to the next, both of shape s. If it
// changed whether a configuration is compliant, it says what was true before.
func (s *Shape) AppendUpdate(dst []byte, before, now *Row, event Timestamp) []byte {
	dst = s.AppendDelta(dst, now, defender.Updated, event)
	was := before.Value(defender.FieldIsCompliant)
	if bytes.Equal(was, now.Value(defender.FieldIsCompliant)) {
		return dst
	}
	dst = append(appendKey(dst[:len(dst)-len("}\n")], defender.FieldPreviousIsCompliant), was...)
	return append(dst, "}\n"...)
}

// AppendContent appends the file row shown in a row of the delta shape: it is the inverse of
// AppendDeltaLine.
func AppendContent(dst, delta []byte) []byte {
	end := bytes.LastIndex(delta, []byte(`,"Status":"`)) // inside a value it would have backslashes
	if end < 0 {
		return dst
	}
	return append(append(dst, delta[:end]...), "}\n"...)
}
