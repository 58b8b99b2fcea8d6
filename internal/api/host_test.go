package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/api"
)

// An assertion that a client made for another host, which that host's operator has, is not valid
// here, whatever name the request uses for this server: with names of a certificate, with a
// public URL, or behind a proxy that passes on every host.
func TestAssertionForAnotherHostIsRefusedWhateverHostSays(t *testing.T) {
	for name, change := range map[string]func(*api.Config){
		"certificate":   func(c *api.Config) { c.Serves = func(host string) bool { return host == "127.0.0.1" } },
		"public URL":    func(c *api.Config) { c.AnyHost, c.PublicURL = true, "https://muster.example.com" },
		"unknown names": func(c *api.Config) { c.AnyHost = true },
		"trusted proxy": behindProxy,
		"loopback":      func(*api.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, change)
			own := newSigner(t)
			app := l.addClient(`{"name":"siem","permissions":["Software.Read.All"],"certificate":` +
				quoted(own.certificate()) + `}`)
			l.config.Trusted = nil
			l.start()
			assertion := func(origin string) string {
				return asserted(app, own.sign(map[string]any{"iss": app.ClientID, "sub": app.ClientID,
					"aud": origin + newer(app), "jti": uuid.NewString(),
					"nbf": noon.Unix(), "exp": noon.Unix() + 600}))
			}
			for _, scheme := range []string{"http", "https"} {
				got := l.do(http.MethodPost, newer(app), strings.NewReader(assertion(scheme+"://evil.example")),
					"Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: "+scheme)
				if got.StatusCode != http.StatusUnauthorized && got.StatusCode != http.StatusMisdirectedRequest {
					t.Errorf("status %d: %s", got.StatusCode, got.body)
				}
			}
			mine := map[string]string{"certificate": l.server.URL, "public URL": l.config.PublicURL,
				"loopback": l.server.URL}[name]
			if mine != "" {
				l.equal("one for this server", l.do(http.MethodPost, newer(app), strings.NewReader(assertion(mine))).StatusCode,
					http.StatusOK)
			} else if got := l.do(http.MethodPost, newer(app),
				strings.NewReader(assertion(l.server.URL))); !strings.Contains(string(got.body), "--public-url") {
				t.Errorf("nobody is told what to do: %s", got.body)
			}
			secret := l.do(http.MethodPost, newer(app), strings.NewReader(formOf(app)))
			l.equal("a secret works", secret.StatusCode, http.StatusOK)
		})
	}
}

// A web page whose name was made to resolve to this machine reaches nothing, and neither does a
// name that only begins or ends like one of this machine.
func TestRebindingIsRefusedOnLoopback(t *testing.T) {
	l := newLab(t)
	for _, host := range []string{"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost",
		"0.0.0.0", "[::]", "10.0.0.1", "2130706433", "0x7f.1", "localhost."} {
		for _, path := range []string{"/v1/devices",
			"/" + org + "/v2.0/.well-known/openid-configuration", "/api/$metadata"} {
			l.refused(l.get(path, "Host: "+host), http.StatusMisdirectedRequest, "MisdirectedRequest")
		}
	}
	for _, host := range []string{"localhost", "LocalHost:1", "127.0.0.1:9", "127.9.9.9", "[::1]:8800"} {
		l.equal(host, l.get("/v1/devices", "Host: "+host).StatusCode, http.StatusOK)
	}
}
