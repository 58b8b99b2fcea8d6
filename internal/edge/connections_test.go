package edge

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"
)

// TestClientThatLeft: a client of a connection that has ended no longer waits, over TLS as without it, and whether
// or not the context of its request knows.
func TestClientThatLeft(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("asks the connection on Linux alone")
	}
	for _, secured := range []bool{false, true} {
		arrived, ask, told := make(chan bool), make(chan bool), make(chan bool)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			// The body is not read, so net/http does not watch for the end of the connection.
			arrived <- (&Request{Request: r}).Left()
			<-ask
			left := false
			for tries := 0; !left && tries < 500 && r.Context().Err() == nil; tries++ {
				time.Sleep(10 * time.Millisecond) // the end crosses the loopback
				left = (&Request{Request: r}).Left()
			}
			told <- left && r.Context().Err() == nil
		}))
		watchConnections(server.Config, func(string) {})
		var conn net.Conn
		var err error
		if secured {
			server.StartTLS()
			trust := server.Client().Transport.(*http.Transport).TLSClientConfig // httptest's client has it
			conn, err = tls.Dial("tcp", server.Listener.Addr().String(), trust)
		} else {
			server.Start()
			conn, err = net.Dial("tcp", server.Listener.Addr().String())
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if <-arrived {
			t.Errorf("secured %v: a client that waits has left", secured)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		ask <- true
		if !<-told {
			t.Errorf("secured %v: a client that left waits", secured)
		}
		server.Close()
	}
}
