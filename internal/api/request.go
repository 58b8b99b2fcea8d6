package api

import (
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
)

// request is a request with what every handler needs of it.
type request struct {
	*http.Request
	caller auth.Caller
	query  query
}

// sentPath is the path as the client sent it, in its own case and escapes.
func (r *request) sentPath() string {
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		return u.EscapedPath()
	}
	return r.URL.EscapedPath()
}
