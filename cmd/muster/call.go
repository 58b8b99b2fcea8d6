package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
)

// call is one request to the API.
type call struct {
	method, path string
	query        url.Values
	// body, if there is one, is opened for every try.
	body        func() (io.ReadCloser, error)
	contentType string
	gzipped     bool
}

// replyError is a reply that tells of an error: contract.md, section 7.
type replyError struct {
	Status int
	Told   defender.Error
	// RetryAfter is when to try again, 0 if the reply does not say.
	RetryAfter time.Duration
}

// Error says what the server said.
func (r *replyError) Error() string {
	if r.Told.Message == "" {
		return fmt.Sprintf("the server replied %d %s", r.Status, http.StatusText(r.Status))
	}
	return r.Told.Message
}

// busy tells whether the same request may work later.
func (r *replyError) busy() bool {
	return r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable
}

// inDoubt tells whether nothing is published at present.
func (r *replyError) inDoubt() bool {
	switch r.Told.Code {
	case defender.CodeClockAhead, defender.CodeClockBehind, defender.CodeFleetShrinks:
		return true
	}
	return false
}

// exitStatus is the exit status that tells of the reply.
func (r *replyError) exitStatus() int {
	switch {
	case r.inDoubt():
		return statusDoubt
	case r.busy(), r.Status == http.StatusBadGateway, r.Status == http.StatusGatewayTimeout:
		return statusUnreachable
	case r.Status >= 400 && r.Status < 500:
		return statusInput
	}
	return statusFailed
}

// maxReply bounds a reply, in bytes.
const maxReply = 64 << 20

// longestWait bounds how long a command waits for a busy server at a time.
const longestWait = time.Minute

// do sends a request and decodes the reply into one value. A busy server is
// asked again, as often as tries says, when it said so.
func (s *state) do(ctx context.Context, c call, into any) error {
	const tries = 5
	for n := 1; ; n++ {
		err := s.try(ctx, c, into)
		var reply *replyError
		if err == nil || n == tries || !errors.As(err, &reply) || !reply.busy() || reply.RetryAfter == 0 {
			return s.explain(err)
		}
		if s.alone && reply.Status == http.StatusServiceUnavailable {
			return s.explain(err)
		}
		select {
		case <-time.After(min(reply.RetryAfter, longestWait)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// once is do for those who wait in their own way: the server is asked once.
func (s *state) once(ctx context.Context, c call, into any) error {
	return s.explain(s.try(ctx, c, into))
}

// explain tells a server that does not answer from what could not be sent, and
// what may be done about it.
func (s *state) explain(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) || errors.Is(err, errInput) {
		return s.explainReply(err)
	}
	hint := "is the server running? muster serve starts one"
	var stranger x509.UnknownAuthorityError
	switch {
	case errors.As(err, &stranger):
		hint = "--ca-file FILE trusts a private authority"
	case errors.Is(err, http.ErrSchemeMismatch):
		hint = "the server speaks no TLS: --server " + s.spoken("http")
	}
	return hinted(fmt.Errorf("%w from %s: %w", errNoAnswer, s.base, failed.Err), "%s", hint)
}

// explainReply says what may be done about a reply: about that of a port of
// TLS, which does not come from the API, and about those to nobody.
func (s *state) explainReply(err error) error {
	var reply *replyError
	switch {
	case !errors.As(err, &reply):
	case reply.Status == http.StatusBadRequest && reply.Told.Message == "" && s.base.Scheme == "http":
		return hinted(err, "if the server speaks TLS: --server %s", s.spoken("https"))
	case reply.Status == http.StatusUnauthorized && s.login == nil:
		return hinted(err, "%s, or %s, %s and %s say who asks; muster client add makes a client",
			tokenVariable, tenantVariable, clientVariable, secretVariable)
	}
	return err
}

// spoken is the server's address with another scheme.
func (s *state) spoken(scheme string) string {
	address := *s.base
	address.Scheme = scheme
	return address.String()
}

// try sends a request once, and once more where the server takes the token no
// longer and there is another.
func (s *state) try(ctx context.Context, c call, into any) error {
	token, err := s.login.authorize(ctx, s)
	if err != nil {
		return err
	}
	err = s.send(ctx, c, token, into)
	var reply *replyError
	if !errors.As(err, &reply) || reply.Status != http.StatusUnauthorized || !s.login.forget(token) {
		return err
	}
	if token, err = s.login.authorize(ctx, s); err != nil {
		return err
	}
	return s.send(ctx, c, token, into)
}

// send sends a request as it is, with a token if there is one.
func (s *state) send(ctx context.Context, c call, token string, into any) error {
	request, err := s.request(ctx, c)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body := io.LimitReader(response.Body, maxReply)
	if response.StatusCode >= 300 {
		return readError(response, body)
	}
	if into == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("reading the reply of %s: %w", request.URL.Redacted(), err)
	}
	return nil
}

func (s *state) request(ctx context.Context, c call) (*http.Request, error) {
	address := s.base.JoinPath(c.path)
	address.RawQuery = c.query.Encode()
	var body io.Reader
	if c.body != nil {
		opened, err := c.body()
		if err != nil {
			return nil, err
		}
		body = opened // the client closes it
	}
	request, err := http.NewRequestWithContext(ctx, c.method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	if c.contentType != "" {
		request.Header.Set("Content-Type", c.contentType)
	}
	if c.gzipped {
		request.Header.Set("Content-Encoding", "gzip")
	}
	return request, nil
}

// readError reads the body of an error, of the API or of its token call; one
// that has none of ours is told by its status.
func readError(response *http.Response, body io.Reader) error {
	failed := &replyError{Status: response.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(body, 64<<10)) // what is cut off is no JSON
	var told defender.ErrorBody
	var noToken struct { // contract.md, section 6
		Code    string `json:"error"`
		Message string `json:"error_description"`
	}
	if json.Unmarshal(text, &told) == nil {
		failed.Told = told.Error
	} else if json.Unmarshal(text, &noToken) == nil {
		failed.Told.Code = noToken.Code
		failed.Told.Message, _, _ = strings.Cut(noToken.Message, "\r\n")
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		failed.RetryAfter = time.Duration(min(seconds, math.MaxInt32)) * time.Second
	}
	return failed
}
