package edge

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connection is one of the HTTP server's.
type connection struct {
	// asked tells that a request came over it.
	asked atomic.Bool
}

// connectionKey is where the context of a request has its connection.
type connectionKey struct{}

// watchConnections lets an HTTP server tell of connections that end without a request: TLS
// that fails, what is no HTTP, scans. They reach no handler, and are counted
// with what else comes from nobody.
func watchConnections(server *http.Server, unasked func(from string)) {
	var open sync.Map // net.Conn to *connection
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		made := new(connection)
		open.Store(c, made)
		return context.WithValue(ctx, connectionKey{}, made)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if state != http.StateClosed && state != http.StateHijacked {
			return
		}
		if made, known := open.LoadAndDelete(c); known && !made.(*connection).asked.Load() { // it holds nothing else
			unasked(c.RemoteAddr().String())
		}
	}
}

// markAsked notes that a request came.
func markAsked(r *http.Request) {
	if c, watched := r.Context().Value(connectionKey{}).(*connection); watched {
		c.asked.Store(true)
	}
}
