package api_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/edge"
)

// flooded is a server with requests from any address, without a network.
type flooded struct {
	*lab
	*memoryLog
	handler *edge.Server
	random  *rand.Rand
}

func newFlooded(t *testing.T) (f *flooded, token string) {
	log := new(memoryLog)
	l := newLab(t, func(c *api.Config) { c.Audit = log })
	l.seal(l.fleet(0, 0, 1, 1))
	app := l.addClient(`{"name":"siem","permissions":["Vulnerability.Read.All","Muster.Manage.All"]}`)
	l.config.Trusted, l.config.Registry = nil, nil
	handler, err := api.New(l.config)
	if err != nil {
		t.Fatal(err)
	}
	l.server.Config.Handler = handler
	return &flooded{l, log, handler, rand.New(rand.NewPCG(1, 2))}, l.issued(l.askToken(newer(app), formOf(app)))
}

// from sends one request from an address.
func (f *flooded) from(address, method, path, body string, headers ...string) int {
	r := httptest.NewRequest(method, "http://localhost/", strings.NewReader(body))
	r.URL.Path, r.RequestURI, r.RemoteAddr = path, path, address+":1234"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w.Code
}

// bad sends an invalid request without a token: of every kind, and no two the same.
func (f *flooded) bad(address string, n int) int {
	bad := []func() int{
		func() int { return f.from(address, "POST", "/"+org+"/oauth2/v2.0/token", fmt.Sprint("nonsense=", n)) }, // 400
		func() int {
			return f.from(address, "POST", fmt.Sprintf("/%d/oauth2/token", n), "grant_type=client_credentials")
		}, // 400
		func() int { return f.from(address, "GET", "/v1/devices", "", fmt.Sprint("Authorization: Bearer ", n)) }, // 401
		func() int { return f.from(address, "GET", "/tvm-export/"+fmt.Sprint(n), "") },                           // 403
		func() int { return f.from(address, "GET", fmt.Sprint("/nothing/", n), "") },                             // 404
		func() int { return f.from(address, "BREW"+fmt.Sprint(n), "/v1/enroll", "") },                            // 405
		func() int { return f.from(address, "POST", "/v1/enroll", strings.Repeat("x", 65<<10)) },                 // 413
		func() int { return f.from(address, "POST", "/v1/enroll", "{}", "Content-Encoding: gzip") },              // 415
		func() int { return f.from(address, "GET", "/"+strings.Repeat("x", 17<<10), "") },                        // 414
		func() int { return f.from(address, "GET", "/v1/devices", "", fmt.Sprintf("Host: evil-%d.example", n)) }, // 421
		func() int {
			return f.from(address, "POST", "/v1/enroll", fmt.Sprintf(`{"secret":"%d","device":{"name":"a"}}`, n))
		}, // 401
		func() int {
			return f.from(address, "POST", "/v1/clients", "", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site")
		}, // 403
		func() int {
			form := fmt.Sprintf("grant_type=client_credentials&client_id=%08d-0000-4000-8000-000000000000&client_secret=x", n)
			return f.from(address, "POST", "/"+org+"/oauth2/v2.0/token", form) // 400, and 429
		},
	}
	return bad[n%len(bad)]()
}

func (t *memoryLog) count(text string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Count(t.text.String(), text)
}

// A hundred thousand invalid requests without a token, of every kind, from one address and from
// many: a window has a limited number of lines in the log, which tell how many there were; every
// request with a token is in it.
func TestFloodOfNobodyLeavesTheHistoryWhole(t *testing.T) {
	f, token := newFlooded(t)
	before := f.count("\n")
	requests, statuses := 100_000, map[int]int{}
	if testing.Short() {
		requests = 20_000
	}
	for n := range requests {
		address := "192.0.2.1"
		if n%2 == 0 {
			address = fmt.Sprintf("198.%d.%d.%d", f.random.IntN(256), f.random.IntN(256), f.random.IntN(256))
		}
		statuses[f.bad(address, n)]++
		if n%1000 == 0 {
			f.equal("somebody is served meanwhile", f.from(address, "GET", "/v1/devices", "", bearer(token)), http.StatusOK)
		}
	}
	for _, status := range []int{400, 401, 403, 404, 405, 413, 414, 415, 421, 429} {
		if statuses[status] == 0 {
			t.Errorf("no request was answered %d: %v", status, statuses)
		}
	}
	for status := range statuses {
		if status < 400 || status >= 500 {
			t.Errorf("%d requests were answered %d", statuses[status], status)
		}
	}
	honest := f.count(`"event":"read devices","outcome":"done"`)
	f.equal("lines of who has a token", honest, requests/1000)
	f.handler.Tell(ended(t))
	if told := f.count("\n") - honest - before; told > 2*256+16 {
		t.Errorf("%d lines of %d requests", told, requests)
	}
	f.equal("requests that are accounted for", f.total(), requests)
}

// A caller who floods with mistakes gets ten lines of a kind, and counts; the changes of a
// manager meanwhile are all there.
func TestFloodOfACallerLeavesTheHistoryWhole(t *testing.T) {
	f, token := newFlooded(t)
	const added = `"event":"add client","outcome":"done"`
	before, changed := f.count("\n"), f.count(added)
	const requests = 5000
	for n := range requests {
		f.from("192.0.2.1", "GET", fmt.Sprintf("/v1/devices/%040x", n), "", bearer(token))
		if n%100 == 0 {
			body := fmt.Sprintf(`{"name":"client %d","permissions":["Software.Read.All"]}`, n)
			f.equal("a change", f.from("192.0.2.2", "POST", "/v1/clients", body, bearer(token)), http.StatusCreated)
		}
	}
	f.equal("changes", f.count(added)-changed, requests/100)
	f.handler.Tell(ended(t))
	if told := f.count("\n") - before - requests/100; told > 20 {
		t.Errorf("%d lines of %d requests", told, requests)
	}
	f.equal("requests that are accounted for", f.total(), requests)
	f.equal("in the server's log", strings.Count(f.log.String(), `msg="done by API" event="add client"`)-changed,
		requests/100)
}

// Data that is not HTTP, or not TLS, reaches no handler. It is counted, too, and has one line and
// a count.
func TestFloodOfConnectionsIsCounted(t *testing.T) {
	f, _ := newFlooded(t)
	before := f.count("\n")
	server := httptest.NewUnstartedServer(f.handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	f.handler.Watch(server.Config)
	server.StartTLS()
	defer server.Close()
	const floods = 60
	for n := range floods {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if n%3 == 0 { // TLS, and then no HTTP
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
		}
		_, err = io.WriteString(c, []string{"nonsense\r\n\r\n", "\x16\x03\x01\x00\x01\x00", "GET / HTTP/1.1\r\n\r\n"}[n%3])
		if err != nil {
			t.Fatal(err)
		}
		if raw, ok := c.(*net.TCPConn); ok {
			_ = raw.CloseWrite() // the server would wait for more of a handshake
		}
		_, _ = io.Copy(io.Discard, c) // until the server closes it
		_ = c.Close()
	}
	answered, err := server.Client().Get(server.URL + "/healthz")
	if err != nil || answered.Body.Close() != nil || answered.StatusCode != http.StatusOK {
		t.Fatal(answered, err)
	}
	server.Close()
	f.handler.Tell(ended(t))
	f.equal("lines", f.count("\n")-before, 2)
	f.equal("counted", f.count(fmt.Sprintf(`"count":%d`, floods-1)), 1)
}

// ended is a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}

// total is how many failed requests the log accounts for: those that are written, and those that
// are counted.
func (f *flooded) total() (requests int) {
	f.Helper()
	f.memoryLog.mu.Lock()
	defer f.memoryLog.mu.Unlock()
	for text := range bytes.Lines(f.text.Bytes()) {
		var line struct {
			Event, Outcome string
			Status, Count  int
		}
		if err := json.Unmarshal(text, &line); err != nil {
			f.Fatal(err)
		}
		switch {
		case line.Outcome == "counted":
			requests += line.Count
		case line.Status >= 400:
			requests++
		}
	}
	return requests
}

// Tokens of an issuer that does not answer, which anybody can make, fill neither the audit log
// nor the server's.
func TestFloodOfUnreachableIssuersIsToldOnce(t *testing.T) {
	l, _ := guarded(t)
	down := newIssuer(t)
	down.broken.Store(true)
	l.trust(down, fmt.Sprintf(`"audiences":["api://muster-exports"],"organization":%q,"allGroups":true`, org))
	for n := range 200 {
		got := l.call("SoftwareVulnerabilitiesByMachine", bearer(down.sign(down.claims("sub", fmt.Sprint(n)))))
		l.equal("status", got.StatusCode, http.StatusServiceUnavailable)
	}
	l.until("it is told", func() bool { return strings.Contains(l.log.String(), "request failed") })
	l.equal("lines", strings.Count(l.log.String(), "request failed"), 1)
}
