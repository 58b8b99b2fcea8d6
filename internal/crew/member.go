package crew

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store/publication"
)

const (
	// beatEvery is how often a process tells that it lives.
	beatEvery = publication.WorkerTime / 3
	// leaveTime is the longest time that leaving may take.
	leaveTime = 5 * time.Second
)

// Member is this process as one of those that make ranges. It joins when it makes the first one. A
// process that was taken for dead joins again. A Member is safe for concurrent use.
type Member struct {
	Store *publication.Workers
	// Node is the node's name, for people. Able is JSON that says which generations it can make.
	Node, Able string
	Log        *slog.Logger
	// Life ends with the process; its cause is why. Go runs a function in a goroutine that the
	// process waits for, or returns an error if it is ending.
	Life context.Context
	Go   func(func()) error
	// Trace is called before each beat.
	Trace func(step string)

	mu     sync.Mutex
	worker *publication.Worker // nil before it joins
	beats  bool
	left   bool
}

// Worker returns the worker that this process is. It joins if it has not yet.
func (m *Member) Worker(ctx context.Context) (*publication.Worker, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left {
		return nil, context.Cause(m.Life)
	}
	if m.worker != nil {
		return m.worker, nil
	}
	w, err := m.Store.Join(ctx, m.Node, m.Able)
	if err != nil {
		return nil, err
	}
	if !m.beats {
		if err := m.Go(m.live); err != nil {
			return nil, errors.Join(err, w.Leave(ctx))
		}
		m.beats = true
	}
	m.worker = w
	return w, nil
}

// ID returns the id of the worker that this process is; empty if it has not joined.
func (m *Member) ID() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.worker == nil {
		return ""
	}
	return m.worker.ID()
}

// Buried forgets a worker that was taken for dead: the process joins again.
func (m *Member) Buried(w *publication.Worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.worker == w {
		m.worker = nil
	}
}

// Beat tells that the process lives, if it has joined.
func (m *Member) Beat(ctx context.Context) error {
	m.mu.Lock()
	w := m.worker
	m.mu.Unlock()
	if w == nil {
		return nil
	}
	m.Trace("renew")
	err := w.Beat(ctx)
	if errors.Is(err, publication.ErrBuried) {
		m.Log.WarnContext(ctx, "this process was paused, and others make its ranges", "node", m.Node)
		m.Buried(w)
		return nil
	}
	return err
}

// live beats until the process ends, and leaves.
func (m *Member) live() {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-m.Life.Done():
			m.leave()
			return
		case <-ticker.C:
		}
		if err := m.Beat(m.Life); err != nil && m.Life.Err() == nil {
			m.Log.WarnContext(m.Life, "telling that this process lives failed", "error", err)
		}
	}
}

func (m *Member) leave() {
	m.mu.Lock()
	w := m.worker
	m.worker, m.left = nil, true
	m.mu.Unlock()
	if w == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.Life), leaveTime)
	defer cancel()
	if err := w.Leave(ctx); err != nil { // others find that its time is over
		m.Log.WarnContext(ctx, "leaving failed", "error", err)
	}
}
