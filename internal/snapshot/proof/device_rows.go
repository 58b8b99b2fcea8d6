package proof

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// deviceRows gives the rows of one dataset device by device, in the present form: those of a list of
// parts, with changes applied if there are any. A nil one has no rows.
type deviceRows struct {
	before, change *rowStream
	hi             string // end of the range's rows; empty: none
	content        []byte // of the last change
	row            row.Row
}

// shape returns the shape of the rows.
func (l *deviceRows) shape() *row.Shape { return row.ShapeOf(l.change.shape.Dataset(), false) }

// next returns the device of the next row; empty at the end.
func (l *deviceRows) next() string {
	if l == nil {
		return ""
	}
	first := ""
	if l.before != nil && !l.before.ended {
		first = l.before.device()
	}
	if l.change != nil && !l.change.ended {
		if id := l.change.device(); first == "" || id < first {
			first = id
		}
	}
	if l.hi != "" && first >= l.hi {
		return ""
	}
	return first
}

// of appends the rows of a device.
func (l *deviceRows) of(device string, dst []byte) ([]byte, error) {
	for l != nil && l.next() == device {
		before, change := l.before.atDevice(device), l.change.atDevice(device)
		order := -1
		switch {
		case before && change:
			order = bytes.Compare(l.before.key, l.change.key)
		case change:
			order = 1
		}
		if order < 0 {
			dst = l.before.shape.AppendCurrent(dst, &l.before.head)
			l.before.next()
			continue
		}
		status := defender.Status(bytes.Trim(l.change.head.Value(defender.FieldStatus), `"`))
		if (status == defender.New) != (order > 0) {
			return dst, fmt.Errorf("%s of row %q, but the row exists: %t: %w", status, l.change.key,
				order == 0, snapshot.ErrLost)
		}
		if status != defender.Fixed {
			l.content = row.AppendContent(l.content[:0], l.change.head.Line())
			if _, err := l.shape().Scan(&l.row, l.content); err != nil {
				return dst, err
			}
			dst = l.shape().AppendCurrent(dst, &l.row)
		}
		l.change.next()
		if order == 0 {
			l.before.next()
		}
	}
	return dst, l.err()
}

func (l *deviceRows) err() error {
	var all []error
	if l != nil {
		for _, s := range []*rowStream{l.before, l.change} {
			if s != nil {
				all = append(all, s.err)
			}
		}
	}
	return errors.Join(all...)
}

func (l *deviceRows) close() {
	if l == nil {
		return
	}
	for _, s := range []*rowStream{l.before, l.change} {
		if s != nil {
			s.close()
		}
	}
}
