package control

import (
	"io"
	"net/url"
)

// Call is one request.
type Call struct {
	Method, Path string
	Query        url.Values
	// Body, if not nil, is opened for every attempt.
	Body        func() (io.ReadCloser, error)
	ContentType string
	// Gzipped: the body is compressed.
	Gzipped bool
}
