package people

import (
	"errors"
	"io"
	"net/http"
	"net/url"
)

// maxAnswer is the largest answer of a provider to a code or a token, in bytes.
const maxAnswer = 1 << 20

// narrow calls the hosts that the settings of a provider name, and reads a limited answer.
type narrow struct {
	base  http.RoundTripper
	allow func(*url.URL) error
}

// errTooLong: an answer has more than maxAnswer bytes.
var errTooLong = errors.New("the answer is too long")

// RoundTrip implements http.RoundTripper.
func (n *narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := n.allow(r.URL); err != nil {
		return nil, err
	}
	response, err := n.base.RoundTrip(r)
	if err == nil {
		response.Body = &limited{response.Body, maxAnswer}
	}
	return response, err
}

// limited is a body that fails after a number of bytes.
type limited struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (l *limited) Read(b []byte) (n int, err error) {
	if l.left <= 0 {
		return 0, errTooLong
	}
	n, err = l.ReadCloser.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}
