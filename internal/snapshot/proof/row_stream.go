package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// Pace is called before bytes are read, with their number, and may wait; its error ends the work.
type Pace func(ctx context.Context, bytes int64) error

// rowStream gives the rows of a list of parts one by one.
type rowStream struct {
	shape *row.Shape
	pull  func() ([]byte, error, bool)
	close func()
	lines []byte
	head  row.Row
	key   []byte
	ended bool
	err   error
}

// stream begins to read parts.
func stream(ctx context.Context, f *snapshot.Files, d defender.Dataset, delta bool,
	list *snapshot.PartList, pace Pace) *rowStream {
	blocks := func(yield func([]byte, error) bool) {
		stop := errors.New("stop")
		err := f.Rows(ctx, list, snapshot.Position{}, list.End(), func(lines []byte) error {
			if err := pace(ctx, int64(len(lines))); err != nil {
				return err
			}
			if !yield(lines, nil) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield(nil, err)
		}
	}
	pull, end := iter.Pull2(blocks)
	s := &rowStream{shape: row.ShapeOf(d, delta), pull: pull, close: end}
	s.next()
	return s
}

// next moves to the next row; the previous row becomes invalid.
func (s *rowStream) next() {
	for len(s.lines) == 0 {
		lines, err, ok := s.pull()
		if s.err = err; err != nil || !ok {
			s.ended = true
			return
		}
		s.lines = lines
	}
	if s.lines, s.err = s.shape.Scan(&s.head, s.lines); s.err != nil {
		s.ended = true
		return
	}
	s.key = appendOrder(s.key[:0], &s.head)
}

// row returns the current row if it has that key.
func (s *rowStream) row(key []byte) *row.Row {
	if s.ended || !bytes.Equal(s.key, key) {
		return nil
	}
	return &s.head
}

// device returns the device of the current row.
func (s *rowStream) device() string {
	return string(bytes.Trim(s.head.Value(defender.FieldDeviceID), `"`))
}

// atDevice reports whether the current row belongs to a device.
func (s *rowStream) atDevice(device string) bool { return s != nil && !s.ended && s.device() == device }

// unpaced reads as fast as it can.
func unpaced(context.Context, int64) error { return nil }

// rowOrder checks that lines are rows in strictly increasing order of device and key.
type rowOrder struct {
	shape     *row.Shape
	row       row.Row
	last, key []byte
	rows      int64
}

func (o *rowOrder) check(lines []byte) error {
	for len(lines) > 0 {
		rest, err := o.shape.Scan(&o.row, lines)
		if err != nil {
			return fmt.Errorf("row %d: %w", o.rows, err)
		}
		o.key = appendOrder(o.key[:0], &o.row)
		if o.rows > 0 && bytes.Compare(o.key, o.last) <= 0 {
			return fmt.Errorf("row %d: %q does not come after %q", o.rows, o.key, o.last)
		}
		o.last, o.key = o.key, o.last
		o.rows++
		lines = rest
	}
	return nil
}

// appendOrder appends the sort key of rows in one group: device and key.
func appendOrder(dst []byte, row *row.Row) []byte {
	dst = append(dst, row.Value(defender.FieldDeviceID)...)
	return row.AppendKey(dst)
}
