package export

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// flushSifted is after how many rows a page with a filter sends what it has.
const flushSifted = 1 << 18

// reading is one page of a pull while it is written.
type reading struct {
	wish
	pulls *pulls
	files *snapshot.Files
	pull  *pull
	out   *pageWriter
	// most is how many rows it looks at before it ends with those that it has. Without any it goes
	// on, since a page with a nextLink has rows.
	most int64
}

// read writes the rows of the page that begins at a cursor, and returns where the next page begins,
// if there is one. Whether a delta goes on is decided when all rows are written.
func (p *reading) read(ctx context.Context, at cursor) (next cursor, more bool, err error) {
	next, more, err = p.rows(ctx, at, p.limit)
	for err == nil && !more && p.paged && p.pull.grows() {
		if next, more, err = p.pulls.grow(ctx, p.pull); err != nil || !more {
			break
		}
		if p.out.rows > 0 && p.filter == nil {
			break
		}
		// A page with a nextLink has rows; and with a filter it is not known yet whether there are more.
		if err = p.pulls.catchUp(ctx, p.pull, next); err != nil && p.out.rows > 0 {
			return next, true, nil // the next request gets the error
		} else if err == nil && p.out.rows > 0 {
			next, more, err = p.rows(ctx, next, p.out.rows)
		} else if err == nil {
			next, more, err = p.rows(ctx, next, p.limit)
		}
	}
	return next, more, err
}

// rows writes rows from a cursor on, until the page has so many or the pull, as it is known, ends.
func (p *reading) rows(ctx context.Context, at cursor, limit int64) (next cursor, more bool, err error) {
	if p.filter != nil {
		return p.matches(ctx, at, limit)
	}
	page, err := p.pulls.plan(ctx, p.pull, at, limit-p.out.rows)
	if err != nil {
		return cursor{}, false, err
	}
	for _, part := range page.stretches {
		p.out.shape = part.shape
		if err := p.files.Rows(ctx, part.parts, part.from, part.to, p.out.lines); err != nil {
			return cursor{}, false, err
		}
	}
	return page.next, page.more, nil
}

// matches writes the rows that match the filter. The next page begins at the next row that
// matches, or where the search for it was given up.
func (p *reading) matches(ctx context.Context, at cursor, limit int64) (next cursor, more bool, err error) {
	if limit == 0 {
		return cursor{}, false, nil
	}
	sifted := int64(0)
	return p.sift(ctx, at, func(r *row.Row, matches bool) (verdict, error) {
		sifted++
		switch {
		case matches && p.out.rows == limit:
			return stopBefore, nil
		case matches:
			if err := p.out.add(r); err != nil {
				return stopAfter, err
			}
		}
		if p.out.rows > 0 && sifted >= p.most || p.out.rows == limit && !p.paged {
			return stopAfter, nil
		}
		return goOn, p.keepAlive(sifted)
	})
}

// keepAlive sends what is there if nothing was found for long.
func (p *reading) keepAlive(sifted int64) error {
	if sifted%flushSifted > 0 {
		return nil
	}
	return p.out.flush()
}

// count brings the count of the pull up to date: with the rows that match of all snapshots that are
// not in it.
func (p *reading) count(ctx context.Context) error {
	total := max(0, p.pull.counted-1)
	for _, n := range newer(p.pull.snapshots, p.pull.tallied) {
		if p.pull.call.Delta && n.Delta != publication.Kept {
			break // a gap, at which the pull will end
		}
		m, err := p.pulls.publisher.Manifest(n)
		if err != nil {
			return err
		}
		parts, err := p.pull.parts(m)
		if err != nil {
			return err
		}
		if p.filter == nil {
			total += parts.RowsBetween(snapshot.Position{}, parts.End())
			continue
		}
		sifted := int64(0)
		count := func(_ *row.Row, matches bool) (verdict, error) {
			if matches {
				total++
			}
			sifted++
			return goOn, p.keepAlive(sifted)
		}
		if _, _, err := p.siftParts(ctx, parts, p.pull.shape(m), snapshot.Position{}, count); err != nil {
			return err
		}
	}
	p.pull.counted = total + 1
	return nil
}

// verdict says how to go on after a row.
type verdict uint8

const (
	goOn verdict = iota
	stopBefore
	stopAfter
)

// visitor looks at a row, and is told whether it matches the filter.
type visitor func(r *row.Row, matches bool) (verdict, error)

// sift visits the rows of a pull from a cursor on that may match the filter. If the visitor stops it
// returns where, else more is false.
func (p *reading) sift(ctx context.Context, at cursor, visit visitor) (next cursor, more bool, err error) {
	for _, n := range p.pull.after(at.snapshot) {
		m, err := p.pulls.publisher.Manifest(n)
		if err != nil {
			return cursor{}, false, err
		}
		parts, err := p.pull.parts(m)
		if err != nil {
			return cursor{}, false, err
		}
		p.out.shape = p.pull.shape(m)
		begin := snapshot.Position{}
		if n.Number == at.snapshot {
			begin = at.Position
		}
		if end, more, err := p.siftParts(ctx, parts, p.out.shape, begin, visit); err != nil || more {
			return cursor{n.Number, end}, more, err
		}
	}
	return cursor{}, false, nil
}

// errStopped ends the reading of a part.
var errStopped = errors.New("the page is complete")

// siftParts is sift for the parts of a snapshot. It passes over those whose ranges have no such rows.
func (p *reading) siftParts(ctx context.Context, parts *snapshot.PartList, shape *row.Shape, from snapshot.Position,
	visit visitor) (end snapshot.Position, more bool, err error) {
	scanned := new(row.Row)
	var found odata.Row = values{p.known.columns, scanned}
	for ; from.Part < parts.Len(); from = (snapshot.Position{Part: from.Part + 1}) {
		if !p.needs.has(parts.Range(from.Part)) {
			continue
		}
		err := p.files.Rows(ctx, parts, from, snapshot.Position{Part: from.Part + 1}, func(lines []byte) (err error) {
			for len(lines) > 0 {
				if lines, err = shape.Scan(scanned, lines); err != nil {
					return err
				}
				says, err := visit(scanned, p.filter.Match(found))
				if err != nil {
					return err
				}
				if says != stopBefore {
					from.Row++
				}
				if says != goOn {
					return errStopped
				}
			}
			return nil
		})
		if errors.Is(err, errStopped) {
			return from, true, nil
		}
		if err != nil {
			return from, false, err
		}
	}
	return from, false, nil
}
