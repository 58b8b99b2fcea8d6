package control

import (
	"io"
	"net/url"
)

// Call is one request.
type Call struct {
	Method, Path string
	Query        url.Values
	// Body, if there is one, is opened for every try.
	Body        func() (io.ReadCloser, error)
	ContentType string
	// Gzipped says that the body is compressed.
	Gzipped bool
}
