package intake

import (
	"context"
	"runtime"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/fair"
)

const (
	// turnBytes is how much of bodies a caller may have decoded before it is the
	// turn of others of its organization, in bytes.
	turnBytes = 256 << 10
	// turnPiece is how much of a body is decoded before others are let in who
	// wait, in bytes.
	turnPiece = 64 << 10
)

// newTurns makes the gate of those who decode reports. There are places for one
// more than there are cores: an organization can use all of them, another finds
// one free, and what else is to be done, storing reports before all, does not
// wait behind hundreds who decode.
func newTurns() *fair.Gate { return fair.NewGate(runtime.GOMAXPROCS(0)+1, turnBytes) }

// Turn is a request's place among those that decode reports. It is given up
// while the sender is waited for, and after every piece if others wait; so
// neither a large body nor many of them hold up others for long.
type Turn struct {
	gate        *fair.Gate
	ctx         context.Context
	group, line string
	inside      bool
	decoded     int64 // since the place was taken
}

// newTurn is the turn of a request, which has no place yet.
func newTurn(gate *fair.Gate, r *edge.Request) *Turn {
	return &Turn{gate: gate, ctx: r.Context(), group: r.Caller.Organization, line: r.Caller.ID}
}

// enter waits for a place, unless there is one. The caller must call leave.
func (t *Turn) enter() error {
	if t.inside {
		return nil
	}
	t.decoded = 0
	err := t.gate.Enter(t.ctx, t.group, t.line, turnPiece)
	t.inside = err == nil
	return err
}

// Leave gives the place up, if there is one.
func (t *Turn) Leave() {
	if t.inside {
		t.inside = false
		t.gate.Leave(t.group)
	}
}

// Did counts work; after every piece others are let in who wait.
func (t *Turn) Did(work int64) error {
	if t.decoded += work; t.decoded < turnPiece {
		return nil
	}
	t.decoded = 0
	if t.gate.Busy() {
		t.Leave()
	}
	return t.enter()
}
