package assess

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/row"
)

// Differ compares a device's rows in two snapshots. It reuses memory and must be used by one
// goroutine.
type Differ struct {
	old, new cursor
	last     []byte // the last content of a row, in the present form
}

// Diff writes the changes from the old rows to the new ones into delta, for every dataset: Fixed
// with the last content of a row that is gone, New, and Updated if the value of a field other than a
// last-seen time differs (contract.md, section 8). Old rows may be of an earlier row.Version; delta
// rows are not. Either side may be nil, for no rows. Delta rows are in order of key and have the
// event time.
func (d *Differ) Diff(old, new *Rows, event row.Timestamp, delta *Delta) error {
	delta.Reset()
	if old == nil {
		old = &Rows{}
	}
	if new == nil {
		new = &Rows{}
	}
	for set := range defender.Dataset(defender.DatasetCount) {
		out := &deltaWriter{shape: row.ShapeOf(set, false), event: event, rows: &delta.Rows[set],
			changes: &delta.Changes[set]}
		if err := d.diff(old[set], new[set], out); err != nil {
			return fmt.Errorf("comparing %s: %w", set, err)
		}
	}
	return nil
}

// diff merges two lists in order of key. Most rows have not changed, and equal rows are recognized
// without finding their keys.
func (d *Differ) diff(old, new []byte, out *deltaWriter) error {
	d.old.start("old", out.shape, old)
	d.new.start("new", out.shape, new)
	for !d.old.done() || !d.new.done() {
		if out.shape.SameButLastSeen(d.old.line, d.new.line) {
			d.old.next()
			d.new.next()
			continue
		}
		c, err := d.compare()
		if err == nil {
			err = d.change(c, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change writes the change of the current row, or rows: c is the order of their keys.
func (d *Differ) change(c int, out *deltaWriter) error {
	switch {
	case c < 0:
		if err := d.old.scan(); err != nil {
			return err
		}
		d.last = out.shape.AppendCurrent(d.last[:0], &d.old.row)
		out.add(d.last, defender.Fixed, &out.changes.Fixed)
		d.old.next()
	case c > 0:
		out.add(d.new.line, defender.New, &out.changes.New)
		d.new.next()
	default:
		if err := errors.Join(d.old.scan(), d.new.scan()); err != nil {
			return err
		}
		if !row.EqualButLastSeen(&d.old.row, &d.new.row) {
			out.update(&d.old.row, &d.new.row)
		}
		d.old.next()
		d.new.next()
	}
	return nil
}

// compare compares the keys of the current rows; a list at its end comes last.
func (d *Differ) compare() (int, error) {
	switch {
	case d.old.done():
		return 1, nil
	case d.new.done():
		return -1, nil
	}
	if err := d.old.skim(); err != nil {
		return 0, err
	}
	if err := d.new.skim(); err != nil {
		return 0, err
	}
	return row.CompareKeys(&d.old.row, &d.new.row), nil
}

// cursor reads rows line by line.
type cursor struct {
	name    string // for errors
	shape   *row.Shape
	line    []byte // the current row; empty at the end
	rest    []byte
	row     row.Row
	skimmed bool
}

// rowEnd is the end of every row.
var rowEnd = []byte("}\n")

func (c *cursor) start(name string, shape *row.Shape, rows []byte) {
	c.name, c.shape, c.rest = name, shape, rows
	c.next()
}

func (c *cursor) done() bool { return len(c.line) == 0 }

func (c *cursor) next() {
	c.line, c.rest = row.Line(c.rest)
	c.skimmed = false
}

// skim finds the key of the current row, once.
func (c *cursor) skim() error {
	if c.skimmed {
		return nil
	}
	if !bytes.HasSuffix(c.line, rowEnd) {
		return fmt.Errorf("%s rows: %w: no end", c.name, row.ErrRow)
	}
	if _, err := c.shape.Skim(&c.row, c.line); err != nil {
		return fmt.Errorf("%s rows: %w", c.name, err)
	}
	c.skimmed = true
	return nil
}

// scan finds all values of the current row.
func (c *cursor) scan() error {
	if _, err := c.shape.Scan(&c.row, c.line); err != nil {
		return fmt.Errorf("%s rows: %w", c.name, err)
	}
	return nil
}

// deltaWriter appends delta rows and counts them.
type deltaWriter struct {
	shape   *row.Shape
	event   row.Timestamp
	rows    *[]byte
	changes *counts.Changes
}

func (w *deltaWriter) add(line []byte, status defender.Status, count *int64) {
	*w.rows = w.shape.AppendDeltaLine(*w.rows, line, status, w.event)
	*count++
}

// update adds the update from one row to the next, both of which were scanned.
func (w *deltaWriter) update(before, now *row.Row) {
	*w.rows = w.shape.AppendUpdate(*w.rows, before, now, w.event)
	w.changes.Updated++
}
