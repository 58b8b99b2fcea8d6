package assets

import (
	"sync"
	"time"

	"github.com/muster-project/muster/internal/edge"
)

// How long the place of a pull without tokens is remembered after its last page, and how many are.
const (
	pinLife = 15 * time.Minute
	maxPins = 4096
)

// pins remember where the pulls of callers that count $skip by themselves are, so that each stays in the
// snapshot with which it began. They are bounded, and lost when the server starts again: then such a
// pull goes on in the newest snapshot. It is safe for concurrent use.
type pins struct {
	mu   sync.Mutex
	held *edge.Recent[pull, pin]
}

// pin is a place, and when the last page of its pull was made.
type pin struct {
	place
	used time.Time
}

// pull is a caller and a list.
type pull struct{ caller, list string }

func newPins() *pins { return &pins{held: edge.NewRecent[pull, pin](maxPins, pinLife)} }

// at returns the place of a pull; a zero one if none is remembered.
func (p *pins) at(of pull, now time.Time) place {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.held.At(of, now)
	if now.Sub(known.used) > pinLife {
		return place{} // it was asked for before it was forgotten
	}
	return known.place
}

// set remembers the place of a pull.
func (p *pins) set(of pull, at place, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*p.held.At(of, now) = pin{at, now}
}
