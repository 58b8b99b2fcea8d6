package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/plain"
)

// serveCmd is `muster serve`.
type serveCmd struct {
	Data string `placeholder:"DIR" env:"MUSTER_DATA" help:"The data folder; made if there is none."`
	connect.Places
	nodeFlags
	listening

	Interval     time.Duration `default:"6h" env:"MUSTER_INTERVAL" help:"Time between two snapshots; 0 makes snapshots on demand only."`
	Memory       int           `default:"450" placeholder:"MIB" env:"MUSTER_MEMORY" help:"Soft limit for memory, in MiB; 0 leaves it to GOMEMLIMIT."`
	FeedInterval time.Duration `default:"0" env:"MUSTER_FEED_INTERVAL" help:"Time between two fetches of feeds; 0 fetches on demand only."`
	checking

	retention
	limitFlags
	auditFlags
	accessFlags
	noticeFlags
	console.LogFlags
	console.Outgoing
}

// Help is the long part of the command's help.
func (serveCmd) Help() string {
	return `Serves the export calls, receives reports, and makes snapshots at an interval: the first one at once if there is none, or if reports wait. Without TLS it listens on this machine only, unless --behind-proxy says that a proxy adds TLS.

Feeds are only fetched with --feed-interval. muster feed import works without a network, muster feed refresh fetches once.

Once a day it reads everything it keeps, slowly, and verifies it as muster verify does. It reports damage in the log, in the metric muster_verify_problems and in /readyz, and changes nothing.

Every request needs a token. The first start makes an administrator and writes its id and secret to administrator.json in the data folder, which only the owner can read. Put them into MUSTER_TENANT_ID, MUSTER_CLIENT_ID and MUSTER_CLIENT_SECRET to use other commands with --server. muster client add makes further clients.

With --database and --files in place of --data it is one of any number of equal nodes on one PostgreSQL database and one store of files: each receives, publishes and serves. The first one prints the administrator's id and secret, or writes them to --administrator. Give all nodes the same settings, the same key and the same --public-url; each has a --node name, and writes its audit log to standard output.

It keeps its memory near --memory. Near that limit it frees unused memory more often, which takes time.

It stops on SIGTERM and SIGINT, within 20 seconds: downloads may finish, and an unfinished snapshot is continued at the next start. The first line of standard output is the address it listens on.

Examples:

    muster serve --data muster-data
    muster serve --data /var/lib/muster --interval 1h --feed-interval 24h --log-format json
    muster serve --data /var/lib/muster --listen :8443 --tls-cert cert.pem --tls-key key.pem
    muster serve --data /var/lib/muster --listen :443 --acme-domain muster.example.com
    muster serve --data /var/lib/muster --behind-proxy --trusted-proxy 127.0.0.1
    muster serve --database postgres://muster@db/muster --files azblob://muster --key key.txt --behind-proxy --listen :8800

Exit statuses: 0 stopped, 1 failed, 2 wrong usage, 3 data folder refused or in use, or the key is not that of the database.`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) (err error) {
	if err := c.check(k); err != nil {
		return err
	}
	log, err := c.Logger(t)
	if err != nil {
		return err
	}
	if c.Memory > 0 {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(c.Memory) << 20))
	}
	defer node.CutShort(ctx, node.StopTime, func() {
		log.ErrorContext(ctx, "could not stop in time: unfinished work is cut off, what was acknowledged is kept")
		os.Exit(console.StatusFailed)
	})()
	client, err := c.Client()
	if err != nil {
		return err
	}
	issuers, err := node.ReadIssuers(c.Issuers)
	if err != nil {
		return err
	}
	config := node.Config{Path: c.Data, Places: c.places, Name: c.Node, Command: k.Selected().Name, Version: t.Version,
		NotifyNetworks: c.noticeFlags.values(), Make: true, Settings: c.retention.values().Settings(), Client: client,
		Log:   log,
		Audit: c.auditFlags.values(t.Out, c.Shared()), Access: node.Access{Issuers: issuers, Resources: c.Resource,
			SignIn: entrance.SignIn{File: c.SignIn, Secret: os.Getenv(signInSecret)}}}
	if c.Shared() {
		config.Name = connect.NodeName(c.Node)
	}
	f, err := node.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, administrator, err := c.start(ctx, f, client, log)
	if err != nil {
		return err
	}
	if c.Shared() {
		log.InfoContext(ctx, "serving", "url", r.URL, "place", f.Place, "node", config.Name, "version", t.Version)
	} else {
		log.InfoContext(ctx, "serving", "url", r.URL, "data", c.Data, "version", t.Version)
	}
	told := fmt.Sprintf("serving %s\n", r.URL)
	if administrator != nil {
		log.InfoContext(ctx, "administrator made", "file", administrator.File)
		told += tellAdministrator(administrator)
	}
	fmt.Fprint(t.Out, told) // in one write: a reader of the first line may close the pipe after it
	return r.Wait(ctx)
}

// tellAdministrator says where the credentials of the first administrator are, or what they are.
func tellAdministrator(made *node.Administrator) string {
	if made.File != "" {
		return fmt.Sprintf("the administrator's id and secret are in %s\n", made.File)
	}
	return fmt.Sprintf("the administrator's id and secret, which are shown once:\n%s", made.Text)
}

// start begins to serve. The first start makes an administrator, and returns its credentials.
func (c *serveCmd) start(ctx context.Context, f *node.Node, client *http.Client,
	log *slog.Logger) (r *node.Running, administrator *node.Administrator, err error) {
	at, err := node.Listen(ctx, c.place(), c.Data, client, log)
	if err != nil {
		return nil, nil, adviseAddress(ctx, adviseListening(err), c.Listen)
	}
	config := c.config()
	config.Serves = at.Serves()
	if c.BehindProxy && c.PublicURL == "" {
		log.WarnContext(ctx, "no public URL: links and issuers carry whatever host the proxy passes on, and clients cannot authenticate by assertions")
	}
	config.MaxLinkHours, config.Limits, config.Registry = c.MaxLinkHours, c.limits(), newRegistry()
	administrator, err = f.EnsureAdministrator(ctx, cmp.Or(strings.TrimSuffix(c.PublicURL, "/"), at.URL()), c.Administrator)
	if err != nil {
		return nil, nil, errors.Join(err, at.Close())
	}
	r, err = node.Start(ctx, f, at, config,
		node.Schedule{Snapshots: c.Interval, Feeds: c.FeedInterval, Verify: c.VerifyInterval,
			Rate: int64(c.VerifyRate) << 20})
	return r, administrator, err
}

// choose makes sure that there is either a data folder or places. A flag on the command line takes
// precedence over variables and files.
func (c *serveCmd) choose(k *kong.Context) (err error) {
	if err := c.Places.Prefer(k, &c.Data); err != nil {
		return err
	}
	switch {
	case c.Data == "" && !c.Shared():
		return console.Usage("want --data, or --database and --files")
	case c.CacheSize < 16 || c.CacheSize > 1<<30:
		return console.Usage("--cache-size is %d, must be 16 to %d", c.CacheSize, 1<<30)
	case c.Links == linksDirect && !c.Shared():
		return plain.Hinted(console.Usage("--links direct needs --files in object storage, and not --data"),
			"leave --links out: the server then answers the links")
	case c.Shared() && len(c.ACMEDomain) > 0:
		return console.Usage("--acme-domain needs --data: an authority asks any of the nodes; use --tls-cert, or a proxy")
	}
	if c.places, err = c.Places.Of(k); err != nil {
		return err
	}
	c.places.CacheBytes, c.places.DirectLinks = int64(c.CacheSize)<<20, c.Links == linksDirect
	return nil
}

// check refuses settings that are out of range, or contradict each other.
func (c *serveCmd) check(k *kong.Context) error {
	if err := c.choose(k); err != nil {
		return err
	}
	for name, d := range map[string]time.Duration{"interval": c.Interval, "feed-interval": c.FeedInterval,
		"verify-interval": c.VerifyInterval} {
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
