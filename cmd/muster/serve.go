package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
)

// serveCmd is `muster serve`.
type serveCmd struct {
	Data string `required:"" placeholder:"DIR" env:"MUSTER_DATA" help:"The data folder, made if absent."`
	listening

	Interval     time.Duration `default:"6h" env:"MUSTER_INTERVAL" help:"Time from one snapshot to the next; 0 makes them on demand only."`
	Memory       int           `default:"450" placeholder:"MIB" env:"MUSTER_MEMORY" help:"Memory that it keeps to as far as it can, in MiB; 0 is what GOMEMLIMIT says, or none."`
	FeedInterval time.Duration `default:"0" env:"MUSTER_FEED_INTERVAL" help:"Time from one fetching of feeds to the next; 0 never fetches by itself."`
	checking

	retention
	limitFlags
	auditFlags
	accessFlags
	console.LogFlags
	console.Outgoing
}

// Help is the long part of the command's help.
func (serveCmd) Help() string {
	return `Serves the export calls, takes in reports, and makes snapshots at an interval: the first one at once where there is none, or where reports wait. Without TLS it listens on this machine alone, unless --behind-proxy says that a proxy adds TLS.

Feeds are not fetched unless --feed-interval says so: muster feed import works without a network, muster feed refresh fetches once.

Once a day it reads everything it has, slowly, and proves it as muster verify does. Damage is in the log, in the metric muster_verify_problems and in /readyz; nothing is changed.

Callers need tokens. The first start makes an administrator, and writes the client's id and secret to administrator.json in the data folder, which only its owner can read: put them into MUSTER_TENANT_ID, MUSTER_CLIENT_ID and MUSTER_CLIENT_SECRET, and other commands may do everything. muster client add makes further clients.

It keeps near --memory whatever is sent to it; near that number it looks for memory that is not used any more, which takes time.

It stops on SIGTERM and SIGINT, within 20 seconds: downloads may finish, a snapshot that is being made is continued at the next start. The address it listens on is the first line of standard output.

Examples:

    muster serve --data muster-data
    muster serve --data /var/lib/muster --interval 1h --feed-interval 24h --log-format json
    muster serve --data /var/lib/muster --listen :8443 --tls-cert cert.pem --tls-key key.pem
    muster serve --data /var/lib/muster --listen :443 --acme-domain muster.example.com
    muster serve --data /var/lib/muster --behind-proxy --trusted-proxy 127.0.0.1

Exit statuses: 0 stopped, 1 failed, 2 wrong usage, 3 data folder refused or in use.`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	log, err := c.Logger(t)
	if err != nil {
		return err
	}
	if c.Memory > 0 {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(c.Memory) << 20))
	}
	defer cutShort(ctx, stopTime, func() {
		log.ErrorContext(ctx, "could not stop in time: what is not finished is cut, what was acknowledged is kept")
		os.Exit(console.StatusFailed)
	})()
	client, err := c.Client()
	if err != nil {
		return err
	}
	f, err := openFolder(ctx, folderConfig{path: c.Data, command: k.Selected().Name, make: true,
		settings: c.settings(), client: client, log: log, audit: c.auditFlags, access: c.accessFlags, out: t.Out})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	at, err := c.listening.open(ctx, c.Data, client, log)
	if err != nil {
		return err
	}
	config := c.config()
	config.Serves = at.serves()
	if c.BehindProxy && c.PublicURL == "" {
		log.WarnContext(ctx, "no public URL: links and issuers carry any host that the proxy passes on, and clients cannot prove themselves by assertions for this server")
	}
	config.MaxLinkHours, config.Limits, config.Registry = c.MaxLinkHours, c.limits(), newRegistry()
	administrator, err := f.ensureAdministrator(ctx, cmp.Or(strings.TrimSuffix(c.PublicURL, "/"), at.url()))
	if err != nil {
		return errors.Join(err, at.Close())
	}
	r, err := start(ctx, f, at, config, schedule{snapshots: c.Interval, feeds: c.FeedInterval, verify: c.VerifyInterval, rate: int64(c.VerifyRate) << 20})
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "serving", "url", r.url, "data", c.Data, "version", version)
	told := fmt.Sprintf("serving %s\n", r.url)
	if administrator != "" {
		log.InfoContext(ctx, "administrator made", "file", administrator)
		told += fmt.Sprintf("the administrator's id and secret are in %s\n", administrator)
	}
	fmt.Fprint(t.Out, told) // at once: who reads the first line may leave then
	return r.wait(ctx)
}

// check refuses settings that make no sense.
func (c *serveCmd) check() error {
	for name, d := range map[string]time.Duration{"interval": c.Interval, "feed-interval": c.FeedInterval, "verify-interval": c.VerifyInterval} {
		if d != 0 && d < time.Second {
			return console.Usage("--%s is %v, must be 0 or at least a second", name, d)
		}
	}
	if c.VerifyRate < 1 {
		return console.Usage("--verify-rate is %d, must be at least 1", c.VerifyRate)
	}
	if c.Memory < 0 || c.Memory > 1<<30 {
		return console.Usage("--memory is %d, must be 0 to %d", c.Memory, 1<<30)
	}
	return cmp.Or(c.retention.check(), c.auditFlags.check(), c.listening.check())
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// running is a server at work.
type running struct {
	folder *folder
	server *http.Server
	url    string
	end    context.CancelFunc
	tasks  *sync.WaitGroup
	broken chan error
}

// start begins to serve a folder at an endpoint, and to do what is due. The
// caller must wait for its end.
func start(ctx context.Context, f *folder, at *endpoint, config api.Config, due schedule) (*running, error) {
	life, end := context.WithCancel(ctx)
	config.Lifetime = life
	handler, err := f.server(config)
	if err != nil {
		end()
		return nil, errors.Join(console.AsUsage(err), at.Close()) // nothing but settings can be wrong with it
	}
	r := &running{folder: f, url: at.url(), end: end, broken: make(chan error, 1)}
	if err := f.lock.announce(r.url); err != nil {
		end()
		return nil, errors.Join(err, at.Close())
	}
	tasks, resumed := due.start(life, f)
	r.tasks, r.server = tasks, newHTTPServer(inOrder(handler, resumed), f.log)
	handler.Watch(r.server)
	tasks.Go(func() { at.keep(life) })
	tasks.Go(func() { handler.Tell(life) })
	go func() { r.broken <- at.serve(r.server) }()
	return r, nil
}

// inOrder lets requests for a snapshot wait until the folder is in order. All
// others are served meanwhile.
func inOrder(next http.Handler, resumed <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/generations" {
			select {
			case <-resumed:
			case <-r.Context().Done():
			}
		}
		next.ServeHTTP(w, r)
	})
}
