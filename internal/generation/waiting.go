package generation

import (
	"sync"

	"github.com/muster-project/muster/internal/store/publication"
)

// wait is shared by all callers that wait for the end of a requested generation.
type wait struct {
	organization, request string
	done                  chan struct{}
	snapshot              publication.Snapshot
	err                   error
}

// publications holds the requests of this process that have not ended, and the organizations that a
// goroutine serves.
type publications struct {
	mu      sync.Mutex
	waiting map[string]*wait // by request
	serving map[string]bool  // true: something was requested since the goroutine last looked
}

// join returns the wait for a request. All callers that join the request share it.
func (w *publications) join(organization string, asked publication.Request) *wait {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.waiting[asked.ID]
	if n == nil {
		n = &wait{organization: organization, request: asked.ID, done: make(chan struct{})}
		w.waiting[asked.ID] = n
	}
	return n
}

// end gives the result of a request to all who wait for it.
func (w *publications) end(request string, s publication.Snapshot, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.waiting[request]; n != nil {
		delete(w.waiting, request)
		n.snapshot, n.err = s, err
		close(n.done)
	}
}

// endAll ends all waits for an organization with an error.
func (w *publications) endAll(organization string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for request, n := range w.waiting {
		if n.organization == organization {
			delete(w.waiting, request)
			n.err = err
			close(n.done)
		}
	}
}

// serve returns true if no goroutine serves the organization yet. Otherwise it tells that goroutine
// that something was requested.
func (w *publications) serve(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, busy := w.serving[organization]
	w.serving[organization] = busy
	return !busy
}

// more returns true if something was requested since the serving goroutine last looked. If it
// returns false, the goroutine must end.
func (w *publications) more(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	more := w.serving[organization]
	if w.serving[organization] = false; !more {
		delete(w.serving, organization)
	}
	return more
}
