package fair_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/fair"
)

// visitor is a caller that wants a place.
type visitor struct {
	group, line string
	cancel      context.CancelFunc
	inside      bool
	gone        bool
}

// hall is a gate with its visitors.
type hall struct {
	*fair.Gate
	all     []*visitor
	entered []string
}

// come lets a visitor come.
func (h *hall) come(group, line string) *visitor {
	ctx, cancel := context.WithCancel(context.Background())
	v := &visitor{group: group, line: line, cancel: cancel}
	h.all = append(h.all, v)
	go func() {
		if err := h.Enter(ctx, group, line, 1); err != nil {
			v.gone = true
			return
		}
		v.inside = true
		h.entered = append(h.entered, group+line)
	}()
	synctest.Wait()
	return v
}

// leave lets a visitor leave.
func (h *hall) leave(v *visitor) {
	v.inside, v.gone = false, true
	v.cancel()
	h.Leave(v.group)
	synctest.Wait()
}

func TestGateLeavesAPlaceForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hall{Gate: fair.NewGate(3, 1)}
		var crowd []*visitor
		for n := range 5 {
			crowd = append(crowd, h.come("many ", fmt.Sprint(n%2)))
		}
		one := h.come("one ", "x")
		if got := strings.Join(h.entered, ","); got != "many 0,many 1,one x" {
			t.Fatalf("inside are %s", got)
		}
		other := h.come("two ", "y")
		h.leave(crowd[0]) // another group gets the place: it waited, and its turn is first
		h.leave(one)
		h.leave(crowd[1])
		h.leave(other)
		if got := strings.Join(h.entered[3:], ","); got != "many 0,two y,many 1" {
			t.Errorf("then came %s", got)
		}
		for _, v := range h.all {
			v.cancel()
		}
	})
}

// TestGateIsNeverOverrun lets visitors come, leave and give up at random. There are never more
// inside than places, one group never has all places, and nobody waits while a place is free for
// them.
func TestGateIsNeverOverrun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places := rapid.IntRange(1, 4).Draw(rt, "places")
		synctest.Test(t, func(*testing.T) {
			h := &hall{Gate: fair.NewGate(places, 1)}
			for range rapid.IntRange(1, 40).Draw(rt, "steps") {
				group := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "group")
				if rapid.Bool().Draw(rt, "come") {
					h.come(group, rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "line"))
				} else if len(h.all) > 0 {
					v := rapid.SampledFrom(h.all).Draw(rt, "visitor")
					switch {
					case v.inside:
						h.leave(v)
					case !v.gone:
						v.cancel()
						synctest.Wait()
					}
				}
				h.check(rt, places)
			}
			for _, v := range h.all {
				if v.inside {
					h.leave(v)
				}
				v.cancel()
				synctest.Wait()
			}
			for _, v := range h.all { // visitors who came in when others left
				if v.inside {
					h.leave(v)
				}
			}
			h.check(rt, places)
			if h.Busy() {
				rt.Fatal("somebody waits, and nobody is there")
			}
		})
	})
}

func (h *hall) check(t *rapid.T, places int) {
	inside, waiting, sum := map[string]int{}, map[string]int{}, 0
	for _, v := range h.all {
		switch {
		case v.inside:
			inside[v.group]++
			sum++
		case !v.gone:
			waiting[v.group]++
		}
	}
	share := max(1, places-1)
	if sum > places {
		t.Fatalf("%d are inside, there are %d places", sum, places)
	}
	for _, group := range []string{"a", "b", "c"} {
		if inside[group] > share {
			t.Fatalf("%d of %q are inside, of %d places", inside[group], group, places)
		}
		if waiting[group] > 0 && sum < places && inside[group] < share {
			t.Fatalf("%d of %q wait, %d are inside, %d of all, of %d places", waiting[group], group, inside[group], sum, places)
		}
	}
	if h.Busy() != (len(waiting) > 0) {
		t.Fatalf("busy is %v, and %v wait", h.Busy(), waiting)
	}
}
