package node

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// Running is a running server.
type Running struct {
	// URL is an address by which programs on this machine reach the server.
	URL string

	node   *Node
	server *http.Server
	end    context.CancelFunc
	tasks  *sync.WaitGroup
	broken chan error
}

// Start begins to serve a folder at an endpoint, and to run scheduled tasks. The caller must
// Wait for its end, or Close it.
func Start(ctx context.Context, n *Node, at *Endpoint, config api.Config, due Schedule) (*Running, error) {
	life, end := context.WithCancel(ctx)
	n.snapshots.every = due.Snapshots
	handler, err := n.server(config)
	if err != nil {
		end()
		return nil, errors.Join(&badSetting{err}, at.Close()) // only settings can cause it
	}
	r := &Running{node: n, URL: at.URL(), end: end, broken: make(chan error, 1)}
	if err := n.lock.announce(r.URL); err != nil {
		end()
		return nil, errors.Join(err, at.Close())
	}
	tasks := due.start(life, n)
	r.tasks, r.server = tasks, newHTTPServer(handler, n.log)
	handler.Watch(r.server)
	tasks.Go(func() { at.keep(life) })
	tasks.Go(func() { reread(life, n.people.Refresh) })
	tasks.Go(func() { handler.Tell(life) })
	go func() { r.broken <- at.serve(r.server) }()
	return r, nil
}

// Close ends the server at once.
func (r *Running) Close() error {
	r.end()
	return r.server.Close()
}

// Here serves the API to this process only, as a caller with all permissions in one organization:
// everyone who can read the folder, or the database and the key, has them anyway. close ends that, and
// closes the node.
func (n *Node) Here(ctx context.Context, organization string) (s *control.Session, close func() error, err error) {
	life, end := context.WithCancel(ctx)
	name := "data folder"
	if n.shared {
		name = "database"
	}
	here := &auth.Caller{Organization: organization, Name: name,
		Permissions: auth.Permissions(), AllGroups: true}
	handler, err := n.server(api.Config{Trusted: here})
	if err != nil {
		end()
		return nil, nil, err
	}
	p := newPipe()
	server := newHTTPServer(handler, n.log)
	go func() { _ = server.Serve(p) }() // it ends with close; its error is of no interest
	s = control.NewSession(control.Config{Base: &url.URL{Scheme: "http", Host: "localhost"},
		HTTP: &http.Client{Transport: &http.Transport{DialContext: p.dial}}, Here: true})
	return s, func() error {
		end()
		handler.Tell(life) // updates the metrics
		return errors.Join(server.Close(), n.Close())
	}, nil
}
