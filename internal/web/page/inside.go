package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

// inside sends requests to the API of this process as a caller. It is an http.RoundTripper.
type inside struct {
	api    http.Handler
	page   *http.Request
	caller *auth.Caller
	// changes collects the requests that change something.
	changes *changes
}

// errCut: the API could not complete a reply.
var errCut = errors.New("the reply of the API was cut off")

// RoundTrip lets the API answer. The request comes from where the page's came.
func (i *inside) RoundTrip(r *http.Request) (response *http.Response, err error) {
	in := r.Clone(edge.As(r.Context(), i.caller))
	in.RequestURI, in.RemoteAddr, in.Host, in.TLS = r.URL.RequestURI(), i.page.RemoteAddr, i.page.Host, i.page.TLS
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"} {
		if values := i.page.Header.Values(name); len(values) > 0 {
			in.Header[name] = values
		}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &reply{header: http.Header{}, status: http.StatusOK, takes: r.Context().Value(takes{}) != nil}
	defer func() {
		if problem := recover(); problem != nil {
			response, err = nil, fmt.Errorf("%w: %v", errCut, problem)
		}
	}()
	i.api.ServeHTTP(w, in)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		i.changes.add(w.header.Get("X-Request-Id"))
	}
	response = &http.Response{StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r}
	if w.value != nil {
		response.Body, response.ContentLength = handed{value: w.value}, -1
	}
	return response, nil
}

// reply is an http.ResponseWriter that keeps the reply.
type reply struct {
	header http.Header
	status int
	begun  bool
	body   bytes.Buffer
	// takes: a value is taken as it is.
	takes bool
	value any
}

// Take implements edge.Taker.
func (w *reply) Take(value any) bool {
	if w.takes {
		w.value = value
	}
	return w.takes
}

// takes is the key of the contexts of requests whose replies are taken as they are.
type takes struct{}

// handed is the body of a reply that is a value.
type handed struct{ value any }

// Read implements io.Reader; who takes the value does not call it.
func (handed) Read([]byte) (int, error) { return 0, errTaken }

// Close implements io.Closer.
func (handed) Close() error { return nil }

var errTaken = errors.New("the reply is a value, which cannot be read")

// Header implements http.ResponseWriter.
func (w *reply) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *reply) WriteHeader(status int) {
	if !w.begun && status >= http.StatusOK {
		w.status, w.begun = status, true
	}
}

// Write implements http.ResponseWriter.
func (w *reply) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// open returns a session with the API as the caller of a page.
func open(api http.Handler, page *http.Request, caller *auth.Caller, c *changes) *control.Session {
	return control.NewSession(control.Config{Base: &url.URL{Scheme: "http", Host: page.Host}, Here: true,
		HTTP: &http.Client{Transport: &inside{api, page, caller, c}}})
}

// Ask asks the API, once: people try again by themselves.
func Ask[T any](ctx context.Context, s *control.Session, r control.Request[T]) (value T, err error) {
	err = s.Once(ctx, r.Call, &value)
	return value, err
}

// Take is Ask for a reply that is only read: it comes as the API has made it, and not by way of JSON. It may share what
// the API remembers.
func Take[T any](ctx context.Context, s *control.Session, r control.Request[T]) (value T, err error) {
	err = s.Stream(context.WithValue(ctx, takes{}, true), r.Call, func(body io.Reader) error {
		made, _ := body.(handed)
		taken, ok := made.value.(T)
		if !ok {
			return fmt.Errorf("the API has replied with a %T, not a %T", made.value, value)
		}
		value = taken
		return nil
	})
	return value, err
}

// Refused returns what the API refused with; nil if the error is another one.
func Refused(err error) *control.Error {
	var e *control.Error
	errors.As(err, &e)
	return e
}
