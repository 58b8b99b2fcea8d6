package reports

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/muster-project/muster/internal/fair"
)

var (
	// ErrSaturated: too many reports wait to be stored; try again shortly.
	ErrSaturated = errors.New("too many reports are waiting to be stored")
	// ErrClosed: a report came after Close.
	ErrClosed = errors.New("the store is closed")
)

// turnWork is how much work of one caller, and of one organization, is done before the others'
// turn.
const turnWork = 256 << 10

// queue holds the slices that wait for the writing goroutine. Organizations take turns, and within
// an organization its callers (package fair).
//
// Calls that have not begun are bounded in number and in bytes. The first call of each caller
// counts only in number, because a large one might never fit. While there is room any caller may
// use it. When there is none, a new call pushes out the newest call of a caller that has more
// waiting than its own caller would have.
type queue struct {
	maxCalls int
	maxBytes int64

	mu      sync.Mutex
	changed *sync.Cond
	order   *fair.Lines[*slice]
	calls   map[*call]bool // calls that are not done
	shares  map[owner]*share
	total   share
	closed  bool
}

// share is the part of an owner's calls that waits and has not begun.
type share struct {
	calls []*call // oldest first; only for a caller, not an organization
	count int
	bytes int64 // without the first call of each caller
}

func newQueue(maxCalls int, maxBytes int64) *queue {
	q := &queue{maxCalls: maxCalls, maxBytes: maxBytes,
		order: fair.New[*slice](turnWork), calls: map[*call]bool{}, shares: map[owner]*share{}}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// put adds a call to the queue, or returns why it cannot.
func (q *queue) put(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	for added := q.adds(c); !q.fits(added); {
		other, found := q.heavier(c.owner, added)
		if !found {
			return ErrSaturated
		}
		newest := q.shares[other].calls
		q.end(newest[len(newest)-1], ErrSaturated)
	}
	q.wait(c)
	for _, s := range c.slices() {
		c.left++
		q.order.Put(c.org, c.caller, s, s.work)
	}
	q.changed.Signal()
	return nil
}

// adds returns what a call adds to its caller's share.
func (q *queue) adds(c *call) share {
	if q.shares[c.owner] == nil {
		return share{count: 1}
	}
	return share{count: 1, bytes: c.size}
}

// fits reports whether there is room for added.
func (q *queue) fits(added share) bool {
	return q.total.count < q.maxCalls && (added.bytes == 0 || q.total.bytes+added.bytes <= q.maxBytes)
}

// heavier returns a caller with more waiting than owner would have after added: of another
// organization if that one has more than owner's, else of the same.
func (q *queue) heavier(caller owner, added share) (other owner, found bool) {
	organizations := map[string]share{}
	for o, s := range q.shares {
		organizations[o.org] = organizations[o.org].and(*s)
	}
	own := organizations[caller.org].and(added)
	heaviest := caller.org
	for org, s := range organizations {
		if cmp.Or(cmp.Compare(q.weight(s), q.weight(organizations[heaviest])), cmp.Compare(org, heaviest)) > 0 {
			heaviest = org
		}
	}
	if q.weight(organizations[heaviest]) > q.weight(own) {
		return q.heaviestOf(heaviest), true
	}
	if organizations[caller.org].count == 0 {
		return owner{}, false
	}
	other = q.heaviestOf(caller.org)
	return other, q.weight(*q.shares[other]) > q.weight(q.of(caller).and(added))
}

// heaviestOf returns the caller of an organization with the most waiting; ties are always decided
// the same way.
func (q *queue) heaviestOf(org string) (most owner) {
	most.org = org
	for o, s := range q.shares {
		if o.org == org && cmp.Or(cmp.Compare(q.weight(*s), q.weight(q.of(most))), cmp.Compare(o.caller, most.caller)) > 0 {
			most = o
		}
	}
	return most
}

// weight returns how much of the queue a share takes, both limits together.
func (q *queue) weight(s share) float64 {
	return float64(s.count)/float64(q.maxCalls) + float64(s.bytes)/float64(q.maxBytes)
}

func (s share) and(other share) share {
	return share{count: s.count + other.count, bytes: s.bytes + other.bytes}
}

func (q *queue) of(o owner) share {
	if s := q.shares[o]; s != nil {
		return *s
	}
	return share{}
}

// wait counts a call among those that have not begun; unwait is the inverse.
func (q *queue) wait(c *call) {
	added := q.adds(c)
	s := q.shares[c.owner]
	if s == nil {
		s = new(share)
		q.shares[c.owner] = s
	}
	s.calls = append(s.calls, c)
	s.count, s.bytes = s.count+added.count, s.bytes+added.bytes
	q.total = q.total.and(added)
	q.calls[c] = true
}

func (q *queue) unwait(c *call) {
	s := q.shares[c.owner]
	freed := c.size
	if s.calls[0] == c {
		freed = 0
		if len(s.calls) > 1 {
			freed = s.calls[1].size // now the first
		}
	}
	s.calls = slices.DeleteFunc(s.calls, func(other *call) bool { return other == c })
	s.count, s.bytes = s.count-1, s.bytes-freed
	q.total = q.total.and(share{count: -1, bytes: -freed})
	if s.count == 0 {
		delete(q.shares, c.owner)
	}
}

// take waits for calls and removes a group of slices for one transaction, up to the limits of one
// slice: many share a sync, and others wait only a moment. It returns nil when no more will come.
// The caller must call done with the group.
func (q *queue) take() (group []*slice) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && !q.any() {
		q.changed.Wait()
	}
	work, reports := int64(0), 0
	for {
		s, cost, ok := q.order.Next()
		if ok {
			work, reports = work+cost, reports+s.to-s.from
		}
		if !ok || len(group) > 0 && (work > sliceWork || reports > sliceReports) {
			return group
		}
		q.order.Take()
		group = append(group, s)
		s.inHand++
		if !s.begun {
			s.begun = true
			q.unwait(s.call)
		}
	}
}

func (q *queue) any() bool {
	_, _, ok := q.order.Next()
	return ok
}

// done finishes the calls that have nothing left to do.
func (q *queue) done(group []*slice) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range group {
		s.left, s.inHand = s.left-1, s.inHand-1
		if s.call.err != nil && s.ended == nil {
			q.end(s.call, s.call.err)
		}
		q.finish(s.call)
	}
}

// end removes the slices of a call that are not being written and records why. A call that is done
// is not changed.
func (q *queue) end(c *call, why error) {
	if !q.calls[c] || c.ended != nil || c.left == c.inHand {
		return
	}
	c.ended, c.left = why, c.inHand
	q.order.Remove(c.org, c.caller, func(s *slice) bool { return s.call == c })
	if !c.begun {
		c.begun = true
		q.unwait(c)
	}
	q.finish(c)
}

// finish wakes the caller of a call if nothing of the call is left.
func (q *queue) finish(c *call) {
	if c.left > 0 || !q.calls[c] {
		return
	}
	delete(q.calls, c)
	if c.err == nil {
		c.err = c.ended
	}
	close(c.done)
}

// abandon ends a call whose caller no longer waits. Slices being written are finished.
func (q *queue) abandon(c *call, why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end(c, why)
}

// close refuses new calls and ends waiting ones; slices being written are finished.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for c := range q.calls {
		q.end(c, ErrClosed)
	}
	q.changed.Broadcast()
}
