package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// gate passes connections on to a server, until it is shut: then the address refuses connections, and those that
// were open are cut off.
type gate struct {
	testing.TB
	address, server string

	mu       sync.Mutex
	listener net.Listener // nil while it is shut
	open     map[net.Conn]bool
}

// newGate opens a gate to a server on this machine.
func newGate(t testing.TB, server string) *gate {
	g := &gate{TB: t, address: "127.0.0.1:0", server: server, open: map[net.Conn]bool{}}
	g.unlock()
	g.address = g.listener.Addr().String()
	t.Cleanup(g.shut)
	return g
}

// unlock lets connections through.
func (g *gate) unlock() {
	g.Helper()
	listener, err := net.Listen("tcp", g.address)
	if err != nil {
		g.Fatal(err)
	}
	g.mu.Lock()
	g.listener = listener
	g.mu.Unlock()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(listener, client)
		}
	}()
}

// shut refuses connections.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener == nil {
		return
	}
	g.listener.Close()
	g.listener = nil
	for c := range g.open {
		c.Close()
	}
}

// pass copies between a client and the server until either ends.
func (g *gate) pass(listener net.Listener, client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", g.server)
	if err != nil {
		return
	}
	defer server.Close()
	g.mu.Lock()
	if g.listener != listener {
		g.mu.Unlock()
		return
	}
	g.open[client], g.open[server] = true, true
	g.mu.Unlock()
	ended := make(chan struct{}, 2)
	for _, pair := range [2][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // either end may close it
			ended <- struct{}{}
		}()
	}
	<-ended
	g.mu.Lock()
	delete(g.open, client)
	delete(g.open, server)
	g.mu.Unlock()
}
