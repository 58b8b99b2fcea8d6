package page

import (
	"crypto/rand"
	"net/url"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/edge"
)

// Line says what a form has done, above the page that one is led to.
type Line struct {
	Text string
	// Audit has the ids of the change in the audit log.
	Audit []string
	// Failed: it was refused.
	Failed bool
}

// changes collects the ids of the requests by which a visit has changed something: they are in the audit log.
type changes struct {
	mu  sync.Mutex
	all []string
}

func (c *changes) add(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, id)
}

// begin forgets what was asked before the change itself, such as what would happen.
func (c *changes) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = nil
}

func (c *changes) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// withDone returns an address with the mark of a form.
func withDone(to, mark string) string {
	u, err := url.Parse(OwnPath(to))
	if err != nil {
		return "/"
	}
	values := u.Query()
	values.Set(doneName, mark)
	u.RawQuery = values.Encode()
	return u.RequestURI()
}

// takeDone takes the mark of a form out of the address of a page, which knows nothing of it.
func takeDone(r *edge.Request) (mark string) {
	if !strings.Contains(r.URL.RawQuery, doneName+"=") {
		return ""
	}
	values := r.URL.Query()
	mark = values.Get(doneName)
	values.Del(doneName)
	without, address := *r.Request, *r.URL
	address.RawQuery = values.Encode()
	without.URL = &address
	r.Request = &without
	return mark
}

// doneName is the name of the mark of a form in the address of the page that says what it has done.
const doneName = "done"

// sentPath is where the state of a form is shown that was sent before.
const sentPath = "/sent/"

// newMark makes the mark of a form: who sends it twice, with one mark, means one change.
func newMark() string { return rand.Text() }

// isMark tells whether a text may be a mark.
func isMark(text string) bool {
	return len(text) == len(rand.Text()) && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
