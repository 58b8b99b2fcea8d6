package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// Delta checks law 1 between a snapshot and the next: for every dataset and group, the rows before
// with the delta applied are exactly the rows after, except for last-seen times. Rows are compared by
// value: those of different versions differ in form. It reads the three lists side by side, in
// constant memory.
func (v *Verifier) Delta(ctx context.Context, before, after *snapshot.Manifest) {
	for _, group := range groupsOf(before, after) {
		for d := range defender.Dataset(defender.DatasetCount) {
			only := func(g int64) bool { return g == group }
			check := deltaCheck{
				event: row.NewTimestamp(after.Begun),
				note: func(err error) {
					v.note(fmt.Errorf("snapshot %d to %d: %s of group %d: %w", before.Number, after.Number, d, group, err))
				},
			}
			err := v.compare(ctx, &check, d, before, after, only)
			if err != nil && ctx.Err() == nil {
				v.note(fmt.Errorf("comparing snapshots %d and %d: %w", before.Number, after.Number, err))
			}
		}
	}
}

// compare compares one dataset of two snapshots.
func (v *Verifier) compare(ctx context.Context, check *deltaCheck, d defender.Dataset,
	before, after *snapshot.Manifest, only func(int64) bool) error {
	old, oldErr := before.Parts(false, only, d)
	change, changeErr := after.Parts(true, only, d)
	now, nowErr := after.Parts(false, only, d)
	if err := errors.Join(oldErr, changeErr, nowErr); err != nil {
		return err
	}
	return check.lists(stream(ctx, v.files, d, false, old, v.pace), stream(ctx, v.files, d, true, change, v.pace),
		stream(ctx, v.files, d, false, now, v.pace))
}

func groupsOf(manifests ...*snapshot.Manifest) []int64 {
	var groups []int64
	for _, m := range manifests {
		for i := range m.Ranges {
			if g := m.Ranges[i].Group; g != rbac.HiddenGroup {
				groups = append(groups, g)
			}
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// deltaCheck checks three lists key by key: the rows before, the delta rows and the rows after.
type deltaCheck struct {
	event row.Timestamp
	note  func(error)
	at    []byte // the key
}

// lists reads the three lists side by side, notes each key for which they disagree, and closes
// them. It stops with an error if a list cannot be read.
func (c *deltaCheck) lists(before, change, after *rowStream) error {
	streams := []*rowStream{before, change, after}
	for problems := 0; problems < maxProblems && c.next(streams); {
		if err := c.key(before.row(c.at), change.row(c.at), after.row(c.at)); err != nil {
			c.note(fmt.Errorf("row %q: %w", c.at, err))
			problems++
		}
		for _, s := range streams {
			if s.row(c.at) != nil {
				s.next()
			}
		}
	}
	for _, s := range streams {
		s.close()
	}
	return errors.Join(before.err, change.err, after.err)
}

// next finds the smallest next key; false at the end of all lists, or if one cannot be read.
func (c *deltaCheck) next(streams []*rowStream) bool {
	var least *rowStream
	for _, s := range streams {
		if s.err != nil {
			return false
		}
		if !s.ended && (least == nil || bytes.Compare(s.key, least.key) < 0) {
			least = s
		}
	}
	if least == nil {
		return false
	}
	c.at = append(c.at[:0], least.key...)
	return true
}

// key compares one row before, its delta row and the row after; nil for a missing row.
func (c *deltaCheck) key(before, change, after *row.Row) error {
	if change == nil {
		switch {
		case before == nil:
			return errors.New("appeared without New")
		case after == nil:
			return errors.New("disappeared without Fixed")
		case !row.EqualButLastSeen(before, after):
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
		if row.EqualButLastSeen(before, after) {
			return fmt.Errorf("%s, but nothing differs", status)
		}
	default:
		return fmt.Errorf("%s, but a row before: %t, after: %t", status, before != nil, after != nil)
	}
	if !row.Shows(change, shows, c.event) {
		return fmt.Errorf("%s does not have the row's content and the time of the event", status)
	}
	if was := change.Value(defender.FieldPreviousIsCompliant); was != nil && !changedFrom(was, before, after) {
		return fmt.Errorf("%s from %s %s, which the row before does not have or the row after has, too", status,
			defender.FieldPreviousIsCompliant, was)
	}
	return nil
}

// changedFrom reports whether the value was that of IsCompliant before, and is not any more. Changes that an
// older program wrote do not say it.
func changedFrom(was []byte, before, after *row.Row) bool {
	return before != nil && after != nil && bytes.Equal(was, before.Value(defender.FieldIsCompliant)) &&
		!bytes.Equal(was, after.Value(defender.FieldIsCompliant))
}
