package bucket

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
)

// fault is what a proxy does with a request.
type fault int

const (
	none         fault = iota
	cutBefore          // the connection is cut before the server has the request
	cutAfter           // the server carries it out, and the reply is lost
	answer500          // the proxy answers
	answer503          //
	answer429          //
	truncate           // half of the reply comes, and then the connection is cut
	stall              // half of the reply comes, and then nothing
	delay              // the reply comes later
	firstUnknown       // behind all of them
)

// proxy is between a store and a server.
type proxy struct {
	*httptest.Server
	mu       sync.Mutex
	next     []fault        // what happens to the next requests
	requests map[string]int // that came, by method
	bytes    int64          // of bodies of replies to GET
	ended    chan struct{}
}

// newProxy starts a proxy, and returns the config of a folder behind it.
func newProxy(t testing.TB, server *testneed.Storage, folder string) (*proxy, Config) {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{requests: map[string]int{}, ended: make(chan struct{})}
	forward := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host },
		ModifyResponse: p.count,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, forward)
	}))
	t.Cleanup(func() {
		close(p.ended)
		p.Close()
	})
	c := configOf(t, server, folder)
	c.URL = strings.Replace(c.URL, target.Host, strings.TrimPrefix(p.URL, "http://"), 1)
	return p, c
}

// fail lets faults happen to the next requests.
func (p *proxy) fail(faults ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = faults
}

// since returns how many requests of a method came, and forgets them.
func (p *proxy) since() (requests map[string]int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests, bytes = p.requests, p.bytes
	p.requests, p.bytes = map[string]int{}, 0
	return requests, bytes
}

func (p *proxy) count(r *http.Response) error {
	if r.Request.Method == http.MethodGet {
		r.Body = &counted{r.Body, p}
	}
	return nil
}

// counted counts the bytes of a reply.
type counted struct {
	io.ReadCloser
	proxy *proxy
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	c.proxy.bytes += int64(n)
	return n, err
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	p.mu.Lock()
	p.requests[r.Method]++
	what := none
	if len(p.next) > 0 {
		what, p.next = p.next[0], p.next[1:]
	}
	p.mu.Unlock()
	switch what {
	case cutBefore:
		panic(http.ErrAbortHandler)
	case cutAfter:
		forward.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case answer500, answer503, answer429:
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(map[fault]int{answer500: 500, answer503: 503, answer429: 429}[what])
		return
	case delay:
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
	case truncate, stall:
		p.half(w, r, forward, what == stall)
		return
	}
	forward.ServeHTTP(w, r)
}

// half sends the header and half of the body.
func (p *proxy) half(w http.ResponseWriter, r *http.Request, forward http.Handler, wait bool) {
	whole := httptest.NewRecorder()
	forward.ServeHTTP(whole, r)
	for name, values := range whole.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(whole.Code)
	body := whole.Body.Bytes()
	w.Write(body[:len(body)/2])
	w.(http.Flusher).Flush()
	if wait {
		select {
		case <-r.Context().Done():
		case <-p.ended:
		}
	}
	panic(http.ErrAbortHandler)
}
