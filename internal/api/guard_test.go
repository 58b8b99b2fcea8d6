package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

func TestMethods(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 1))
	for _, c := range []struct{ method, path, allow string }{
		{"POST", "/api/machines/SoftwareInventoryByMachine", "GET, HEAD"},
		{"DELETE", "/api/machines/SoftwareInventoryExport", "GET, HEAD"},
		{"GET", "/v1/reports", "POST"},
		{"PUT", "/v1/generations", "GET, HEAD, POST"},
		{"OPTIONS", "/v1/devices/1", "DELETE, GET, HEAD"},
		{"POST", "/tvm-export/x", "GET, HEAD"},
		{"BREW", "/healthz", "GET, HEAD"},
	} {
		r := l.do(c.method, c.path, nil)
		l.refused(r, http.StatusMethodNotAllowed, "MethodNotAllowed")
		l.equal(c.method+" "+c.path, r.Header.Get("Allow"), c.allow)
	}
	for _, path := range []string{"/api/machines/SoftwareInventoryByMachine", "/api/machines/SoftwareInventoryExport",
		"/v1/devices", "/healthz"} {
		if r := l.do(http.MethodHead, path, nil); r.StatusCode != 200 || len(r.body) > 0 {
			t.Errorf("HEAD %s: %d, %d bytes", path, r.StatusCode, len(r.body))
		}
	}
	if r := l.do(http.MethodHead, "/api/machines/SoftwareInventoryByMachine?pageSize=0", nil); r.StatusCode != 400 {
		t.Errorf("HEAD with an error: %d", r.StatusCode)
	}
}

func TestHostMustBeOurs(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.PublicURL = "https://muster.example.com:8443" })
	for _, host := range []string{"localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:8800",
		"muster.example.com:8443", "Muster.Example.com:8443"} {
		if r := l.get("/healthz", "Host: "+host); r.StatusCode != 200 {
			t.Errorf("host %q: %d", host, r.StatusCode)
		}
	}
	for _, host := range []string{"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
		"muster.example.com", "[fe80::1]", "0.0.0.0"} {
		l.refused(l.get("/api/machines/SoftwareInventoryByMachine", "Host: "+host),
			http.StatusMisdirectedRequest, "MisdirectedRequest")
	}
}

func TestOtherOriginsMayNotChangeAnything(t *testing.T) {
	l := newLab(t)
	for _, header := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"} {
		l.refused(l.do("POST", "/v1/generations", nil, header), http.StatusForbidden, defender.CodeForbidden)
		l.refused(l.do("DELETE", "/v1/devices/1", nil, header), http.StatusForbidden, defender.CodeForbidden)
		if r := l.get("/healthz", header); r.StatusCode != 200 {
			t.Errorf("a safe request with %s: %d", header, r.StatusCode)
		}
	}
	if r := l.do("POST", "/v1/generations", nil, "Origin: "+l.server.URL); r.StatusCode != http.StatusAccepted {
		t.Errorf("the own origin: %d %s", r.StatusCode, r.body)
	}
}

// A proxy may send another Host than the browser.
func TestThePublicOriginIsOurOwn(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.PublicURL = "https://muster.example.com" })
	if r := l.do("POST", "/v1/generations", nil,
		"Origin: https://muster.example.com"); r.StatusCode != http.StatusAccepted {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	l.refused(l.do("POST", "/v1/generations", nil, "Origin: https://muster.example.com.evil.example"),
		http.StatusForbidden, defender.CodeForbidden)
}

func TestHeadLimits(t *testing.T) {
	l := newLab(t)
	l.refused(l.get("/healthz?x="+strings.Repeat("a", 20<<10)), http.StatusRequestURITooLong, "RequestURITooLong")
	l.refused(l.get("/healthz?"+strings.Repeat("a=1&", 100)), http.StatusBadRequest, defender.CodeInvalidInput)
}

func TestHeaders(t *testing.T) {
	l := newLab(t)
	for _, path := range []string{"/healthz", "/api/machines/SoftwareInventoryByMachine", "/nothing", "/v1/feeds"} {
		r := l.get(path)
		l.equal("nosniff", r.Header.Get("X-Content-Type-Options"), "nosniff")
		l.equal("no-store", r.Header.Get("Cache-Control"), "no-store")
		l.equal("policy", r.Header.Get("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'")
		l.equal("referrer", r.Header.Get("Referrer-Policy"), "no-referrer")
		if r.Header.Get("X-Ms-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
}

func TestConfig(t *testing.T) {
	good := newLab(t).config
	for _, c := range []struct {
		change func(*api.Config)
		says   string
	}{
		{func(c *api.Config) { c.Keys = nil }, "keys"},
		{func(c *api.Config) { c.Authority = nil }, "authority"},
		{func(c *api.Config) { c.MaxLinkHours = 25 }, "25"},
		{func(c *api.Config) { c.PublicURL = "muster.example.com" }, `"muster.example.com"`},
		{func(c *api.Config) { c.PublicURL = "https://muster.example.com/base" }, "/base"},
	} {
		bad := good
		c.change(&bad)
		bad.Registry = nil
		if _, err := api.New(bad); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, must name %s", err, c.says)
		}
	}
}

func TestPanic(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Clock = func() time.Time { panic("secret trouble") } })
	message := l.refused(l.call("SoftwareInventoryByMachine"), http.StatusInternalServerError,
		defender.CodeInternalServerError)
	if strings.Contains(message, "trouble") || !strings.Contains(l.log.String(), "secret trouble") {
		t.Errorf("message %q, log %s", message, l.log)
	}
}

func TestTooManyHeaders(t *testing.T) {
	l := newLab(t)
	var headers []string
	for i := range 101 {
		headers = append(headers, fmt.Sprintf("X-Header-%d: x", i))
	}
	l.refused(l.get("/healthz", headers...), http.StatusRequestHeaderFieldsTooLarge, "RequestHeaderFieldsTooLarge")
	l.equal("fewer", l.get("/healthz", headers[:90]...).StatusCode, http.StatusOK)
}
