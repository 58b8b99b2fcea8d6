package api

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth"
)

// callers tell who sends requests. They are the one place that does.
type callers struct {
	trusted   *auth.Caller // who every request comes from; nil asks each for its token
	authority *auth.Authority
}

// of tells who sends a request.
func (c *callers) of(r *http.Request) (auth.Caller, error) {
	if c.trusted != nil {
		return *c.trusted, nil
	}
	return c.authority.Check(r.Context(), r.Header.Get("Authorization"))
}

// local tells that the process serves itself: whoever asks has the data folder.
func (c *callers) local() bool { return c.trusted != nil }
