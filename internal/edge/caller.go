package edge

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth"
)

// Callers identify the callers of requests. Nothing else does.
type Callers struct {
	trusted   *auth.Caller // the caller of every request; nil checks each request's token
	authority *auth.Authority
}

// Of returns the caller of a request.
func (c *Callers) Of(r *http.Request) (auth.Caller, error) {
	if c.trusted != nil {
		return *c.trusted, nil
	}
	return c.authority.Check(r.Context(), r.Header.Get("Authorization"))
}

// Local tells whether the process serves itself: its caller has the data folder.
func (c *Callers) Local() bool { return c.trusted != nil }
