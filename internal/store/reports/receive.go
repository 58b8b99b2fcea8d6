package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Receive stores a batch of reports as the newest of their devices and sources, in order. It
// returns one receipt per report. The reports are then durable, and part of the first generation
// that begins afterwards. While others wait, the sender and its organization get no more than
// their share of the throughput.
//
// A batch of up to sliceReports reports and sliceWork bytes is stored whole or not at all. A
// larger one is checked first, so that its errors are returned before anything is stored; then it
// is stored in slices of that size, and others are served between them. If storing ends early,
// because of what others stored meanwhile, a full disk or a stop, the error is a *PartialError. If
// the process dies, a first part may be stored. The whole batch may safely be sent again.
//
// Which parts of a report count depends on its sender (package trust). A sender who may not write
// the report gets trust.ErrRefused. The receipt names the fields of identity that the sender may
// not decide. A report without a device id joins the one device of that name (whatever its case)
// among those that its sender finds. If several have it, the batch fails with ErrAmbiguousDevice.
// If none has it, the id is derived from the name. ErrNoGroup says that a scoped sender has
// several groups and named none for the new device. A report that changes nothing only updates the
// last-seen and received times.
//
// The error of a single report is a *BatchError. ErrSaturated means that the queue is full, and
// that no other caller has more of it than this one. When ctx ends, waiting slices are not stored,
// and Receive waits for the outcome of slices being written.
func (s *Store) Receive(ctx context.Context, org string, sender trust.Sender, batch []Incoming,
	now time.Time) ([]Receipt, error) {
	return s.ReceiveFrom(ctx, nil, org, sender, batch, now)
}

// ReceiveFrom is Receive for a sender who may turn to another node. Gone is asked before reports are written and
// before they are committed; nil says that the sender stays. What a sender no longer waits for is not stored: it may
// have sent the same, and newer reports since, elsewhere while this process was paused.
func (s *Store) ReceiveFrom(ctx context.Context, gone func() bool, org string, sender trust.Sender, batch []Incoming,
	now time.Time) ([]Receipt, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	c := newCall(org, sender, batch, now, gone)
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

// begin examines a call of several slices, and puts the call into the queue.
func (s *Store) begin(ctx context.Context, c *call) error {
	if len(c.slices()) > 1 {
		if err := s.examiner.examine(ctx, c); err != nil {
			return database.Explain(err)
		}
	}
	return s.writer.queue.put(c)
}

// Waiting counts what waits to be stored.
type Waiting struct {
	// Calls counts calls that have not begun, Callers their callers, Bytes their bytes without
	// each caller's first call.
	Calls, Callers int
	Bytes          int64
	// Begun counts calls of which a slice was taken, Slices the slices of all calls that are not
	// stored.
	Begun, Slices int
}

// Waiting returns how much waits to be stored.
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
