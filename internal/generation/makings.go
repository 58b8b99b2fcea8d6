package generation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// idleTime is how long the inputs of a generation stay open after its last job.
const idleTime = 30 * time.Second

// errEnded ends jobs whose generation has ended.
var errEnded = errors.New("the generation has ended")

// makings are the generations whose ranges this process makes.
type makings struct {
	*base
	opening sync.Mutex // one is opened at a time
	mu      sync.Mutex
	all     map[generationKey]*making
}

// enter returns how a planned and running generation is made, for a job that must call leave. It is
// nil if there is no such generation.
func (a *makings) enter(ctx context.Context, organization string, number int64) (*making, error) {
	key := generationKey{organization, number}
	if m := a.join(key, nil); m != nil {
		return m, nil
	}
	a.opening.Lock()
	defer a.opening.Unlock()
	if m := a.join(key, nil); m != nil {
		return m, nil
	}
	g, err := a.store.Publication.Generation(ctx, organization, number)
	if errors.Is(err, database.ErrNotFound) || err == nil && (g.State != publication.Running || !g.Planned) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := a.ranges.Open(ctx, organization, g, nil)
	if err != nil {
		return nil, fmt.Errorf("opening what generation %d is made from: %w", number, err)
	}
	return a.join(key, r), nil
}

// conduct returns how the generation of a run is made, for its conductor, which must call finish. An
// earlier conductor may have left failures.
func (a *makings) conduct(r *merge.Run) *making {
	m := a.join(generationKey{r.Organization, r.Number}, r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failure = nil
	return m
}

// join counts one more user of a making. If there is none, it begins with r, or is nil if r is nil.
func (a *makings) join(key generationKey, r *merge.Run) *making {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.all[key]
	if m == nil && r != nil {
		m = newMaking(a.base, r)
		a.all[key] = m
	}
	if m != nil {
		m.users++
		m.jobs.Add(1)
	}
	return m
}

// leave ends what enter began. What nobody uses is closed some time later.
func (a *makings) leave(m *making) {
	m.jobs.Done()
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.users--; m.users == 0 {
		time.AfterFunc(idleTime, func() { a.drop(m, false) })
	}
}

// finish ends the jobs of a generation in this process, and waits for them.
func (a *makings) finish(m *making) {
	a.drop(m, true)
	m.end(errEnded)
	m.jobs.Done()
	m.jobs.Wait()
	m.trim()
}

// drop forgets a making if nobody uses it, or in any case.
func (a *makings) drop(m *making, inUse bool) {
	key := generationKey{m.Organization, m.Number}
	a.mu.Lock()
	dropped := a.all[key] == m && (inUse || m.users == 0)
	if dropped {
		delete(a.all, key)
	}
	a.mu.Unlock()
	if dropped && !inUse {
		m.end(errEnded)
		m.trim()
	}
}
