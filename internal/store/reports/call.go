package reports

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// A call is cut into slices, which are stored whole or not at all; others are served between them.
// These are the limits of a slice, and of a transaction: reports, and work unless a single report
// makes more.
const (
	sliceReports = 256
	sliceWork    = 8 << 20
)

// reportWork is the work counted for a report beyond the bytes of its documents: identifying a
// device, comparing and writing a receipt take as long as writing this many bytes.
const reportWork = 16 << 10

// call is one call of Receive on its way through the queue.
type call struct {
	owner
	sender trust.Sender
	batch  []Incoming
	now    time.Time
	gone   func() bool // whether the caller no longer waits; nil for never
	size   int64       // of the documents, plus reportOverhead for each report

	// Guarded by the queue.
	begun  bool
	left   int   // slices not written yet
	inHand int   // slices being written, included in left
	ended  error // why the waiting slices will not be written

	// Set by the writing goroutine.
	receipts []Receipt // of the stored reports
	err      error

	done chan struct{} // closed when receipts and err are final
}

// isGone reports whether nobody waits for the receipts any more.
func (c *call) isGone() bool { return c.gone != nil && c.gone() }

// owner is the owner of a call: a caller of an organization. The caller may be empty.
type owner struct{ org, caller string }

// reportOverhead is the memory counted for a report beyond its documents, in bytes.
const reportOverhead = 512

func newCall(org string, sender trust.Sender, batch []Incoming, now time.Time, gone func() bool) *call {
	c := &call{owner: owner{org, sender.ID}, sender: sender, batch: batch, now: now, gone: gone,
		done: make(chan struct{})}
	for i := range batch {
		c.size += reportOverhead + batch[i].bytes()
	}
	return c
}

// slice is a part of a call: the reports from one index up to another, which is excluded.
type slice struct {
	*call
	from, to int
	work     int64

	receipts []Receipt
	err      error
}

// slices cuts a call into slices.
func (c *call) slices() []*slice {
	var all []*slice
	var last *slice
	for i := range c.batch {
		work := reportWork + c.batch[i].bytes()
		if last == nil || last.to-last.from == sliceReports || last.work+work > sliceWork {
			last = &slice{call: c, from: i}
			all = append(all, last)
		}
		last.to, last.work = i+1, last.work+work
	}
	return all
}

// outcome returns the results of Receive.
func (c *call) outcome() ([]Receipt, error) {
	if c.err == nil {
		return c.receipts, nil
	}
	err := database.Explain(c.err)
	if stored := len(c.receipts); stored > 0 {
		err = &PartialError{Stored: stored, Reports: len(c.batch), Err: err}
	}
	return nil, fmt.Errorf("storing %d reports: %w", len(c.batch), err)
}

// BatchError says which report of a batch was refused.
type BatchError struct {
	// Index counts from 0.
	Index int
	Err   error
}

func (e *BatchError) Error() string { return fmt.Sprintf("report %d: %v", e.Index+1, e.Err) }
func (e *BatchError) Unwrap() error { return e.Err }

// PartialError says that the first reports of a batch are stored and the others are not. The whole
// batch may safely be sent again.
type PartialError struct {
	Stored, Reports int
	Err             error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("the first %d of %d reports are stored: %v", e.Stored, e.Reports, e.Err)
}
func (e *PartialError) Unwrap() error { return e.Err }
