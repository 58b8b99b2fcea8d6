package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Receive stores a batch of reports as the newest of their devices and
// sources, in order. When it returns receipts they are durable, one for each
// report, and in the first generation begun afterwards. While others wait the
// sender, and its organization, get no more than their share of what can be
// stored.
//
// A batch of up to sliceReports reports and sliceWork bytes is stored whole or
// not at all. A larger one is looked through before, so that what is wrong with
// it is told while nothing is stored; then it is stored in slices of that size,
// between which others are served. If that ends early, because of what others
// stored meanwhile, a full disk or a stop, the error is a *PartialError; if the
// process dies, a first part may be stored. Sending all again does no harm.
//
// What a report is believed about depends on its sender (package trust): a
// sender who may not write it gets trust.ErrRefused, and what it says of its
// device and may not decide is named in the receipt. A report without a device
// id joins the one device of that name (whatever its case) among those that its
// sender finds. Where several have it the batch fails with ErrAmbiguousDevice;
// where none has, the id is derived from the name; ErrNoGroup says that a scoped
// sender has several groups and named none for the new device. A report that
// changes nothing moves last-seen and received times only.
//
// The error of a single report is a *BatchError. ErrSaturated means that the
// queue is full of calls of those who have no more of it than this sender.
// When ctx ends, what still waits is not stored, and Receive waits for the
// outcome of what is being written.
func (s *Store) Receive(ctx context.Context, org string, sender trust.Sender, batch []Incoming, now time.Time) ([]Receipt, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	c := newCall(org, sender, batch, now)
	if err := s.begin(ctx, c); err != nil {
		return nil, fmt.Errorf("storing %d reports: %w", len(batch), err)
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		s.writer.queue.abandon(c, ctx.Err())
		<-c.done
	}
	return c.outcome()
}

// begin examines a call that is stored in several slices, and puts it into the
// queue.
func (s *Store) begin(ctx context.Context, c *call) error {
	if len(c.slices()) > 1 {
		if err := s.examiner.examine(ctx, c); err != nil {
			return database.Explain(err)
		}
	}
	return s.writer.queue.put(c)
}

// Waiting is what waits to be stored.
type Waiting struct {
	// Calls have not begun; Callers are those who made them, Bytes those of all
	// but each one's first.
	Calls, Callers int
	Bytes          int64
	// Begun are calls of which a slice was taken, Slices those of all calls that
	// are not stored.
	Begun, Slices int
}

// Waiting tells how much waits to be stored.
func (s *Store) Waiting() Waiting {
	q := s.writer.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	w := Waiting{Calls: q.total.count, Callers: len(q.shares), Bytes: q.total.bytes, Begun: len(q.calls) - q.total.count}
	for c := range q.calls {
		w.Slices += c.left
	}
	return w
}
