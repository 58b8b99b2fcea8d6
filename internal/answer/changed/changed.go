// Package changed reads what changed between two snapshots, from the delta parts of those after the first: the
// newest snapshot first, and of each the rows by group and device. Rows are those of the exports of changes, so a row
// that came and went is two rows.
package changed

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// Changes are the changes of a dataset in some snapshots, for some groups.
type Changes struct {
	files   *snapshot.Files
	dataset defender.Dataset
	steps   []step
}

// step is one snapshot.
type step struct {
	manifest *snapshot.Manifest
	parts    *snapshot.PartList
	rows     int64
}

// Change is a row with the number of its snapshot, and why its finding is Fixed, if it is.
type Change struct {
	*row.Row
	Number int64
	Reason why.Reason
}

// Place is where a change is.
type Place struct {
	step, part int32
	row        int64
}

// Of returns the changes of snapshots, newest first; groups says which a caller may see, nil is all.
func Of(files *snapshot.Files, newestFirst []*snapshot.Manifest, groups func(int64) bool,
	dataset defender.Dataset) (*Changes, error) {
	c := &Changes{files: files, dataset: dataset}
	for _, m := range newestFirst {
		parts, err := m.Parts(true, groups, dataset)
		if err != nil {
			return nil, fmt.Errorf("changes of snapshot %d: %w", m.Number, err)
		}
		c.steps = append(c.steps, step{m, parts, parts.RowsBetween(snapshot.Position{}, parts.End())})
	}
	return c, nil
}

// Total is the number of changes.
func (c *Changes) Total() (n int64) {
	for i := range c.steps {
		n += c.steps[i].rows
	}
	return n
}

// Page returns the places of at most limit changes after the first skip. It reads no rows.
func (c *Changes) Page(skip int64, limit int) (all []Place) {
	for n := range c.steps {
		s := &c.steps[n]
		if skip >= s.rows {
			skip -= s.rows
			continue
		}
		at, _ := s.parts.Advance(snapshot.Position{}, skip)
		for skip = 0; at.Part < s.parts.Len() && len(all) < limit; {
			all = append(all, Place{int32(n), int32(at.Part), at.Row})
			at, _ = s.parts.Advance(at, 1)
		}
	}
	return all
}

// Find returns the places of the changes for which match is true, or ok false if there are more than most.
func (c *Changes) Find(ctx context.Context, most int, match func(Change) bool) (all []Place, ok bool, err error) {
	for n := range c.steps {
		s := &c.steps[n]
		for part := range s.parts.Len() {
			at := int64(0)
			err := c.scan(ctx, s, part, 0, -1, func(r Change) {
				if match(r) {
					all = append(all, Place{int32(n), int32(part), at})
				}
				at++
			})
			if err != nil || len(all) > most {
				return nil, false, err
			}
		}
	}
	return all, true, nil
}

// reasons are those of a part.
func (c *Changes) reasons(s *step, part int) (why.Reasons, error) {
	if c.dataset != defender.Vulnerabilities {
		return why.Reasons{}, nil
	}
	return s.manifest.Why[s.parts.Number(part)].Read()
}

// scan calls visit with the rows of a part from one on, up to another; -1 is the end.
func (c *Changes) scan(ctx context.Context, s *step, part int, from, to int64, visit func(Change)) error {
	shape, at := row.ShapeIn(s.manifest.RowShape, c.dataset, true), from
	one := Change{Row: new(row.Row), Number: s.manifest.Number}
	reasons, err := c.reasons(s, part)
	if err != nil {
		return fmt.Errorf("changes of snapshot %d: range %d: %w: %w", s.manifest.Number, s.parts.Number(part), err,
			snapshot.ErrDamaged)
	}
	end := snapshot.Position{Part: part + 1}
	if to >= 0 {
		end = snapshot.Position{Part: part, Row: to}
	}
	err = c.files.Rows(ctx, s.parts, snapshot.Position{Part: part, Row: from}, end, func(lines []byte) (err error) {
		for len(lines) > 0 && err == nil {
			if lines, err = shape.Scan(one.Row, lines); err == nil {
				if one.Reason = why.Unknown; string(one.Value(defender.FieldStatus)) == fixed {
					one.Reason = reasons.At(at)
				}
				visit(one)
				at++
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("changes of snapshot %d: %w", s.manifest.Number, err)
	}
	return nil
}

// fixed is the status of a row whose finding is gone, as rows have it.
const fixed = `"` + string(defender.Fixed) + `"`

// Read calls yield with the changes at places, which are in order. A row is valid until yield returns.
func (c *Changes) Read(ctx context.Context, places []Place, yield func(Change)) error {
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].step == places[0].step && places[n].part == places[0].part {
			n++
		}
		some, s := places[:n], &c.steps[places[0].step]
		at := some[0].row
		err := c.scan(ctx, s, int(some[0].part), at, some[n-1].row+1, func(r Change) {
			if len(some) > 0 && some[0].row == at {
				yield(r)
				some = some[1:]
			}
			at++
		})
		if err != nil {
			return err
		}
		places = places[n:]
	}
	return nil
}
