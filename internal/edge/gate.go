package edge

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/defender"
)

// LeastRate is the rate, in bytes a second, at which a client must read a reply while others
// wait for its place.
const LeastRate = 16 << 10

// MaxLine is how many requests of one caller may have a place or wait for one.
const MaxLine = 1000

// Gate limits how many replies are made at a time. Other requests wait, each caller's in one
// line, and no caller gets all the places. A client that reads too slowly loses its place once
// another waits for it; otherwise it may be as slow as StallLimit allows
// (doc/decision/0026-limits.md).
type Gate struct {
	patience time.Duration // how long a request waits before it is refused
	places   *semaphore.Weighted
	share    int64 // places of one caller

	mu      sync.Mutex
	lines   map[string]*line
	holders map[*Response]string // the caller whose place each has
}

// line is the line of one caller: requests that have a place or wait for one.
type line struct {
	places *semaphore.Weighted
	length int
}

// NewGate returns a gate with a number of places. Each caller may have three quarters of them.
func NewGate(places int, patience time.Duration) *Gate {
	return &Gate{
		patience: patience,
		places:   semaphore.NewWeighted(int64(places)),
		share:    int64(max(1, places-max(1, places/4))),
		lines:    map[string]*line{},
		holders:  map[*Response]string{},
	}
}

// Enter waits for a place to make a reply for a caller. The caller of Enter must call leave when
// the reply is made.
func (g *Gate) Enter(ctx context.Context, w *Response, caller string) (leave func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	own, joined := g.join(caller)
	if !joined {
		return nil, comeAgain()
	}
	err = g.acquire(waiting, own.places, caller)
	if err == nil {
		if err = g.acquire(waiting, g.places, ""); err != nil {
			own.places.Release(1)
		}
	}
	if err != nil {
		g.quit(caller)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, comeAgain()
	}
	g.hold(w, caller)
	return func() {
		g.release(w)
		g.places.Release(1)
		own.places.Release(1)
		g.quit(caller)
	}, nil
}

// comeAgain returns the error of a request that got no place.
func comeAgain() error {
	return Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5,
		"too many exports are being made; try again")
}

// acquire takes a place: one of those of a caller, or of all. While it waits, clients that read
// too slowly lose theirs: it looks at what each has read after a quarter of the time, and again
// when a quarter is left.
func (g *Gate) acquire(ctx context.Context, places *semaphore.Weighted, of string) error {
	if places.TryAcquire(1) {
		return nil
	}
	taken := make(chan map[*Response]int64, 1)
	first := time.AfterFunc(g.patience/4, func() { taken <- g.takeStock(of) })
	second := time.AfterFunc(g.patience*3/4, func() { g.cutSlowest(<-taken, g.patience/2) })
	defer first.Stop()
	defer second.Stop()
	return places.Acquire(ctx, 1)
}

// takeStock returns how much was sent of each reply that has a place: of a caller, or of all
// for "".
func (g *Gate) takeStock(of string) map[*Response]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	sent := make(map[*Response]int64, len(g.holders))
	for w, caller := range g.holders {
		if of == "" || of == caller {
			sent[w] = w.sent.Load()
		}
	}
	return sent
}

// cutSlowest cuts the reply whose client read the least since stock was taken, if that was too
// little.
func (g *Gate) cutSlowest(before map[*Response]int64, since time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var slowest *Response
	least := int64(LeastRate * since.Seconds())
	for w := range g.holders {
		sent, known := before[w]
		if !known || w.cut.Load() || !w.sending.Load() {
			continue // new, gone already, or not waiting for its client
		}
		if took := w.sent.Load() - sent; took < least {
			slowest, least = w, took
		}
	}
	if slowest != nil {
		slowest.giveUp()
	}
}

// join and quit keep the lines that are in use. A full line cannot be joined.
func (g *Gate) join(caller string) (own *line, joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	own = g.lines[caller]
	if own == nil {
		own = &line{places: semaphore.NewWeighted(g.share)}
		g.lines[caller] = own
	}
	if own.length == MaxLine {
		return own, false
	}
	own.length++
	return own, true
}

func (g *Gate) quit(caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if own := g.lines[caller]; own.length > 1 {
		own.length--
	} else {
		delete(g.lines, caller)
	}
}

// hold and release keep track of the replies that have a place.
func (g *Gate) hold(w *Response, caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holders[w] = caller
}

func (g *Gate) release(w *Response) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.holders, w)
}
