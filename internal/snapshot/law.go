package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/muster-project/muster/defender"
)

// Delta checks law 1 between a snapshot and the next: for every dataset and
// group, the rows before, with the delta applied, are exactly the rows after,
// last-seen times aside. It reads the three lists side by side, in constant
// memory.
func (v *Verifier) Delta(ctx context.Context, before, after *Manifest) {
	for _, group := range groupsOf(before, after) {
		for d := range defender.Dataset(defender.DatasetCount) {
			only := func(g int64) bool { return g == group }
			err := v.files.verifyDelta(ctx, d, before.Parts(false, only, d), after.Parts(true, only, d), after.Parts(false, only, d),
				func(err error) {
					v.note(fmt.Errorf("snapshot %d to %d: %s of group %d: %w", before.Number, after.Number, d, group, err))
				})
			if err != nil && ctx.Err() == nil {
				v.note(fmt.Errorf("comparing snapshots %d and %d: %w", before.Number, after.Number, err))
			}
		}
	}
}

func groupsOf(manifests ...*Manifest) []int64 {
	var groups []int64
	for _, m := range manifests {
		for i := range m.Ranges {
			if g := m.Ranges[i].Group; g != HiddenGroup {
				groups = append(groups, g)
			}
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// verifyDelta notes each row for which the three lists disagree; the error is
// that of a list that cannot be read.
func (f *Files) verifyDelta(ctx context.Context, d defender.Dataset, before, delta, after []*Part, note func(error)) error {
	old, closeOld := f.stream(ctx, d, false, before)
	defer closeOld()
	change, closeChange := f.stream(ctx, d, true, delta)
	defer closeChange()
	now, closeNow := f.stream(ctx, d, false, after)
	defer closeNow()
	check := deltaCheck{shape: defender.ShapeOf(d, false)}
	for problems := 0; problems < maxProblems && (!old.ended || !change.ended || !now.ended); {
		key := least(old, change, now)
		if err := check.key(old.at(key), change.at(key), now.at(key)); err != nil {
			note(fmt.Errorf("row %q: %w", key, err))
			problems++
		}
		for _, s := range []*rowStream{old, change, now} {
			if s.at(key) != nil {
				s.next()
			}
		}
	}
	return errors.Join(old.err, change.err, now.err)
}

// deltaCheck judges what the three lists say of one key.
type deltaCheck struct {
	shape *defender.Shape
	buf   []byte
}

// key compares one row before, its delta row and the row after; nil where
// there is none.
func (c *deltaCheck) key(before, change, after *defender.Row) error {
	if change == nil {
		switch {
		case before == nil:
			return errors.New("came without New")
		case after == nil:
			return errors.New("went without Fixed")
		case !defender.EqualButLastSeen(before, after):
			return errors.New("differs without Updated")
		}
		return nil
	}
	status := defender.Status(bytes.Trim(change.Value(defender.FieldStatus), `"`))
	shows := after
	switch {
	case status == defender.Fixed && before != nil && after == nil:
		shows = before
	case status == defender.New && before == nil && after != nil:
	case status == defender.Updated && before != nil && after != nil:
		if defender.EqualButLastSeen(before, after) {
			return errors.New("Updated, but nothing differs")
		}
	default:
		return fmt.Errorf("%s, with %t row before and %t after", status, before != nil, after != nil)
	}
	event, err := defender.ParseTimestamp(string(bytes.Trim(change.Value(defender.FieldEventTimestamp), `"`)))
	if err != nil {
		return err
	}
	c.buf = c.shape.AppendDelta(c.buf[:0], shows, status, event)
	if !bytes.Equal(c.buf, change.Line()) {
		return fmt.Errorf("%s does not show the row's content", status)
	}
	return nil
}

// rowStream gives the rows of a list of parts one by one.
type rowStream struct {
	shape *defender.Shape
	pull  func() ([]byte, error, bool)
	lines []byte
	row   defender.Row
	key   []byte
	ended bool
	err   error
}

// stream begins to read parts. The second result ends it.
func (f *Files) stream(ctx context.Context, d defender.Dataset, delta bool, parts []*Part) (*rowStream, func()) {
	blocks := func(yield func([]byte, error) bool) {
		stop := errors.New("stop")
		err := f.Rows(ctx, parts, Position{}, Position{Part: len(parts)}, func(lines []byte) error {
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
	s := &rowStream{shape: defender.ShapeOf(d, delta), pull: pull}
	s.next()
	return s, end
}

// next moves to the next row; the one before is gone.
func (s *rowStream) next() {
	for len(s.lines) == 0 {
		lines, err, ok := s.pull()
		if s.err = err; err != nil || !ok {
			s.ended = true
			return
		}
		s.lines = lines
	}
	if s.lines, s.err = s.shape.Scan(&s.row, s.lines); s.err != nil {
		s.ended = true
		return
	}
	s.key = appendOrder(s.key[:0], &s.row)
}

// at returns the row if it has that key.
func (s *rowStream) at(key []byte) *defender.Row {
	if s.ended || !bytes.Equal(s.key, key) {
		return nil
	}
	return &s.row
}

// least returns a copy of the smallest key at hand.
func least(streams ...*rowStream) []byte {
	var key []byte
	for _, s := range streams {
		if !s.ended && (key == nil || bytes.Compare(s.key, key) < 0) {
			key = s.key
		}
	}
	return bytes.Clone(key)
}
