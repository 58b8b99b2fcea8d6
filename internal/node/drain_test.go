package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/node/nodetest"
)

// A download that is running when the server is told to stop is completed, over every protocol; no
// new ones begin.
func TestDrain(t *testing.T) {
	a := nodetest.NewAuthority(t)
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	a.Issue(cert, key, 2)
	for name, test := range map[string]struct {
		tls    TLS
		client *http.Client
	}{
		"plain": {TLS{}, a.Client()}, "TLS": {TLS{CertFile: cert, KeyFile: key}, a.Client(nodetest.WithoutHTTP2)},
		"HTTP/2": {TLS{CertFile: cert, KeyFile: key}, a.Client()},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTransfer(t, Listening{Address: "127.0.0.1:0", TLS: test.tls})
			d.begin(test.client)
			drained := make(chan error, 1)
			go func() { drained <- drain(d.server, func() {}) }()
			if err := <-d.served; err != http.ErrServerClosed {
				t.Fatal(err)
			}
			if conn, err := net.Dial("tcp", d.at.Addr().String()); err == nil {
				conn.Close()
				t.Error("new connections are accepted")
			}
			close(d.rest)
			if n, err := io.Copy(io.Discard, d.body); err != nil || n != 2<<20-1 {
				t.Errorf("%d bytes, %v", n, err)
			}
			d.body.Close()
			if err := <-drained; err != nil {
				t.Error(err)
			}
		})
	}
}

// transfer is a reply that sends a part, and the rest when rest is closed.
type transfer struct {
	testing.TB
	at     *Endpoint
	server *http.Server
	served chan error
	rest   chan struct{}
	body   io.ReadCloser
}

func newTransfer(t *testing.T, where Listening) *transfer {
	t.Helper()
	d := &transfer{TB: t, served: make(chan error, 1), rest: make(chan struct{})}
	var err error
	if d.at, err = Listen(t.Context(), where, "", nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	d.server = newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 1<<20)
		w.Header().Set("Content-Length", fmt.Sprint(2*len(piece)))
		_, _ = w.Write(piece) // the client counts the bytes
		<-d.rest
		_, _ = w.Write(piece)
	}), slog.New(slog.DiscardHandler))
	go func() { d.served <- d.at.serve(d.server) }()
	t.Cleanup(func() { d.server.Close() })
	return d
}

// begin reads the first byte.
func (d *transfer) begin(client *http.Client) {
	d.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, d.at.URL(), nil)
	if err != nil {
		d.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		d.Fatal(err)
	}
	d.body = response.Body
	if _, err := io.ReadFull(d.body, make([]byte, 1)); err != nil {
		d.Fatal(err)
	}
}
