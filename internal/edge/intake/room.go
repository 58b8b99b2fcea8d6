package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/reports"
)

// slowAfter is how long a sender may take for that time's LeastRate while others wait for the
// memory of its body.
const slowAfter = 2 * time.Second

// owner is the owner of memory: a caller of an organization.
type owner struct{ organization, caller string }

// room is an amount of memory, in bytes, that callers share. A claim waits until memory is free:
// first come claims of the organization that has the least, of those the caller that has the
// least, then the oldest. Nobody gets all: a caller that has much leaves a quarter to others, and
// an organization an eighth to other organizations. Among claims that take memory bit by bit, one
// of a caller may have all of the caller's part, and the others together a quarter of it:
// otherwise each would wait for what the others have
// (doc/decision/0035-memory-by-decoded-size.md).
type room struct {
	limit    int64
	patience time.Duration // how long to wait
	// crowded, if set, is called from time to time while the claim whose turn it is waits, with
	// the claim's size in bytes and the owner whose memory it waits for. It may make someone give
	// memory back.
	crowded func(size int64, of owner)

	mu            sync.Mutex
	taken         int64
	organizations map[string]int64 // the memory of each
	owners        map[owner]int64
	growing       map[owner]time.Time // when the caller's claim began that may have all of the part
	waiting       []*claim            // in order of arrival
	looked        time.Time           // when look last went through them
}

// claim is a request for memory that waits.
type claim struct {
	owner
	size    int64
	born    time.Time // when its body began, if it has some memory already; else zero
	since   time.Time
	granted chan struct{} // closed when it is granted
}

func newRoom(limit int64, patience time.Duration) *room {
	return &room{limit: limit, patience: patience, organizations: map[string]int64{}, owners: map[owner]int64{},
		growing: map[owner]time.Time{}}
}

// take waits for memory. A size beyond what one caller may have counts as that. It returns how
// much must be given back, or reports.ErrSaturated.
func (r *room) take(ctx context.Context, o owner, size int64) (int64, error) {
	return r.takeMore(ctx, o, time.Time{}, size)
}

// takeMore is take for a body that began at a time and takes its memory bit by bit. It must call
// done when it has given all back.
func (r *room) takeMore(ctx context.Context, o owner, born time.Time, size int64) (int64, error) {
	c := &claim{o, min(size, r.most()), born, time.Now(), make(chan struct{})}
	if !r.enter(c) {
		return 0, fmt.Errorf("receiving a report: %w", reports.ErrSaturated)
	}
	patience := time.NewTimer(r.patience)
	defer patience.Stop()
	for fresh := true; ; fresh = false {
		r.look(c, fresh)
		select {
		case <-c.granted:
			return c.size, nil
		case <-time.After(slowAfter / 2):
		case <-patience.C:
			return 0, r.leave(c, reports.ErrSaturated)
		case <-ctx.Done():
			return 0, r.leave(c, ctx.Err())
		}
	}
}

// enter adds a claim, or grants it at once; false if too many claims of one caller wait.
func (r *room) enter(c *claim) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := 0
	for _, other := range r.waiting {
		if other.owner == c.owner {
			line++
		}
	}
	if line >= edge.MaxLine {
		return false
	}
	r.waiting = append(r.waiting, c)
	r.grant()
	return true
}

// look grants what may be granted since time has passed, and reports the claim whose turn it is.
// Every claim calls it, at first and then from time to time. It works at once for a new claim
// whose turn it is, and otherwise once in that time for all: thousands may wait, and the cost of
// each must not grow with their number.
func (r *room) look(c *claim, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 || time.Since(r.looked) < slowAfter/2 && !(fresh && r.waiting[r.first()] == c) {
		return
	}
	r.looked = time.Now()
	r.grant()
	if r.crowded != nil && len(r.waiting) > 0 {
		head := r.waiting[r.first()]
		r.crowded(head.size, r.inTheWay(head))
	}
}

// done ends a body that took memory bit by bit since a time.
func (r *room) done(o owner, born time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.growing[o].Equal(born) {
		delete(r.growing, o)
		r.grant()
	}
}

// mayGrow tells whether a claim is one of those that together have little of their caller's part,
// or the one that may have all of it.
func (r *room) mayGrow(c *claim) bool {
	grows, one := r.growing[c.owner]
	return c.born.IsZero() || !one || grows.Equal(c.born) || r.owners[c.owner]+c.size <= r.most()/4
}

// leave withdraws a claim. If it was granted meanwhile, the memory is given back.
func (r *room) leave(c *claim, reason error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.waiting, c); i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	} else {
		r.add(c.owner, -c.size)
	}
	r.grant()
	return fmt.Errorf("receiving a report: %w", reason)
}

// give gives memory back.
func (r *room) give(o owner, size int64) {
	if size == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(o, -size)
	r.grant()
}

// add counts what an owner takes or gives back.
func (r *room) add(o owner, size int64) {
	r.taken += size
	if r.organizations[o.organization] += size; r.organizations[o.organization] == 0 {
		delete(r.organizations, o.organization)
	}
	if r.owners[o] += size; r.owners[o] == 0 {
		delete(r.owners, o)
	}
}

// grant grants claims in their order, up to the first that must wait.
func (r *room) grant() {
	for len(r.waiting) > 0 {
		i := r.first()
		c := r.waiting[i]
		if r.taken+c.size > r.allowance(c) || !r.mayGrow(c) {
			return
		}
		if !c.born.IsZero() && r.owners[c.owner]+c.size > r.most()/4 {
			r.growing[c.owner] = c.born
		}
		r.waiting = slices.Delete(r.waiting, i, i+1)
		r.add(c.owner, c.size)
		close(c.granted)
	}
}

// first returns the claim whose turn it is. A claim that has waited for half of the time comes
// before all others, so that small ones do not overtake a large one for ever; but not if its
// owner has memory already, since it may be waiting for that. A claim that may not grow comes
// last.
func (r *room) first() int {
	best := 0
	for i, c := range r.waiting {
		if r.owners[c.owner] == 0 && time.Since(c.since) > r.patience/2 {
			return i
		}
		if r.compare(c, r.waiting[best]) < 0 {
			best = i
		}
	}
	return best
}

// compare is negative if claim c comes before claim b.
func (r *room) compare(c, b *claim) int {
	if grows := r.mayGrow(c); grows != r.mayGrow(b) {
		if grows {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(r.organizations[c.organization], r.organizations[b.organization]),
		cmp.Compare(r.owners[c.owner], r.owners[b.owner]), c.born.Compare(b.born), c.since.Compare(b.since))
}

// allowance returns up to what a claim may fill the room.
func (r *room) allowance(c *claim) int64 {
	switch {
	case !r.little(r.owners[c.owner], c.size):
		return r.most()
	case !r.little(r.organizations[c.organization], c.size):
		return r.limit / 8 * 7
	}
	return r.limit
}

// little tells whether an owner has nothing yet, or little even with more: a body that takes
// memory bit by bit must not be stopped in its middle.
func (r *room) little(has, more int64) bool { return has == 0 || has+more <= r.limit/16 }

// most returns what one caller may have.
func (r *room) most() int64 { return r.limit / 4 * 3 }

// inTheWay returns the owner whose memory a claim waits for: its own caller, its organization, or
// anybody. An empty member matches any.
func (r *room) inTheWay(c *claim) owner {
	switch {
	case !r.mayGrow(c) || !r.little(r.owners[c.owner], c.size):
		return c.owner
	case !r.little(r.organizations[c.organization], c.size):
		return owner{organization: c.organization}
	}
	return owner{}
}

// has tells whether an owner, whose empty members match any, matches another one.
func (o owner) has(other owner) bool {
	return (o.organization == "" || o.organization == other.organization) && (o.caller == "" || o.caller == other.caller)
}

// inUse returns how much is taken.
func (r *room) inUse() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken
}
