package control

import (
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

// Config says how a Session reaches its server.
type Config struct {
	// Base is the server's address. Paths of calls are added to it.
	Base *url.URL
	// HTTP sends the requests. It must not follow redirections: whatever they
	// lead to is not what was asked to have tokens and secrets.
	HTTP *http.Client
	// Login is who asks; nil is nobody.
	Login *Login
	// Here says that the server is this process, on its own data folder: what
	// fails there for lack of room does not get better by waiting.
	Here bool
}

// Session sends requests to one server in somebody's name. Any goroutine may use
// it.
type Session struct {
	Config
}

// NewSession begins a session. Nothing is sent.
func NewSession(c Config) *Session { return &Session{c} }

// As is the session in another name.
func (s *Session) As(who *Login) *Session {
	other := s.Config
	other.Login = who
	return &Session{other}
}

// Bounds of what a session waits for and reads.
const (
	// maxReply bounds a reply, in bytes.
	maxReply = 64 << 20
	// maxTries is how often a busy server is asked.
	maxTries = 5
	// longestWait bounds how long a busy server is waited for at a time.
	longestWait = time.Minute
)

// Do sends a call and decodes the reply into a value; nil reads none. A busy
// server is asked again, a few times, when it said so.
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

// Once is Do for those who wait in their own way: a busy server is asked once.
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

// try sends a call once, and once more where the server takes the token no
// longer and there is another.
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

// Token is the token that the session's requests have at present; empty for
// nobody.
func (s *Session) Token(ctx context.Context) (string, error) { return s.Login.authorize(ctx, s.send) }

// send sends a call as it is, with a token if there is one.
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
		body = ownBody{opened} // the client closes it
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

// ownBody is the body of a request. That it cannot be read is no fault of the
// server, so its errors are told from those of sending.
type ownBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b ownBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	return n, err
}

// bodyError says that the body of a request could not be read.
type bodyError struct{ error }

// Unwrap returns the cause.
func (b *bodyError) Unwrap() error { return b.error }

// IsConfidential tells whether nobody on the way to an address can read what is
// sent there: it is this machine, or speaks TLS.
func IsConfidential(base *url.URL) bool {
	host := base.Hostname()
	return base.Scheme == "https" || host == "localhost" || IsLoopback(host)
}

// IsLoopback tells whether a host is an address of this machine alone.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
