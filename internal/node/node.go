package node

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/api/answers"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/crew/queue"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/trail"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/web"
)

// Node is a process that works on what muster keeps: on a data folder, on which no other process works,
// or on a database and a store of files, which it shares with other nodes.
type Node struct {
	// Path is the folder of this process on this machine: the data folder, or its part of the cache.
	Path string
	// Place names what it works on, for people. It contains no secret.
	Place     string
	Store     *store.Store
	Library   *library.Library
	Publisher *generation.Publisher
	queue     *queue.Queue // of ranges, with other nodes; nil for none
	Receiver  *receive.Receiver
	Verifier  *damage.Verifier
	answers   *answer.Answers
	ahead     ahead
	notifier  *notify.Notifier
	repairer  *damage.Repairer

	name         string // of the node, in logs; "" for none
	shared       bool   // with other nodes
	lock         *Lock  // of Path
	key          [32]byte
	keys         *auth.Keyring
	files        *snapshot.Files
	intelligence blob.Store
	bucket       *bucket.Store // object storage; nil where files are in a folder
	// direct signs links of object storage; nil where nodes serve the links.
	direct func(ctx context.Context, file blob.Ref, until time.Time) (string, error)
	// authority identifies callers.
	authority *auth.Authority
	people    *entrance.Door
	log       *slog.Logger
	version   string
	audit     io.WriteCloser // nil for none
	snapshots snapshotTimes
}

// ahead is what is read and made before somebody asks.
type ahead struct {
	mutex sync.Mutex // while it is done
	// read has, by organization, of which snapshot and catalog it was done.
	read  map[string]string
	lists answers.Ahead
}

// Config says how to open a data folder, or the places that nodes share.
type Config struct {
	// Path is the data folder; empty if there are Places.
	Path   string
	Places Places
	// Name is that of this node in the audit log and in the log; "" for none.
	Name string
	// Command is the name of this command, for the error of other processes.
	Command string
	// Version is the version of the program: agents of an older build are behind.
	Version string
	// Make makes the folder, or the tables of the database, if there are none.
	Make bool
	// Settings are generation.DefaultSettings if zero.
	Settings generation.Settings
	// Clock is by what reports are received, feeds taken and snapshots made: time.Now if nil. Who may do what is
	// always decided by the machine's own clock.
	Clock func() time.Time
	// NotifyNetworks are networks that are not of the internet and to which notices may be sent.
	NotifyNetworks []netip.Prefix
	// Client fetches feeds and the keys of outside issuers.
	Client *http.Client
	Access Access
	Log    *slog.Logger
	// Tell is called with what takes long; if nil it is logged.
	Tell  func(text string)
	Audit Audit
	// Give says what may be given up if something is damaged.
	Give GivenUp

	moves bool // opens a folder that was moved
}

// GivenUp says what may be given up if a folder is damaged.
type GivenUp struct {
	// Key: tokens, links and skip tokens.
	Key bool
	// Log: what was stored last.
	Log bool
}

// openRooms opens what works on the database and the files, in the reverse order of Close. aliases opens
// the operator's own titles.
func (n *Node) openRooms(ctx context.Context, c Config, aliases func(context.Context) (io.ReadCloser, error)) error {
	checks, err := benchmark.Default()
	if err != nil {
		return err
	}
	n.Library = library.New(library.Config{Store: n.Store, Files: n.intelligence, Folder: n.Path,
		Aliases: aliases, Shared: n.shared, Client: c.Client, Clock: c.Clock, Tell: c.teller()})
	if n.queue, err = openQueue(ctx, n.Store, c.Log); err != nil {
		return err
	}
	var jobs crew.Crew // nil without a queue
	if n.queue != nil {
		jobs = n.queue
	}
	n.Publisher, err = generation.New(generation.Config{Store: n.Store, Files: n.files, Benchmark: checks,
		Library: n.Library, Settings: c.settings(), Clock: c.Clock, Log: c.Log, Alone: !n.shared,
		Node: n.name, Crew: jobs})
	if err != nil {
		return err
	}
	if n.queue != nil {
		n.queue.Use(n.Publisher.Make)
	}
	codec, err := stored.NewCodec()
	if err != nil {
		return err
	}
	n.Receiver = receive.New(receive.Config{Reports: n.Store.Reports, Watcher: n.Publisher.Watcher(), Codec: codec,
		Clock: c.Clock})
	repair := damage.Config{Store: n.Store, Files: n.files, Library: n.Library, Publisher: n.Publisher, Log: c.Log}
	n.repairer = damage.NewRepairer(repair)
	if n.Verifier, err = damage.NewVerifier(repair); err != nil {
		return err
	}
	n.people, err = entrance.Open(ctx, entrance.Config{SignIn: c.Access.SignIn, Organizations: n.Store.Organizations,
		Access: n.Store.Access, Keys: n.keys, Client: c.Client, Log: n.log, Read: ReadPEM})
	if err != nil {
		return settingError("--sign-in: %w", err)
	}
	n.answers, n.ahead.read = answer.New(n.files), map[string]string{}
	n.notifier = openNotifier(notify.Config{Store: n.Store, Answers: n.answers, Library: n.Library,
		Manifest: n.Publisher.Manifest, Open: func(org, rule string, sealed []byte) ([]byte, error) {
			return n.keys.OpenKept(org, notify.Secret(rule), sealed)
		}, Log: c.Log}, c.NotifyNetworks, c.Version)
	return nil
}

func (c Config) settings() generation.Settings {
	if c.Settings == (generation.Settings{}) {
		return generation.DefaultSettings()
	}
	return c.Settings
}

// teller returns the function to call with what takes long.
func (c Config) teller() func(string) {
	if c.Tell != nil {
		return c.Tell
	}
	return func(text string) { c.Log.Info(text) }
}

func (n *Node) in(name string) string { return filepath.Join(n.Path, name) }

// server returns the handler of the API.
func (n *Node) server(c api.Config) (*edge.Server, error) {
	c.Receiver, c.Publisher, c.Verifier, c.Repairer, c.Library = n.Receiver, n.Publisher,
		n.Verifier, n.repairer, n.Library
	n.notifier.Base = c.PublicURL
	c.Notifier, c.Answers, c.Ahead = n.notifier, n.answers, &n.ahead.lists
	c.Store, c.Files, c.Keys, c.Authority = n.Store, n.files, n.keys, n.authority
	c.DirectLinks, c.People = n.direct, n.people.Caller
	if c.Trusted == nil { // a process that serves itself has no browsers
		c.Pages = func(s *edge.Server) (edge.Handler, []edge.Route) {
			return web.New(web.Config{Access: n.Store.Access, People: &n.people.Door, Clock: time.Now,
				Snapshots: n.snapshots.next}, s)
		}
	}
	c.Version, c.Log, c.Node = n.version, n.log, n.name
	if n.audit != nil {
		c.Audit = n.audit
		c.Trail, _ = n.audit.(*trail.Log) // nil for a stream
	}
	return api.New(c)
}

// Resume completes what an earlier process left: builds of the catalog, and if snapshots is set, an
// unfinished snapshot of an organization. Where there are other nodes it may be theirs; they look for
// what is nobody's.
func (n *Node) Resume(ctx context.Context, organization string, snapshots bool) error {
	if n.shared {
		return nil
	}
	err := n.Library.Resume(ctx)
	if err == nil && snapshots {
		err = n.Publisher.Resume(ctx, organization)
	}
	return err
}

// settleTime is how long Close waits for a generation that was told to stop. One that does
// not stop in time is abandoned.
const settleTime = 5 * time.Second

// Organization returns the id of the organization with an id or name; of the home
// organization if idOrName is "". Older programs allowed two organizations of one name: then
// the error is a *control.NameError, as if there were none.
func (n *Node) Organization(ctx context.Context, idOrName string) (string, error) {
	if idOrName == "" {
		return organization.Default, nil
	}
	all, err := n.Store.Organizations.All(ctx)
	if err != nil {
		return "", err
	}
	named := control.Find("organization", idOrName)
	for _, o := range all {
		named.Add(o.ID, o.Name)
	}
	return named.ID()
}

// Close closes what Open opened. Other nodes may go on with unfinished work at once.
func (n *Node) Close() error {
	var all []error
	if n.Publisher != nil {
		waiting, cancel := context.WithTimeout(context.Background(), settleTime)
		defer cancel()
		n.Publisher.Stop()
		handBack(waiting, n.queue, n.log)
		_ = n.Publisher.Close(waiting)
	}
	if n.Library != nil {
		n.Library.Close()
	}
	if n.intelligence != nil {
		all = append(all, n.intelligence.Close())
	}
	if n.files != nil {
		all = append(all, n.files.Close())
	}
	if n.Store != nil {
		all = append(all, n.Store.Close())
	}
	if n.audit != nil {
		all = append(all, n.audit.Close())
	}
	if n.lock != nil {
		all = append(all, n.lock.Release())
	}
	return errors.Join(all...)
}

// snapshotTimes are when snapshots are made without being asked for.
type snapshotTimes struct {
	every time.Duration // 0: never
	// first is when the first is due, in nanoseconds since 1970; 0 while that is not known: nodes that share a
	// database take turns.
	first atomic.Int64
}

// next returns the interval, 0 for never, and when the first snapshot after a time is due: the zero time if that is not
// known.
func (s *snapshotTimes) next(after time.Time) (every time.Duration, due time.Time) {
	nanos := s.first.Load()
	if s.every <= 0 || nanos == 0 {
		return s.every, time.Time{}
	}
	due = time.Unix(0, nanos)
	if late := after.Sub(due); late >= 0 {
		due = due.Add((late/s.every + 1) * s.every)
	}
	return s.every, due
}
