package jwt

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// FetchEvery is the shortest time between two fetches of an issuer's address, whatever keys
	// the arriving tokens name.
	FetchEvery = time.Minute
	// maxFetched is the largest reply of an issuer, in bytes.
	maxFetched = 1 << 20
)

var (
	// errFetch: an issuer was asked, and the answer was an error.
	errFetch = errors.New("asking the issuer")
	// errTooSoon: the issuer was asked a moment ago, and answered.
	errTooSoon = errors.New("the issuer was asked a moment ago")
)

// patientTransport fetches over https, each address once in FetchEvery, with a time limit.
type patientTransport struct {
	base  http.RoundTripper
	clock func() time.Time

	mu   sync.Mutex
	last map[string]fetch // by address; an issuer has few
}

// fetch is the result of the last fetch of an address.
type fetch struct {
	at  time.Time
	err error
}

func newPatientTransport(base http.RoundTripper, clock func() time.Time) *patientTransport {
	return &patientTransport{base: base, clock: clock, last: map[string]fetch{}}
}

// RoundTrip implements http.RoundTripper.
func (p *patientTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := AdmitURL(r.URL); err != nil {
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

// admit allows a fetch of an address, or returns the result of the one a moment ago.
func (p *patientTransport) admit(address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if before, ok := p.last[address]; ok && now.Before(before.at.Add(FetchEvery)) {
		return before.err
	}
	p.last[address] = fetch{now, errTooSoon}
	return nil
}

// note remembers that a fetch failed.
func (p *patientTransport) note(address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[address] = fetch{p.last[address].at, err}
}

// AdmitURL refuses addresses that are reached over a network without TLS.
func AdmitURL(u *url.URL) error {
	host := u.Hostname()
	address, err := netip.ParseAddr(host)
	local := strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return fmt.Errorf("%q must be https", Printable(u.Redacted()))
	}
	return nil
}
