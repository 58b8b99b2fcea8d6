package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Config says what a Server works on. Publisher, Library, Store, Files, Keys and Authority
// are needed.
type Config struct {
	Publisher *generation.Publisher
	Library   *library.Library
	Store     *store.Store
	Files     *snapshot.Files
	// Trusted is who every request comes from, where a process serves itself;
	// nil asks each request for its token.
	Trusted *auth.Caller
	// Keys are what skip tokens and links are made with.
	Keys *auth.Keyring
	// Authority issues the tokens of callers, and checks them.
	Authority *auth.Authority
	// PublicURL is scheme and host as clients see them; empty takes them from
	// each request.
	PublicURL string
	// AnyHost answers whatever host a request names: for servers behind a proxy,
	// which decides that. Without it the host must be that of PublicURL, or one
	// that Serves takes.
	AnyHost bool
	// Serves tells whether a host, without its port, is this server: that its
	// certificate is for it. Nil, without TLS, takes the names of this machine.
	Serves func(host string) bool
	// TrustedProxies are where proxies connect from whose headers tell how a
	// request came: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239).
	// Nobody else's are read.
	TrustedProxies []netip.Prefix
	// MaxLinkHours is the longest life of links that a client may ask for, in
	// hours: 1 to 24, 6 if 0 (contract.md, section 2).
	MaxLinkHours int
	// Limits are how often one caller may use one call.
	Limits Limits
	// Audit gets a line of JSON for each request that matters (audit.go); nil
	// writes none.
	Audit io.Writer
	// MaxExports is how many pages are made at once, and four times as many
	// files sent; more wait. One caller has at most three quarters. 16 if 0.
	MaxExports int
	// MaxWait is how long they wait before they are told to come again: 10 s
	// if 0.
	MaxWait time.Duration
	// MaxBody bounds the body of reports before and after decompression, in
	// bytes: 256 MiB if 0.
	MaxBody int64
	// MaxArriving bounds the memory of bodies with reports that come in, and of
	// what is kept of them until it is stored: 64 MiB if 0. MaxDecoding bounds
	// what decoding them takes, by estimate: 96 MiB if 0. One caller has at most
	// three quarters of either.
	MaxArriving, MaxDecoding int64
	// Clock is time.Now if nil, Log is silent if nil.
	Clock func() time.Time
	Log   *slog.Logger
	// Registry gets the metrics and is served at /metrics; a new one if nil.
	Registry *prometheus.Registry
	// Lifetime is the server's own: a generation that a request asked for goes
	// on under it when the client leaves. context.Background() if nil.
	Lifetime context.Context
}

// Server answers requests. It is an http.Handler; listening, with TLS or
// without, is left to the caller.
type Server struct {
	Config
	origin    string // of PublicURL; empty if there is none
	crossing  *http.CrossOriginProtection
	mux       *http.ServeMux
	metadata  []byte // behind $metadata
	openAPI   []byte // behind /openapi.json
	tokens    tokenSealer
	links     linkSigner
	codec     *inventory.Codec
	limits    *callLimits
	failures  *failures
	reporting *deviceRates
	turns     *fair.Gate // of those who decode reports
	audit     *audit
	tally     *tally
	pages     *gate
	downloads *gate
	arrivals  *room // for bodies of reports
	decoding  *room // for decoding them
	senders   senders
	writers   sync.Pool // of *pageWriter
	metrics   *metrics
}

// New returns a Server, or an error that names what is wrong with the Config.
func New(c Config) (*Server, error) {
	if c.Publisher == nil || c.Library == nil || c.Store == nil || c.Files == nil || c.Keys == nil || c.Authority == nil {
		return nil, errors.New("making a server: publisher, library, store, files, keys and authority are needed")
	}
	c = c.withDefaults()
	if c.MaxLinkHours < 1 || c.MaxLinkHours > 24 {
		return nil, fmt.Errorf("making a server: links may live 1 to 24 hours, not %d", c.MaxLinkHours)
	}
	s := &Server{
		Config:    c,
		tokens:    tokenSealer{c.Keys},
		links:     linkSigner{c.Keys},
		crossing:  http.NewCrossOriginProtection(),
		limits:    newCallLimits(c.Limits),
		failures:  newFailures(),
		reporting: newDeviceRates(),
		tally:     newTally(),
		turns:     newTurns(),
		pages:     newGate(c.MaxExports, c.MaxWait),
		downloads: newGate(4*c.MaxExports, c.MaxWait),
		arrivals:  newRoom(c.MaxArriving, c.MaxWait),
		decoding:  newRoom(c.MaxDecoding, c.MaxWait),
		senders:   senders{all: map[*body]bool{}},
	}
	s.arrivals.crowded = s.senders.cutSlow
	s.metrics = newMetrics(c, s.arrivals, s.decoding)
	s.audit = newAudit(c)
	s.writers.New = func() any { return newPageWriter() }
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("making a server: %w", err)
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.MaxLinkHours == 0 {
		c.MaxLinkHours = 6
	}
	if c.MaxExports <= 0 {
		c.MaxExports = 16
	}
	if c.MaxWait <= 0 {
		c.MaxWait = 10 * time.Second
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 256 << 20
	}
	if c.MaxArriving <= 0 {
		c.MaxArriving = 64 << 20
	}
	if c.MaxDecoding <= 0 {
		c.MaxDecoding = 96 << 20
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Lifetime == nil {
		c.Lifetime = context.Background()
	}
	return c
}

// prepare makes what may fail.
func (s *Server) prepare() (err error) {
	if s.origin, err = publicOrigin(s.PublicURL); err != nil {
		return err
	}
	if s.origin != "" {
		if err := s.crossing.AddTrustedOrigin(s.origin); err != nil {
			return err
		}
	}
	if s.codec, err = inventory.NewCodec(); err != nil {
		return err
	}
	if s.openAPI, err = s.describeAPI(); err != nil {
		return err
	}
	s.metadata = defender.Metadata()
	s.mux = s.newMux()
	return nil
}
