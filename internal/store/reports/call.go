package reports

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// A call is cut into slices, each of which is stored whole or not at all, so
// that others are served between them: so many reports at most, and so much
// work unless a single report makes more. A transaction has no more either.
const (
	sliceReports = 256
	sliceWork    = 8 << 20
)

// reportWork is what a report is counted with beyond the bytes of its
// documents: identifying a device, comparing and writing a receipt take as long
// as writing so many bytes.
const reportWork = 16 << 10

// call is one call of Receive on its way through the queue.
type call struct {
	owner
	sender trust.Sender
	batch  []Incoming
	now    time.Time
	size   int64 // of the documents, and something for each report

	// The queue guards these.
	begun  bool
	left   int   // slices that are not written
	inHand int   // of those, slices that are being written
	ended  error // why those that wait will not be written

	// The writing goroutine sets these.
	receipts []Receipt // of the reports that are stored
	err      error

	done chan struct{} // closed when receipts and err are final
}

// owner is whose a call is: a caller of an organization, who may be nameless.
type owner struct{ org, caller string }

// reportOverhead is what a report is counted with beyond its documents, where
// bytes of memory are counted.
const reportOverhead = 512

func newCall(org string, sender trust.Sender, batch []Incoming, now time.Time) *call {
	c := &call{owner: owner{org, sender.ID}, sender: sender, batch: batch, now: now, done: make(chan struct{})}
	for i := range batch {
		c.size += reportOverhead + batch[i].bytes()
	}
	return c
}

// slice is a part of a call: the reports from one to before another.
type slice struct {
	*call
	from, to int
	work     int64

	receipts []Receipt
	err      error
}

// slices cuts a call.
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

// outcome is what Receive returns.
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

// PartialError says that the first reports of a batch are stored, and the
// others are not. Sending all of them again does no harm.
type PartialError struct {
	Stored, Reports int
	Err             error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("the first %d of %d reports are stored: %v", e.Stored, e.Reports, e.Err)
}
func (e *PartialError) Unwrap() error { return e.Err }
