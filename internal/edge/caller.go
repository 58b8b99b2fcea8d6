package edge

import (
	"context"
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
	if known, ok := r.Context().Value(callerKey{}).(*auth.Caller); ok {
		return *known, nil
	}
	if c.trusted != nil {
		return *c.trusted, nil
	}
	return c.authority.Check(r.Context(), r.Header.Get("Authorization"))
}

// Local tells whether the process serves itself: its caller has the data folder.
func (c *Callers) Local() bool { return c.trusted != nil }

// callerKey is the key of the caller in the context of a request from inside.
type callerKey struct{}

// As returns the context of requests that this process sends to itself for a caller that it has identified, such as a
// browser's. No header can set it.
func As(ctx context.Context, c *auth.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
