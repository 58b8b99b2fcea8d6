package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Config configures a Session.
type Config struct {
	// Base is the server's address. Paths of calls are added to it.
	Base *url.URL
	// HTTP sends the requests. It must not follow redirects: tokens and secrets must only go
	// to the server that was named.
	HTTP *http.Client
	// Login authenticates requests; nil sends no token.
	Login *Login
	// Here: the server is this process, on its own data folder. An error for lack of space does
	// not go away by waiting then.
	Here bool
}

// Session sends requests to one server with one login. It is safe for concurrent use.
type Session struct {
	Config
}

// NewSession begins a session. It sends nothing.
func NewSession(c Config) *Session { return &Session{c} }

// As returns the session with another login.
func (s *Session) As(who *Login) *Session {
	other := s.Config
	other.Login = who
	return &Session{other}
}

// Limits of a session.
const (
	// maxReply is the largest reply, in bytes.
	maxReply = 64 << 20
	// maxTries is the number of attempts at a busy server.
	maxTries = 5
	// longestWait is the longest wait between two attempts.
	longestWait = time.Minute
)

// Do sends a call and decodes the reply into a value; nil discards it. If the server says that
// it is busy, Do tries again a few times.
func (s *Session) Do(ctx context.Context, c Call, into any) error {
	for n := 1; ; n++ {
		err := s.Once(ctx, c, into)
		var reply *Error
		if err == nil || n == maxTries || !errors.As(err, &reply) || !reply.Busy() || reply.RetryAfter == 0 {
			return err
		}
		if s.Here && reply.Status == http.StatusServiceUnavailable {
			return err
		}
		select {
		case <-time.After(min(reply.RetryAfter, longestWait)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stream sends a call once, and has take read the body of the reply.
func (s *Session) Stream(ctx context.Context, c Call, take func(io.Reader) error) error {
	return s.Once(ctx, c, take)
}

// Once is Do with one attempt, for callers that retry by themselves.
func (s *Session) Once(ctx context.Context, c Call, into any) error {
	err := s.try(ctx, c, into)
	var own *bodyError
	if errors.As(err, &own) {
		return own.error
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("%w from %s: %w", ErrNoAnswer, s.Base, failed.Err)
	}
	return err
}

// try sends a call once, and once more if the server no longer accepts the token and the login
// can get another.
func (s *Session) try(ctx context.Context, c Call, into any) error {
	token, err := s.Login.authorize(ctx, s.send)
	if err != nil {
		return err
	}
	err = s.send(ctx, c, token, into)
	var reply *Error
	if !errors.As(err, &reply) || reply.Status != http.StatusUnauthorized || !s.Login.forget(token) {
		return err
	}
	if token, err = s.Login.authorize(ctx, s.send); err != nil {
		return err
	}
	return s.send(ctx, c, token, into)
}

// Token returns the token that requests have at present; "" for none.
func (s *Session) Token(ctx context.Context) (string, error) { return s.Login.authorize(ctx, s.send) }

// send sends a call, with a token if it is not "".
func (s *Session) send(ctx context.Context, c Call, token string, into any) error {
	request, err := s.request(ctx, c)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return readError(response)
	}
	if into == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	if take, ok := into.(func(io.Reader) error); ok {
		return take(response.Body)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxReply)).Decode(into); err != nil {
		return fmt.Errorf("reading the reply of %s: %w", request.URL.Redacted(), err)
	}
	return nil
}

func (s *Session) request(ctx context.Context, c Call) (*http.Request, error) {
	address := s.Base.JoinPath(c.Path)
	address.RawQuery = c.Query.Encode()
	var body io.Reader
	if c.Body != nil {
		opened, err := c.Body()
		if err != nil {
			return nil, err
		}
		if body, err = small(opened); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, c.Method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	if c.ContentType != "" {
		request.Header.Set("Content-Type", c.ContentType)
	}
	if c.Gzipped {
		request.Header.Set("Content-Encoding", "gzip")
	}
	return request, nil
}

// smallBody is how long a body is that is sent at once with the head of its request, in bytes.
const smallBody = 2 << 10

// small returns what to send for a body. A small one is read first and sent with its length, in one piece with the
// head: a server that refuses a request without reading it, such as one that expects TLS, has then replied before
// the client could fail to send the rest. The client closes a large one.
func small(opened io.ReadCloser) (io.Reader, error) {
	begin := make([]byte, smallBody)
	n, err := io.ReadFull(opened, begin)
	switch err {
	case nil:
		return ownBody{joined{io.MultiReader(bytes.NewReader(begin), opened), opened}}, nil
	case io.EOF, io.ErrUnexpectedEOF:
		if err := opened.Close(); err != nil {
			return nil, &bodyError{err}
		}
		return bytes.NewReader(begin[:n]), nil
	}
	return nil, errors.Join(&bodyError{err}, opened.Close())
}

// joined closes what the rest of a body comes from.
type joined struct {
	io.Reader
	io.Closer
}

// ownBody is the body of a request. It marks errors of reading the body, which are not errors of
// the server.
type ownBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b ownBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	return n, err
}

// bodyError: the body of a request could not be read.
type bodyError struct{ error }

// Unwrap returns the cause.
func (b *bodyError) Unwrap() error { return b.error }

// IsConfidential tells whether what is sent to an address cannot be read on the way: the address
// is this machine, or uses TLS.
func IsConfidential(base *url.URL) bool {
	host := base.Hostname()
	return base.Scheme == "https" || host == "localhost" || IsLoopback(host)
}

// IsLoopback tells whether a host is a loopback address.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
