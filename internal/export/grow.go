package export

import (
	"context"
	"net/http"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/publication"
)

// A client of deltas may take its own clock at the last page as the next sinceTime. Snapshots that
// were published while it read would be lost to it for ever. So a delta grows: when the snapshots
// of its first page are read it goes on into newer ones, until there are none with rows for the
// caller when a page ends. Pages after those of the first selection show what is published when
// they begin, so that a pull ends however often snapshots appear (doc/decision/0072).

// grows tells whether the pull goes on into snapshots that are published while it is read.
func (p *pull) grows() bool { return p.call.Delta && !p.fixed }

// catchUp adds to a pull that has grown what is published by now, up to a gap in the history. It
// returns the error of the gap if that is where the pull continues.
func (s *pulls) catchUp(ctx context.Context, p *pull, at cursor) error {
	if !p.grown {
		return nil
	}
	all, err := s.store.Snapshots(ctx, p.caller.Organization)
	if err != nil {
		return err
	}
	before := int64(0)
	for i := range all {
		if all[i].Number < at.snapshot {
			before = all[i].Number
		}
	}
	if at.Part > 0 || at.Row > 0 {
		before = anySnapshot // its first rows are read already
	}
	rest := append(newer(p.snapshots, at.snapshot-1), newer(all, p.last)...)
	whole, gap := s.unbroken(rest, before)
	if whole == 0 {
		return gap
	}
	p.snapshots = rest[:whole]
	p.first, p.last = p.snapshots[0].Number, p.snapshots[whole-1].Number
	p.covered, p.mark = p.last, markOf(p.snapshots)
	return nil
}

// grow adds to a pull that is read to its end what was published meanwhile. It returns where the
// pull goes on: at the first new snapshot with rows for the caller, or at a gap in the history, of
// which the client learns when it follows the nextLink.
func (s *pulls) grow(ctx context.Context, p *pull) (next cursor, more bool, err error) {
	all, err := s.store.Snapshots(ctx, p.caller.Organization)
	if err != nil {
		return cursor{}, false, err
	}
	added := newer(all, p.covered)
	for len(added) > 0 && !added[0].Generated.After(p.since) { // sinceTime is in the future
		p.covered, added = added[0].Number, added[1:]
	}
	whole, _ := s.unbroken(added, p.covered)
	for i := range added {
		if i < whole && !s.hasRows(p, added[i]) {
			continue
		}
		if p.first == 0 {
			p.first = added[0].Number
		}
		p.snapshots = append(p.snapshots[:len(p.snapshots):len(p.snapshots)], added...)
		p.last, p.grown = added[len(added)-1].Number, true
		p.covered = p.last
		return cursor{snapshot: added[i].Number}, true, nil
	}
	return cursor{}, false, nil
}

// newer returns a copy of the snapshots after a number.
func newer(all []publication.Snapshot, number int64) (some []publication.Snapshot) {
	for i := range all {
		if all[i].Number > number {
			some = append(some, all[i])
		}
	}
	return some
}

// anySnapshot says that it does not matter which snapshot is before another.
const anySnapshot = -1

// unbroken returns how many of a row of snapshots continue each other and the one before them, with
// changes that are kept; and the error of the first that does not.
func (s *pulls) unbroken(row []publication.Snapshot, before int64) (whole int, gap error) {
	for i := range row {
		if row[i].Delta != publication.Kept {
			return i, edge.Refuse(http.StatusGone, "",
				"the changes of snapshot %d are no longer kept: begin with a full export", row[i].Number)
		}
		m, err := s.publisher.Manifest(row[i])
		if err != nil {
			return i, err
		}
		if before != anySnapshot && m.Previous != before {
			return i, edge.Refuse(http.StatusGone, "",
				"snapshot %d was rebuilt, so there are no changes since the one before: begin with a full export", m.Number)
		}
		before = m.Number
	}
	return len(row), nil
}

// hasRows tells whether a snapshot has rows of a pull. Those of a damaged one are looked for.
func (s *pulls) hasRows(p *pull, n publication.Snapshot) bool {
	m, err := s.publisher.Manifest(n)
	if err != nil {
		return true
	}
	parts, err := p.parts(m)
	return err != nil || parts.Len() > 0
}
