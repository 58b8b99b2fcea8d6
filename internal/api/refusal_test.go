package api_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
)

// large is the size of the bodies that are refused.
const large = 50 << 20

// zeros is a body without content.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// refusals are requests with a large body, by the status with which they are refused.
var refusals = []struct {
	status int
	change func(*api.Config)
	// path and headers are those of the request.
	path, headers string
}{
	{http.StatusUnsupportedMediaType, nil, "/v1/reports", "Content-Type: text/strange\r\n"},
	{http.StatusUnsupportedMediaType, nil, "/v1/reports", "Content-Type: application/json\r\nContent-Encoding: br\r\n"},
	{http.StatusRequestEntityTooLarge, func(c *api.Config) { c.MaxBody = 1 << 20 }, "/v1/reports", "Content-Type: application/json\r\n"},
	{http.StatusUnauthorized, func(c *api.Config) { c.Trusted = nil }, "/v1/reports", "Content-Type: application/json\r\n"},
	{http.StatusForbidden, func(c *api.Config) {
		c.Trusted = &auth.Caller{Organization: org, ID: "test", Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true}
	}, "/v1/reports", "Content-Type: application/json\r\n"},
	{http.StatusNotFound, nil, "/v1/nothing", ""},
	{http.StatusMethodNotAllowed, nil, "/v1/coverage", ""},
}

// TestRefusalsOfLargeBodiesArrive: a client that sends all of a large body before it reads gets the
// refusal, not a broken pipe. So does one that waits for 100 Continue, and sends nothing then.
func TestRefusalsOfLargeBodiesArrive(t *testing.T) {
	t.Run("The refusal of a request with a large body reaches its sender, even one that sends all of the body before it "+
		"reads: the server reads what is left of it, up to 256 MiB and for 10 seconds", func(t *testing.T) {
		refuseLarge(t, "length", "chunked")
	})
	t.Run("A sender that waits for `100 Continue` gets the refusal in its place", func(t *testing.T) {
		refuseLarge(t, "expect")
	})
}

// refuseLarge sends every request of refusals in some ways.
func refuseLarge(t *testing.T, ways ...string) {
	for _, test := range refusals {
		l := newLab(t)
		if test.change != nil {
			test.change(&l.config)
			l.start()
		}
		for _, way := range ways {
			t.Run(fmt.Sprintf("%d %s", test.status, way), func(t *testing.T) {
				c, err := net.Dial("tcp", l.server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				length := fmt.Sprintf("Content-Length: %d\r\n", large)
				if way == "chunked" {
					length = "Transfer-Encoding: chunked\r\n"
				} else if way == "expect" {
					length += "Expect: 100-continue\r\n"
				}
				fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", test.path, c.RemoteAddr(), test.headers, length)
				if err := sendBody(c, way); err != nil {
					t.Fatalf("sending: %v", err)
				}
				r, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatalf("reading the reply: %v", err)
				}
				checkRefusal(t, r, test.status)
			})
		}
	}
}

// sendBody sends a body as a client does that does not read meanwhile.
func sendBody(c net.Conn, way string) (err error) {
	switch way {
	case "length":
		_, err = io.CopyN(c, zeros{}, large)
	case "chunked":
		chunk := "100000\r\n" + strings.Repeat("\x00", 1<<20) + "\r\n"
		for range large >> 20 {
			if _, err = io.WriteString(c, chunk); err != nil {
				return err
			}
		}
		_, err = io.WriteString(c, "0\r\n\r\n")
	}
	return err
}

// checkRefusal checks that a reply is an error of the API.
func checkRefusal(t *testing.T, r *http.Response, status int) {
	t.Helper()
	defer r.Body.Close()
	var body defender.ErrorBody
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.StatusCode != status || body.Error.Message == "" {
		t.Errorf("status %d, want %d: %+v, %v", r.StatusCode, status, body, err)
	}
}

// TestGoClientsGetRefusalsOfLargeBodies is the same with Go's own client, over HTTP/1.1 and
// HTTP/2, with and without Expect.
func TestGoClientsGetRefusalsOfLargeBodies(t *testing.T) {
	l := newLab(t)
	l.config.AnyHost = true
	handler, err := api.New(l.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = protocol == "HTTP/2.0"
		server.StartTLS()
		t.Cleanup(server.Close)
		for _, expect := range []string{"", "100-continue"} {
			client := server.Client()
			transport := client.Transport.(*http.Transport).Clone() // httptest's own client has no other
			transport.ExpectContinueTimeout = time.Minute
			if protocol == "HTTP/1.1" {
				transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			}
			client = &http.Client{Transport: transport}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/reports",
				io.LimitReader(zeros{}, large))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = large
			r.Header.Set("Content-Type", "text/strange")
			if expect != "" {
				r.Header.Set("Expect", expect)
			}
			got, err := client.Do(r)
			if err != nil {
				t.Errorf("%s, Expect %q: %v", protocol, expect, err)
				continue
			}
			if got.Proto != protocol {
				t.Errorf("%s instead of %s", got.Proto, protocol)
			}
			checkRefusal(t, got, http.StatusUnsupportedMediaType)
		}
	}
}

// TestLoopsOverNothingAreSlowedDown: a client that gets a token and asks for an address that does
// not exist, again and again, is told to wait; what it may do goes on to work, and so do others.
func TestLoopsOverNothingAreSlowedDown(t *testing.T) {
	t.Run("A caller may ask for 30 addresses at once that do not exist, and a network for 300; then one may pass every two "+
		"seconds, and the others get 429", slowDownLoops)
	t.Run("Clients that use what they get are far below", honestClients)
}

func slowDownLoops(t *testing.T) {
	l, app := guarded(t)
	statuses, tokens := map[int]int{}, map[int]int{}
	token, wait := "", ""
	for range 150 {
		r := l.askToken(newer(app), formOf(app))
		tokens[r.StatusCode]++
		if r.StatusCode == http.StatusOK {
			var got tokenReply
			l.decode(r, http.StatusOK, &got)
			token = got.AccessToken
		} else {
			l.denied(r, http.StatusTooManyRequests, "temporarily_unavailable", 90055)
		}
		r = l.get("/api/alerts", bearer(token))
		if statuses[r.StatusCode]++; r.StatusCode == http.StatusTooManyRequests {
			l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
			wait = r.Header.Get("Retry-After")
		}
	}
	t.Run("A client gets 120 tokens at once and then two a second, and the clients of a network get 10,000", func(t *testing.T) {
		l.equal("statuses of tokens", tokens, map[int]int{http.StatusOK: 120, http.StatusTooManyRequests: 30})
	})
	l.equal("statuses", statuses, map[int]int{http.StatusNotFound: 30, http.StatusTooManyRequests: 120})
	seconds, err := strconv.Atoi(wait)
	if err != nil || seconds < 1 || seconds > 60 {
		t.Fatalf("Retry-After is %q", wait)
	}
	l.page(l.call("SoftwareVulnerabilitiesByMachine", bearer(token)))
	l.advance(time.Duration(seconds) * time.Second)
	l.refused(l.get("/api/alerts", bearer(token)), http.StatusNotFound, defender.CodeNotFound)
	l.issued(l.askToken(newer(app), formOf(app)))

	t.Run("a network has a rate, too", func(t *testing.T) {
		for i := range 400 {
			if r := l.get(fmt.Sprintf("/nothing/%d", i)); r.StatusCode == http.StatusTooManyRequests {
				l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
				return
			}
		}
		t.Error("400 requests at once of one network for addresses that do not exist were answered")
	})
}

// honestClients are a script that gets a token for each request, once a second; a browser with its
// icons; and a site's devices that all begin at once behind one address.
func honestClients(t *testing.T) {
	l, app := guarded(t)
	for range 200 {
		l.issued(l.askToken(newer(app), formOf(app)))
		l.advance(time.Second)
	}
	for _, icon := range []string{"/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/.well-known/security.txt"} {
		for range 5 {
			l.refused(l.get(icon), http.StatusNotFound, defender.CodeNotFound)
		}
	}
	l, _ = guarded(t)
	l.config.Trusted = &auth.Caller{Organization: org, ID: "test", Permissions: auth.Permissions(), AllGroups: true}
	l.start()
	var devices []func() reply
	for i := range 150 {
		made := l.addClient(fmt.Sprintf(`{"name":"device %d","permissions":["Software.Read.All"]}`, i))
		devices = append(devices, func() reply { return l.askToken(newer(made), formOf(made)) })
	}
	l.config.Trusted = nil
	l.start()
	for _, ask := range devices {
		if r := ask(); r.StatusCode != http.StatusOK {
			t.Fatalf("a device that begins: %d %s", r.StatusCode, r.body)
		}
	}
}
