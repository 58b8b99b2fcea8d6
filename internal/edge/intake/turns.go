package intake

import (
	"context"
	"runtime"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/fair"
)

const (
	// turnBytes is how much of bodies a caller may decode before it is the turn of others of its
	// organization, in bytes.
	turnBytes = 256 << 10
	// turnPiece is how much of a body is decoded before waiting callers get a turn, in bytes.
	turnPiece = 64 << 10
)

// newTurns returns the gate of callers who decode reports. It has one more place than there are
// cores: an organization can use all cores, another finds a free place, and other work, mainly
// storing reports, does not wait behind hundreds who decode.
func newTurns() *fair.Gate { return fair.NewGate(runtime.GOMAXPROCS(0)+1, turnBytes) }

// Turn is a request's place among those that decode reports. It is given up while waiting for the
// sender, and after every piece if others wait; so neither a large body nor many bodies hold up
// others for long.
type Turn struct {
	gate        *fair.Gate
	ctx         context.Context
	group, line string
	inside      bool
	decoded     int64 // since the place was taken
}

// newTurn returns the turn of a request, without a place.
func newTurn(gate *fair.Gate, r *edge.Request) *Turn {
	return &Turn{gate: gate, ctx: r.Context(), group: r.Caller.Organization, line: r.Caller.ID}
}

// enter waits for a place, unless it has one. The caller must call Leave.
func (t *Turn) enter() error {
	if t.inside {
		return nil
	}
	t.decoded = 0
	err := t.gate.Enter(t.ctx, t.group, t.line, turnPiece)
	t.inside = err == nil
	return err
}

// Leave gives up the place, if there is one.
func (t *Turn) Leave() {
	if t.inside {
		t.inside = false
		t.gate.Leave(t.group)
	}
}

// Did counts work; after every piece it lets waiting callers in.
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
