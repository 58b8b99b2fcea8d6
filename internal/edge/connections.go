package edge

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connection is a connection of the HTTP server.
type connection struct {
	conn net.Conn
	// asked tells whether a request came over it.
	asked atomic.Bool
}

// connectionKey is the key of the connection in the context of a request.
type connectionKey struct{}

// watchConnections makes an HTTP server report connections that end without a request: TLS that fails, data
// that is not HTTP, scans. They reach no handler, and are counted like other requests without a
// valid token.
func watchConnections(server *http.Server, unasked func(from string)) {
	var open sync.Map // net.Conn to *connection
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		made := &connection{conn: c}
		open.Store(c, made)
		return context.WithValue(ctx, connectionKey{}, made)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if state != http.StateClosed && state != http.StateHijacked {
			return
		}
		if made, known := open.LoadAndDelete(c); known && !made.(*connection).asked.Load() { // the map has no other type
			unasked(c.RemoteAddr().String())
		}
	}
}

// markAsked notes that a request came over its connection.
func markAsked(r *http.Request) {
	if c, watched := r.Context().Value(connectionKey{}).(*connection); watched {
		c.asked.Store(true)
	}
}

// Left reports whether the client no longer waits for a reply. It asks the connection itself where the system
// tells: the context of a request learns later that a connection has ended, if the process was paused
// meanwhile. A client of HTTP/2 that ends a request and not the connection is told by the context alone.
func (r *Request) Left() bool {
	if r.Context().Err() != nil {
		return true
	}
	c, watched := r.Context().Value(connectionKey{}).(*connection)
	return watched && hasEnded(c.conn)
}
