package fair

import (
	"context"
	"slices"
	"sync"
)

// Gate lets a number of callers work at a time. Others wait in the lines of groups, as in [Lines],
// except that groups take turns whatever their work. No group gets all places: if there are
// several, one is left for the others. A Gate is safe for concurrent use.
type Gate struct {
	places, share int
	quantum       int64

	mu     sync.Mutex
	taken  int
	groups map[string]*crowd
	order  []string // groups with waiting callers, in the order of their turns
}

// crowd has a group's working and waiting callers.
type crowd struct {
	taken int
	lines *Lines[*ticket]
	wait  int
}

// ticket is a waiting caller.
type ticket struct{ admitted chan struct{} }

// NewGate makes a gate with a number of places, at least 1; quantum is the work that a line may do
// before the next one's turn.
func NewGate(places int, quantum int64) *Gate {
	return &Gate{places: places, share: max(1, places-1), quantum: quantum, groups: map[string]*crowd{}}
}

// Enter waits for a place to do some work. Callers that got one must call Leave with the same
// group.
func (g *Gate) Enter(ctx context.Context, group, line string, work int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := g.join(group, line, work)
	select {
	case <-t.admitted:
		return nil
	case <-ctx.Done():
		g.part(group, line, t)
		return ctx.Err()
	}
}

// Leave gives a place back.
func (g *Gate) Leave(group string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free(group)
}

// Busy reports whether anyone waits.
func (g *Gate) Busy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.order) > 0
}

func (g *Gate) join(group, line string, work int64) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.groups[group]
	if c == nil {
		c = &crowd{lines: New[*ticket](g.quantum)}
		g.groups[group] = c
	}
	t := &ticket{make(chan struct{})}
	c.lines.Put(group, line, t, work)
	if c.wait++; c.wait == 1 {
		g.order = append(g.order, group)
	}
	g.admit()
	return t
}

// part gives up waiting, or the place that was given meanwhile.
func (g *Gate) part(group, line string, t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.admitted:
		g.free(group)
		return
	default:
	}
	c := g.groups[group]
	c.lines.Remove(group, line, func(other *ticket) bool { return other == t })
	c.wait--
	g.forget(group)
}

// free gives a place of a group to the next caller.
func (g *Gate) free(group string) {
	g.taken--
	g.groups[group].taken--
	g.admit()
	g.forget(group)
}

// forget removes an idle group.
func (g *Gate) forget(group string) {
	c := g.groups[group]
	if c.wait == 0 {
		g.order = slices.DeleteFunc(g.order, func(other string) bool { return other == group })
	}
	if c.wait == 0 && c.taken == 0 {
		delete(g.groups, group)
	}
}

// admit gives free places to the callers whose turn it is.
func (g *Gate) admit() {
	for g.taken < g.places {
		i := slices.IndexFunc(g.order, func(group string) bool { return g.groups[group].taken < g.share })
		if i < 0 {
			return
		}
		group := g.order[i]
		c := g.groups[group]
		t, _ := c.lines.Take() // someone waits, since the group is in order
		c.wait, c.taken, g.taken = c.wait-1, c.taken+1, g.taken+1
		close(t.admitted)
		g.order = slices.Delete(g.order, i, i+1)
		if c.wait > 0 {
			g.order = append(g.order, group)
		}
	}
}
