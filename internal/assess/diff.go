package assess

import (
	"fmt"

	"github.com/muster-project/muster/defender"
)

// Differ compares a device's rows in two snapshots. It reuses memory and is
// for one goroutine.
type Differ struct {
	old, new cursor
}

// Diff puts into delta what turns the old rows into the new ones, for every
// dataset: Fixed with the last content of a row that is gone, New, and Updated
// where any field but last-seen times differs (contract.md, section 8). Either
// side may be nil, for no rows. Delta rows are in order of key and carry the
// event time.
func (d *Differ) Diff(old, new *Rows, event defender.Timestamp, delta *Delta) error {
	delta.Reset()
	if old == nil {
		old = &Rows{}
	}
	if new == nil {
		new = &Rows{}
	}
	for set := range defender.Dataset(defender.DatasetCount) {
		out := &deltaWriter{shape: defender.ShapeOf(set, false), event: event, rows: &delta.Rows[set], changes: &delta.Changes[set]}
		if err := d.diff(old[set], new[set], out); err != nil {
			return fmt.Errorf("comparing %s: %w", set, err)
		}
	}
	return nil
}

// diff merges two lists in order of key.
func (d *Differ) diff(old, new []byte, out *deltaWriter) error {
	d.old.start(out.shape, old)
	d.new.start(out.shape, new)
	for !d.old.done() || !d.new.done() {
		switch c := compare(&d.old, &d.new); {
		case c < 0:
			out.add(&d.old.row, defender.Fixed, &out.changes.Fixed)
			d.old.next()
		case c > 0:
			out.add(&d.new.row, defender.New, &out.changes.New)
			d.new.next()
		default:
			if !defender.EqualButLastSeen(&d.old.row, &d.new.row) {
				out.add(&d.new.row, defender.Updated, &out.changes.Updated)
			}
			d.old.next()
			d.new.next()
		}
	}
	if d.old.err != nil {
		return fmt.Errorf("old rows: %w", d.old.err)
	}
	if d.new.err != nil {
		return fmt.Errorf("new rows: %w", d.new.err)
	}
	return nil
}

// compare compares the rows at hand; a list at its end comes last.
func compare(a, b *cursor) int {
	switch {
	case a.done():
		return 1
	case b.done():
		return -1
	}
	return defender.CompareKeys(&a.row, &b.row)
}

// cursor walks through rows. After an error it is done.
type cursor struct {
	shape *defender.Shape
	row   defender.Row
	rest  []byte
	err   error
	ended bool
}

func (c *cursor) start(shape *defender.Shape, rows []byte) {
	c.shape, c.rest, c.err, c.ended = shape, rows, nil, false
	c.next()
}

func (c *cursor) done() bool { return c.ended }

func (c *cursor) next() {
	if len(c.rest) == 0 {
		c.ended = true
		return
	}
	if c.rest, c.err = c.shape.Scan(&c.row, c.rest); c.err != nil {
		c.ended = true
	}
}

// deltaWriter appends delta rows and counts them.
type deltaWriter struct {
	shape   *defender.Shape
	event   defender.Timestamp
	rows    *[]byte
	changes *Changes
}

func (w *deltaWriter) add(row *defender.Row, status defender.Status, count *int) {
	*w.rows = w.shape.AppendDelta(*w.rows, row, status, w.event)
	*count++
}
