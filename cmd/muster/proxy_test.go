package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
)

// proxied is a server behind a proxy that adds TLS.
type proxied struct {
	*site
	front *httptest.Server
}

// serveProxied starts a server, and a proxy before it that tells the request's
// way as tell does.
func serveProxied(t *testing.T, tell func(*httputil.ProxyRequest), flags ...string) *proxied {
	t.Helper()
	s := &site{TB: t, whole: t, data: filepath.Join(t.TempDir(), "data")}
	s.muster("report", s.file("fleet.ndjson",
		[]byte(`{"device":{"name":"a"},"software":[{"name":"x","version":"1"},{"name":"y","version":"1"}]}`)))
	s.publish(1)
	line, _, _ := serveProgram(t, append([]string{"--data", s.data, "--interval", "0", "--listen", "127.0.0.1:0",
		"--behind-proxy"}, flags...)...)
	s.url = strings.TrimPrefix(line, "serving ")
	s.login(administratorOf(t, s.data))
	inside, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(inside)
		tell(r)
	}})
	t.Cleanup(front.Close)
	return &proxied{s, front}
}

// links returns the links of a page and of an export via files, as a client
// outside gets them.
func (p *proxied) links(header ...string) []string {
	p.Helper()
	var page defender.Page[json.RawMessage]
	p.fetch("SoftwareInventoryNoProductCodeByMachine?pageSize=1", &page, header...)
	var files defender.ExportFilesResponse
	p.fetch("SoftwareInventoryNonCpeExport", &files, header...)
	return append(files.ExportFiles, page.NextLink, page.Context)
}

func (p *proxied) fetch(call string, into any, header ...string) {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.front.URL+"/api/machines/"+call, nil)
	if err != nil {
		p.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Add(name, value)
	}
	response, err := p.front.Client().Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil || response.StatusCode != http.StatusOK {
		p.Fatalf("%s: status %d, %v", call, response.StatusCode, err)
	}
}

// Clients outside see what a trusted proxy tells, in both forms, and nothing that clients
// themselves wrote.
func TestProxy(t *testing.T) {
	for name, tell := range map[string]func(*httputil.ProxyRequest){
		"X-Forwarded": func(r *httputil.ProxyRequest) { r.SetXForwarded() },
		"Forwarded": func(r *httputil.ProxyRequest) {
			host, _, _ := net.SplitHostPort(r.In.RemoteAddr) // of a server of net/http
			r.Out.Header.Set("Forwarded", "for="+host+`;proto=https;host="`+r.In.Host+`"`)
		},
		"Host alone": func(r *httputil.ProxyRequest) {
			r.Out.Host = r.In.Host
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := serveProxied(t, tell, "--trusted-proxy", "127.0.0.1,::1")
			for _, link := range p.links() {
				if !strings.HasPrefix(link, p.front.URL+"/") {
					t.Errorf("%s does not begin with %s", link, p.front.URL)
				}
			}
		})
	}
}

func TestUntrustedProxy(t *testing.T) {
	evil := []string{"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example"}
	pass := func(r *httputil.ProxyRequest) { // everything that the client sent
		r.Out.Header = r.In.Header.Clone()
		r.Out.Host = "inside.example"
	}
	for _, link := range serveProxied(t, pass, "--trusted-proxy", "192.0.2.0/24").links(evil...) {
		if !strings.HasPrefix(link, "http://inside.example/") {
			t.Errorf("%s", link)
		}
	}
	public := "https://muster.example.com"
	for _, link := range serveProxied(t, pass, "--public-url", public).links(evil...) {
		if !strings.HasPrefix(link, public+"/") {
			t.Errorf("%s does not begin with %s", link, public)
		}
	}
}

// --behind-proxy allows listening beyond loopback.
func TestBehindProxyBeyondLoopback(t *testing.T) {
	line, _, _ := serveProgram(t, "--data", filepath.Join(t.TempDir(), "data"), "--interval", "0", "--listen",
		"0.0.0.0:0", "--behind-proxy")
	address, ok := strings.CutPrefix(line, "serving ")
	if !ok || !strings.HasPrefix(address, "http://localhost:") {
		t.Fatalf("the first line is %q", line)
	}
	response, err := http.Get(address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}
