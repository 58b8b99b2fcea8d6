package api_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/store/storetest"
)

// wire is a listener with one connection.
type wire struct {
	net.Listener // only what http.Server needs is implemented
	connections  chan net.Conn
}

// Accept implements net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	if c, ok := <-w.connections; ok {
		return c, nil
	}
	return nil, http.ErrServerClosed
}

// Close implements net.Listener.
func (w *wire) Close() error { close(w.connections); return nil }

// Addr implements net.Listener.
func (w *wire) Addr() net.Addr { return &net.TCPAddr{} }

// serveWire serves connections without buffers, and returns the function that opens one. All of
// them end with the test, which is one of synctest: the server keeps refused connections open for
// a while.
func serveWire(t *testing.T, handler http.Handler) (dial func() net.Conn) {
	listener := &wire{connections: make(chan net.Conn)}
	serving := &http.Server{Handler: handler}
	go func() { _ = serving.Serve(listener) }() // its error is expected
	t.Cleanup(func() {
		time.Sleep(time.Second)
		serving.Close()
	})
	return func() net.Conn {
		server, client := net.Pipe()
		t.Cleanup(func() { client.Close() })
		listener.connections <- server
		return client
	}
}

// dribble sends one piece of a request each minute, and returns the reply and when it came. Time
// passes as in synctest.
func dribble(t *testing.T, client net.Conn, pieces ...string) (status int, after time.Duration) {
	begun, replied := time.Now(), make(chan struct{})
	defer close(replied)
	go func() {
		for _, piece := range pieces {
			if _, err := io.WriteString(client, piece); err != nil {
				return // the server closed the connection
			}
			select {
			case <-time.After(time.Minute):
			case <-replied:
				return
			}
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		t.Fatalf("no reply after %v: %v", time.Since(begun), err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, time.Since(begun)
}

// Nobody can keep a request open by not sending the announced body, or by sending it byte by byte.
func TestBodiesThatDoNotCome(t *testing.T) {
	head := func(request string) string {
		return request + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
	}
	drops := strings.Split(strings.Repeat("x", 600), "")
	for _, c := range []struct {
		name   string
		strict bool // no caller is known
		pieces []string
		want   int
	}{
		{"of a request without a token", true, []string{head("POST /v1/clients")}, http.StatusUnauthorized},
		{"at an address that is none", true, []string{head("POST /nothing")}, http.StatusNotFound},
		{"of an export", false, []string{head("GET /api/machines/SoftwareInventoryByMachine")}, http.StatusBadRequest},
		{"of a call without one", false, []string{head("DELETE /v1/devices/none")}, http.StatusNotFound},
		{"of a report", false, []string{head("POST /v1/reports")}, http.StatusBadRequest},
		{"drop by drop, for a token", true,
			append([]string{head("POST /" + org + "/oauth2/v2.0/token")}, drops...), http.StatusBadRequest},
		{"drop by drop, to enrol", true, append([]string{head("POST /v1/enroll")}, drops...), http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			if c.strict {
				l.config.Trusted = nil
				l.start()
			}
			l.seal(l.fleet(0, 0, 2, 1))
			handler := l.server.Config.Handler
			storetest.NeedFolder(t)
			synctest.Test(t, func(t *testing.T) {
				status, after := dribble(t, serveWire(t, handler)(), c.pieces...)
				if status != c.want || after > 3*time.Minute {
					t.Errorf("status %d after %v, want %d", status, after, c.want)
				}
			})
		})
	}
}

// A client that hardly reads loses its place to one that waits; one that reads at a fair pace
// keeps it.
func TestSlowReaders(t *testing.T) {
	const request = "GET /api/machines/SoftwareVulnerabilitiesByMachine HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for _, c := range []struct {
		name   string
		rate   int // bytes a second that the first reads
		second int // what the second gets
		cut    bool
	}{
		{"nothing", 0, http.StatusOK, true},
		{"15 KiB a second", 15 << 10, http.StatusOK, true},
		{"20 KiB a second", 20 << 10, http.StatusServiceUnavailable, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, func(c *api.Config) { c.MaxExports = 1 })
			l.seal(l.fleet(0, 0, 200, 8))
			handler := l.server.Config.Handler
			storetest.NeedFolder(t)
			synctest.Test(t, func(t *testing.T) {
				dial := serveWire(t, handler)
				ended := make(chan error)
				go func() { ended <- readSlowly(dial(), request, c.rate) }()
				time.Sleep(time.Second)
				if status, after := dribble(t, dial(), request); status != c.second || after > 11*time.Second {
					t.Errorf("the second got status %d after %v, want %d", status, after, c.second)
				}
				if err := <-ended; (err != nil) != c.cut {
					t.Errorf("the first ended with %v, want an error: %v", err, c.cut)
				}
			})
		})
	}
}

// readSlowly sends a request and reads the whole reply: a number of bytes a second, or everything
// after a minute for 0.
func readSlowly(client net.Conn, request string, rate int) error {
	if _, err := io.WriteString(client, request); err != nil {
		return err
	}
	if rate == 0 {
		time.Sleep(time.Minute)
		rate = 1 << 20
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(client, 16), nil)
	if err != nil {
		return err
	}
	for err == nil {
		time.Sleep(time.Second)
		_, err = io.CopyN(io.Discard, response.Body, int64(rate))
	}
	if err == io.EOF {
		return nil
	}
	return err
}
