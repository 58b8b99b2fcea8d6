package clienttest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// cutter is a TCP proxy between clients and the server. It cuts each of the first connections after
// a number of bytes from the server. It does not read the TLS inside.
type cutter struct {
	testing.TB
	target   string // host:port
	listener net.Listener
	after    int64
	left     atomic.Int64 // connections to cut
	passed   atomic.Int64 // bytes from the server, on all connections
	open     sync.Map     // connections of clients
	working  sync.WaitGroup
}

// newCutter starts a cutter. It cuts the first cuts connections after `after` bytes each.
func newCutter(t testing.TB, target string, cuts, after int64) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{TB: t, target: target, listener: listener, after: after}
	c.left.Store(cuts)
	c.working.Go(c.serve)
	t.Cleanup(c.stop)
	return c
}

// stop closes all connections, idle ones too, and waits until all goroutines have ended.
func (c *cutter) stop() {
	c.listener.Close()
	c.open.Range(func(client, _ any) bool {
		client.(io.Closer).Close()
		return true
	})
	c.working.Wait()
}

// through returns a link that leads through the cutter.
func (c *cutter) through(link string) string {
	c.Helper()
	u, err := url.Parse(link)
	if err != nil {
		c.Fatal(err)
	}
	_, port, err := net.SplitHostPort(c.listener.Addr().String())
	if err != nil {
		c.Fatal(err)
	}
	u.Host = net.JoinHostPort("localhost", port)
	return u.String()
}

// serve passes connections on until the listener closes.
func (c *cutter) serve() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.working.Go(func() { c.pass(client.(*net.TCPConn)) })
	}
}

// pass connects a client with the server until either side closes or the connection is cut.
func (c *cutter) pass(client *net.TCPConn) {
	c.open.Store(client, nil)
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		c.Errorf("behind the cutter: %v", err)
		return
	}
	defer server.Close()
	c.working.Go(func() {
		_, _ = io.Copy(server, client) // ends when either side closes
		server.Close()
	})
	cut := c.left.Add(-1) >= 0
	source := io.Reader(server)
	if cut {
		source = io.LimitReader(server, c.after)
	}
	n, _ := io.Copy(client, source) // ends as above
	c.passed.Add(n)
	if cut && n == c.after {
		_ = client.SetLinger(0) // reset, like a broken network
	}
}
