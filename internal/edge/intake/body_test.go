package intake

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/inventory"
)

// A report that costs more than its length suggests gives up its turn while it waits for more
// memory. If its sender leaves while it waits for the next turn, it must leave nothing behind:
// memory that is not given back is missing until the server ends.
func TestASenderThatLeavesBetweenTurnsKeepsNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Intake{maxBody: 1 << 20, maxDocument: inventory.MaxReport, cost: inventory.Cost,
			turns: fair.NewGate(1, turnBytes), decoding: newRoom(8<<20, time.Minute)}
		ctx, leave := context.WithCancel(t.Context())
		b := &Body{in: s, ctx: ctx, sender: sender{owner: owner{"o", "one"}}, ended: true,
			Turn: &Turn{gate: s.turns, ctx: ctx, group: "o", line: "one"}}
		costly := []byte(strings.Repeat("{", 1000))
		b.pieces = []piece{{data: costly}}

		wait := func(line string) {
			if err := s.turns.Enter(t.Context(), "o", line, turnPiece); err != nil {
				t.Error(err)
			}
		}
		wait("before it")
		ended := make(chan error, 1)
		go func() {
			_, _, err := b.Document()
			ended <- err
		}()
		synctest.Wait()
		go wait("after it") // and stays
		synctest.Wait()
		s.turns.Leave("o") // now it is the body's turn, and then that of the one that stays
		synctest.Wait()
		if !s.turns.Busy() || s.decoding.inUse() == 0 {
			t.Fatal("the body does not wait for its second turn")
		}
		leave()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if left := s.decoding.inUse(); left != 0 {
			t.Errorf("%d bytes are taken, and nobody is there", left)
		}
		s.turns.Leave("o")
	})
}
