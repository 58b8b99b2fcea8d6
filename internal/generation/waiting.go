package generation

import (
	"sync"

	"github.com/muster-project/muster/internal/store/publication"
)

// wait is for the end of a generation that was asked for.
type wait struct {
	organization, request string
	done                  chan struct{}
	snapshot              publication.Snapshot
	err                   error
}

// publications are those of this process that have not come to their end, and the
// organizations for which somebody is at work.
type publications struct {
	mu      sync.Mutex
	waiting map[string]*wait // by request
	serving map[string]bool  // and whether something was asked for since
}

// join returns the wait for a request, which those who join it share.
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

// end tells those who wait for a request what became of it.
func (w *publications) end(request string, s publication.Snapshot, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.waiting[request]; n != nil {
		delete(w.waiting, request)
		n.snapshot, n.err = s, err
		close(n.done)
	}
}

// endAll tells everybody who waits for an organization's that nothing is made now.
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

// serve tells whether nobody serves an organization yet; those who do are told that
// something was asked for.
func (w *publications) serve(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, busy := w.serving[organization]
	w.serving[organization] = busy
	return !busy
}

// more tells whether something was asked for since who serves has looked; if not,
// they leave.
func (w *publications) more(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	more := w.serving[organization]
	if w.serving[organization] = false; !more {
		delete(w.serving, organization)
	}
	return more
}
