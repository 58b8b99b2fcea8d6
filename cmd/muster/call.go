package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
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

// exitStatus is the exit status that tells of the reply.
func (r *replyError) exitStatus() int {
	switch {
	case r.busy(), r.Status == http.StatusBadGateway, r.Status == http.StatusGatewayTimeout:
		return statusUnreachable
	case r.Status >= 400 && r.Status < 500:
		return statusInput
	}
	return statusFailed
}

// maxReply bounds a reply, in bytes.
const maxReply = 64 << 20

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
		select {
		case <-time.After(reply.RetryAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// explain tells a server that does not answer from what could not be sent.
func (s *state) explain(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) || errors.Is(err, errInput) {
		return err
	}
	return hinted(fmt.Errorf("%w from %s: %w", errNoAnswer, s.base, failed.Err), "is the server running? muster serve starts one")
}

// try sends a request once.
func (s *state) try(ctx context.Context, c call, into any) error {
	request, err := s.request(ctx, c)
	if err != nil {
		return err
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

// readError reads the body of an error; one that has none of ours is told by
// its status.
func readError(response *http.Response, body io.Reader) error {
	failed := &replyError{Status: response.StatusCode}
	var told defender.ErrorBody
	if json.NewDecoder(io.LimitReader(body, 64<<10)).Decode(&told) == nil {
		failed.Told = told.Error
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		failed.RetryAfter = time.Duration(min(seconds, 60)) * time.Second
	}
	return failed
}
