package edge

import (
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
)

// Request is a request with what every handler needs.
type Request struct {
	*http.Request
	Caller auth.Caller
	Query  Query
}

// SentPath returns the path as the client sent it, with its case and escapes.
func (r *Request) SentPath() string {
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		return u.EscapedPath()
	}
	return r.URL.EscapedPath()
}
