package edge

import (
	"context"
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
)

// Unheard lets a handler answer a request that nobody has sent, with some parameters, as if a caller had, and throws
// the reply away. No log has it, and it is not counted: it is for what the handler remembers.
func Unheard(ctx context.Context, h Handler, as auth.Caller, query url.Values) error {
	asked := &Request{Request: (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{},
		Body: http.NoBody}).WithContext(ctx), Caller: as, Query: Query{raw: query.Encode(), values: map[string]string{}}}
	for name := range query {
		asked.Query.values[parameterName(name)] = query.Get(name)
	}
	return h(newResponse(nowhere{}, ""), asked)
}

// nowhere is a reply that nobody gets.
type nowhere struct{}

// Header implements http.ResponseWriter.
func (nowhere) Header() http.Header { return http.Header{} }

// Write implements http.ResponseWriter.
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (nowhere) WriteHeader(int) {}

// Take implements Taker.
func (nowhere) Take(any) bool { return true }
