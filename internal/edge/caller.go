package edge

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth"
)

// Callers tell who sends requests. They are the one place that does.
type Callers struct {
	trusted   *auth.Caller // who every request comes from; nil asks each for its token
	authority *auth.Authority
}

// Of tells who sends a request.
func (c *Callers) Of(r *http.Request) (auth.Caller, error) {
	if c.trusted != nil {
		return *c.trusted, nil
	}
	return c.authority.Check(r.Context(), r.Header.Get("Authorization"))
}

// Local tells that the process serves itself: whoever asks has the data folder.
func (c *Callers) Local() bool { return c.trusted != nil }
