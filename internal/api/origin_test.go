package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

// behindProxy is a server that trusts proxies on this machine.
func behindProxy(c *api.Config) {
	c.AnyHost, c.TrustedProxies = true,
		[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func TestAnyHost(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.AnyHost = true })
	l.seal(l.fleet(0, 0, 3, 2))
	for _, host := range []string{"muster.example.com", "10.0.0.1:8443", "[fe80::1]:8443"} {
		p := l.page(l.call("SoftwareInventoryByMachine?pageSize=1", "Host: "+host))
		for _, link := range []string{p.Context, *p.NextLink} {
			if !strings.HasPrefix(link, "http://"+host+"/api/") {
				t.Errorf("%s for host %q", link, host)
			}
		}
	}
}

// Links and contexts carry what the client used, as the proxy tells it.
func TestProxiedOrigin(t *testing.T) {
	l := newLab(t, behindProxy)
	l.seal(l.fleet(0, 0, 3, 2))
	for _, headers := range [][]string{
		{"X-Forwarded-Proto: https", "X-Forwarded-Host: m.example:8443", "X-Forwarded-For: 198.51.100.7"},
		{`Forwarded: for=198.51.100.7;proto=https;host="m.example:8443"`},
	} {
		headers = append(headers, "Host: inside")
		p := l.page(l.call("SoftwareInventoryByMachine?pageSize=1", headers...))
		for _, link := range append(l.links(l.call("SoftwareInventoryExport", headers...)).ExportFiles,
			*p.NextLink, p.Context) {
			if !strings.HasPrefix(link, "https://m.example:8443/") {
				t.Errorf("%s with %q", link, headers)
			}
		}
	}
}

func TestProxiesAreBelievedFromTheirNetworksAlone(t *testing.T) {
	l := newLab(t, func(c *api.Config) {
		c.AnyHost, c.TrustedProxies = true, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	l.seal(l.fleet(0, 0, 3, 2))
	p := l.page(l.call("SoftwareInventoryByMachine", "X-Forwarded-Host: evil.example",
		"Forwarded: host=evil.example", "Host: m.example"))
	if !strings.HasPrefix(p.Context, "http://m.example/") {
		t.Errorf("context %s", p.Context)
	}
}

// A host with special characters for links is refused, whoever names it.
func TestHostInjection(t *testing.T) {
	l := newLab(t, behindProxy)
	for _, bad := range []string{`a"><script>alert(1)</script>`, "a.example/x?", "user@a.example", "a.example\tX-Evil: 1",
		"é.example", "a.example:99999"} {
		l.refused(l.get("/healthz", "X-Forwarded-Host: "+bad), http.StatusBadRequest, defender.CodeBadRequest)
	}
	handler, err := api.New(l.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"a.example\r\nX-Evil: 1", "a\nb", "a b", `a"b`, ""} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = bad
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || strings.Contains(w.Header().Get("X-Evil"), "1") {
			t.Errorf("host %q: %d %s", bad, w.Code, w.Body)
		}
	}
	l.refused(l.get("/healthz", "X-Forwarded-For: nonsense"), http.StatusBadRequest, defender.CodeBadRequest)
	l.refused(l.get("/healthz", "Forwarded: for=1.1.1.1", "X-Forwarded-For: 2.2.2.2"),
		http.StatusBadRequest, defender.CodeBadRequest)
}

// Browsers that used TLS are told to use it again; others cannot be (RFC 6797, section 7.2).
func TestStrictTransportSecurity(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.AnyHost = true })
	handler := l.server.Config.Handler
	for target, want := range map[string]string{
		"https://m.example/healthz": "max-age=31536000", "https://m.example/nothing": "max-age=31536000",
		"https://localhost/healthz": "", "https://[::1]:8443/healthz": "", "http://m.example/healthz": "",
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		l.equal(target, w.Header().Get("Strict-Transport-Security"), want)
	}
}
