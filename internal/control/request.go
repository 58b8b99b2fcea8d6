package control

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// Request is a call whose reply is a T.
type Request[T any] struct{ Call }

// Reply is a value with the JSON it was read from, which also has the members that only a newer
// server knows.
type Reply[T any] struct {
	Value T
	JSON  json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Reply[T]) UnmarshalJSON(text []byte) error {
	r.JSON = bytes.Clone(text)
	return json.Unmarshal(text, &r.Value)
}

// Nothing is the reply of calls that return no value.
type Nothing struct{}

// Do sends a request and returns its reply. It retries while a server is busy, as Session.Do
// does.
func Do[T any](ctx context.Context, s *Session, r Request[T]) (reply Reply[T], err error) {
	err = s.Do(ctx, r.Call, &reply)
	return reply, err
}

// JSON is the media type of JSON.
const JSON = "application/json"

// get returns a GET request.
func get[T any](path string) Request[T] { return Request[T]{Call{Method: http.MethodGet, Path: path}} }

// remove returns a DELETE request.
func remove(path string) Request[Nothing] {
	return Request[Nothing]{Call{Method: http.MethodDelete, Path: path}}
}

// send returns a request with a value as its body.
func send[T any](method, path string, value any) Request[T] {
	return Request[T]{Call{Method: method, Path: path, ContentType: JSON, Body: func() (io.ReadCloser, error) {
		text, err := json.Marshal(value)
		return io.NopCloser(bytes.NewReader(text)), err
	}}}
}

// with returns the request with parameters.
func (r Request[T]) with(query url.Values) Request[T] {
	r.Query = query
	return r
}

// at returns the path of the thing with an id.
func at(path, id string) string { return path + "/" + url.PathEscape(id) }
