package api

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/api/answers"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/trail"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
)

// Config configures a Server. The fields before Version are required, and so are Keys and
// Authority.
type Config struct {
	Receiver  *receive.Receiver
	Publisher *generation.Publisher
	Verifier  *damage.Verifier
	Repairer  *damage.Repairer
	Library   *library.Library
	Store     *store.Store
	Files     *snapshot.Files
	Notifier  *notify.Notifier
	// Ahead, if it is not nil, makes lists before somebody asks for them.
	Ahead *answers.Ahead
	// Version is the version of the program: agents of an older build are behind. With "" none
	// is.
	Version string
	// Node is the name of this node in each line of the audit log; "" for none.
	Node string
	// Trusted is the caller of every request, if a process serves itself; nil requires a token
	// for each request.
	Trusted *auth.Caller
	// Keys sign links and seal skip tokens.
	Keys *auth.Keyring
	// Authority issues the tokens of callers, and checks them.
	Authority *auth.Authority
	// PublicURL is scheme and host for clients; "" takes them from each request.
	PublicURL string
	// AnyHost accepts any host in requests: for servers behind a proxy, which checks it. Without
	// it the host must be that of PublicURL, or one that Serves accepts.
	AnyHost bool
	// Serves tells whether a host, without its port, is this server: whether its certificate is
	// for it. Nil, without TLS, accepts the names of this machine.
	Serves func(host string) bool
	// TrustedProxies are the networks of proxies whose headers tell how a request came:
	// X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239). Headers of others are ignored.
	TrustedProxies []netip.Prefix
	// Pages makes the pages for browsers: what they see at the root, and other addresses, which are not described.
	// Nil: none.
	Pages func(*edge.Server) (home edge.Handler, others []edge.Route)
	// People says who sessions of people are by the roles of now; nil if nobody signs in at a provider.
	People func(*access.Session) (auth.Caller, error)
	// MaxLinkHours is the longest lifetime of links that a client may ask for, in hours: 1 to 24,
	// 6 if 0 (contract.md, section 2).
	MaxLinkHours int
	// DirectLinks signs links with which the store of files itself answers, to a file until a time. If it is
	// nil, the server answers links.
	DirectLinks func(ctx context.Context, file snapshot.File, until time.Time) (string, error)
	// Limits are the rate limits of a caller.
	Limits Limits
	// Audit gets the lines of the audit log; nil disables it.
	Audit io.Writer
	// Trail reads the audit log back; nil if it is not kept in files.
	Trail *trail.Log
	// MaxExports is how many pages are made at once; four times as many files are sent at once.
	// Others wait. One caller has at most three quarters. 16 if 0.
	MaxExports int
	// MaxSifted is how many rows a page with a filter looks at before it ends with those that it
	// has; 0 is a million.
	MaxSifted int64
	// MaxWait is how long they wait before they are refused: 10 s if 0.
	MaxWait time.Duration
	// MaxBody is the largest body of reports before and after decompression, in bytes: 256 MiB
	// if 0.
	MaxBody int64
	// MaxArriving limits the memory of arriving bodies with reports, and of what is kept of them
	// until it is stored: 64 MiB if 0. MaxDecoding limits the estimated memory of decoding them:
	// 96 MiB if 0. One caller has at most three quarters of either.
	MaxArriving, MaxDecoding int64
	// Answers answers questions about snapshots: one for a process, because it remembers what it read. Nil: a new one.
	Answers *answer.Answers
	// Clock is time.Now if nil, Log is silent if nil.
	Clock func() time.Time
	Log   *slog.Logger
	// Registry gets the metrics and is served at /metrics; a new one if nil.
	Registry *prometheus.Registry
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
	if c.Answers == nil {
		c.Answers = answer.New(c.Files)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	return c
}
