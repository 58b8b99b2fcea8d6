package store

import (
	"slices"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
)

// A group is what one transaction takes from the queue: enough to share a
// sync among many, little enough to keep the write-ahead log small.
const (
	groupCalls = 256
	groupBytes = 16 << 20
)

// call is one call of Receive on its way through the queue.
type call struct {
	org    string
	sender trust.Sender
	batch  []Incoming
	now    time.Time
	size   int64

	receipts []Receipt
	err      error
	done     chan struct{} // closed when receipts and err are final
}

// reportOverhead is what a report is counted with beyond its documents.
const reportOverhead = 512

func newCall(org string, sender trust.Sender, batch []Incoming, now time.Time) *call {
	c := &call{org: org, sender: sender, batch: batch, now: now, done: make(chan struct{})}
	for _, in := range batch {
		c.size += reportOverhead
		for _, doc := range in.Documents {
			c.size += int64(len(doc.Data))
		}
	}
	return c
}

// queue holds the calls that wait for the writing goroutine, oldest first.
type queue struct {
	maxCalls int
	maxBytes int64

	mu      sync.Mutex
	changed *sync.Cond
	calls   []*call
	bytes   int64
	closed  bool
}

func newQueue(maxCalls int, maxBytes int64) *queue {
	q := &queue{maxCalls: maxCalls, maxBytes: maxBytes}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// put appends a call, or says why it cannot. One call larger than the bound
// still gets in when nothing waits, else it never could.
func (q *queue) put(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case len(q.calls) >= q.maxCalls, len(q.calls) > 0 && q.bytes+c.size > q.maxBytes:
		return ErrSaturated
	}
	q.calls = append(q.calls, c)
	q.bytes += c.size
	q.changed.Signal()
	return nil
}

// take waits for calls and removes a group of them; none are left to come
// when it returns nil.
func (q *queue) take() []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.closed {
		q.changed.Wait()
	}
	n, size := 0, int64(0)
	for n < len(q.calls) && n < groupCalls && (n == 0 || size+q.calls[n].size <= groupBytes) {
		size += q.calls[n].size
		n++
	}
	group := slices.Clone(q.calls[:n])
	q.calls = slices.Delete(q.calls, 0, n)
	q.bytes -= size
	return group
}

// abandon removes a call that nobody waits for any longer. It is false when
// the call has been taken: then it will be done.
func (q *queue) abandon(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.calls, c)
	if i < 0 {
		return false
	}
	q.calls = slices.Delete(q.calls, i, i+1)
	q.bytes -= c.size
	return true
}

// close lets nothing more in; what waits is still taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
