package export

import (
	"context"

	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// stretch is a run of rows: those between two places in the parts of one snapshot.
type stretch struct {
	parts    *snapshot.PartList
	shape    *row.Shape
	from, to snapshot.Position
}

// plan is what one page shows.
type plan struct {
	stretches []stretch
	// next is where the next page begins; more tells whether there is one.
	next cursor
	more bool
}

// plan returns the rows of a page of limit rows, beginning at a cursor. It reads only manifests, for
// changes also their deltas, and of those only what the page and the first row after it need.
func (s *pulls) plan(ctx context.Context, p *pull, from cursor, limit int64) (plan, error) {
	var page plan
	for _, n := range p.after(from.snapshot) {
		if err := ctx.Err(); err != nil {
			return plan{}, err
		}
		m, err := s.publisher.Manifest(n)
		if err != nil {
			return plan{}, err
		}
		begin := cursor{snapshot: n.Number}
		if n.Number == from.snapshot {
			begin = from
		}
		parts, err := p.parts(m)
		if err != nil {
			return plan{}, err
		}
		end, more := parts.Advance(begin.Position, limit)
		if rows := parts.RowsBetween(begin.Position, end); rows > 0 {
			page.stretches = append(page.stretches, stretch{parts, p.shape(m), begin.Position, end})
			limit -= rows
		}
		if more {
			page.next, page.more = cursor{n.Number, end}, true
			return page, nil
		}
	}
	return page, nil
}
