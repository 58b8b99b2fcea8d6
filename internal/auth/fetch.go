package auth

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// fetchEvery is how often one address of an issuer is fetched at most,
	// whatever keys the tokens name that arrive.
	fetchEvery = time.Minute
	// maxFetched bounds what an issuer may answer, in bytes.
	maxFetched = 1 << 20
)

var (
	// errFetch says that an issuer was asked and did not answer well.
	errFetch = errors.New("asking the issuer")
	// errTooSoon says that it was asked a short while ago, and answered.
	errTooSoon = errors.New("the issuer was asked a moment ago")
)

// patientTransport fetches over https, each address once in fetchEvery, and
// not without end.
type patientTransport struct {
	base  http.RoundTripper
	clock func() time.Time

	mu   sync.Mutex
	last map[string]fetch // by address: those of one issuer, so they are few
}

// fetch is how the last fetching of an address went.
type fetch struct {
	at  time.Time
	err error
}

func newPatientTransport(base http.RoundTripper, clock func() time.Time) *patientTransport {
	return &patientTransport{base: base, clock: clock, last: map[string]fetch{}}
}

// RoundTrip implements http.RoundTripper.
func (p *patientTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := admitURL(r.URL); err != nil {
		return nil, fmt.Errorf("%w: %w", errFetch, err)
	}
	address := r.URL.String()
	if err := p.admit(address); err != nil {
		return nil, err
	}
	response, err := p.base.RoundTrip(r)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("status %s", response.Status), response.Body.Close())
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errFetch, err)
		p.note(address, err)
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxFetched), response.Body}
	return response, nil
}

// admit lets an address be fetched, or returns how it went a moment ago.
func (p *patientTransport) admit(address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if before, ok := p.last[address]; ok && now.Before(before.at.Add(fetchEvery)) {
		return before.err
	}
	p.last[address] = fetch{now, errTooSoon}
	return nil
}

// note remembers that a fetching failed.
func (p *patientTransport) note(address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[address] = fetch{p.last[address].at, err}
}
