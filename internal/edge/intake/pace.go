package intake

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/reports"
)

// leastBody is what a sender must send of a body, in bytes a second, over any StallLimit. The
// slowest line that a machine reports over, GSM with 9.6 kbit/s, has twice as much.
const leastBody = 512

// pace measures how fast a body arrives. A sender has StallLimit, and what it sends adds time, up
// to that again.
type pace struct {
	w *edge.Response

	mu       sync.Mutex
	deadline time.Time
	reading  bool
	cut      bool
	since    time.Time // when the sender last kept LeastRate
	bytes    int64     // received since then
	stopped  time.Time // when the last read ended
}

// begin starts a sender's time.
func (p *pace) begin(w *edge.Response) {
	now := time.Now()
	p.w, p.since, p.stopped, p.deadline = w, now, now, now.Add(edge.StallLimit)
}

// errSlow: a body arrived too slowly while others waited.
var errSlow = fmt.Errorf("the body arrives too slowly: %w", reports.ErrSaturated)

// read reads the next part of a body.
func (p *pace) read(source io.Reader, b []byte) (int, error) {
	if !p.start() {
		return 0, errSlow
	}
	n, err := source.Read(b)
	if p.stop(n) && err != nil && err != io.EOF {
		return n, errSlow
	}
	if err == io.EOF {
		p.w.BodyCame()
	}
	return n, err
}

// start begins to wait for the sender; false if the sender was cut off. Time in which nobody read
// does not count.
func (p *pace) start() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := time.Since(p.stopped)
	p.since, p.deadline = p.since.Add(idle), p.deadline.Add(idle)
	if p.reading = !p.cut; p.reading {
		p.w.ReadUntil(p.deadline)
	}
	return p.reading
}

// stop notes what was received, and tells whether the sender was cut off meanwhile.
func (p *pace) stop(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.reading, p.stopped = false, now
	p.deadline = earlier(p.deadline.Add(time.Duration(n)*time.Second/leastBody), now.Add(edge.StallLimit))
	if p.bytes += int64(n); p.bytes >= int64(edge.LeastRate*slowAfter.Seconds()) {
		p.since, p.bytes = now, 0
	}
	return p.cut
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// isSlow tells whether the body waits for a sender that has not kept LeastRate.
func (p *pace) isSlow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reading && !p.cut && time.Since(p.since) > slowAfter
}

// giveUp cuts off a sender.
func (p *pace) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	if p.reading {
		p.w.ReadUntil(time.Now())
	}
}

// sender is the sender of an arriving body.
type sender struct {
	owner owner
	pace  pace
	// taken is the memory that the body has of the room for bodies.
	taken atomic.Int64
}

// senders are the senders of all arriving bodies.
type senders struct {
	mu  sync.Mutex
	all map[*sender]bool
}

func (s *senders) add(b *sender) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[b] = true
}

func (s *senders) remove(b *sender) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, b)
}

// cutSlow cuts off slow senders of an owner, those whose bodies have the most memory first, until
// size bytes will be given back. So a sender of little over a bad line stays.
func (s *senders) cutSlow(size int64, of owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var slow []*sender
	for b := range s.all {
		if of.has(b.owner) && b.pace.isSlow() {
			slow = append(slow, b)
		}
	}
	slices.SortFunc(slow, func(x, y *sender) int { return cmp.Compare(y.taken.Load(), x.taken.Load()) })
	for _, b := range slow {
		if size <= 0 {
			return
		}
		size -= b.taken.Load()
		b.pace.giveUp()
	}
}
