package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/api"
)

// GET / tells people what this is, in the form that they accept, without a token. It is the same
// whatever the server holds.
func TestWelcome(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Trusted = nil })
	type page struct{ accept, media, begins string }
	read := func(p page) string {
		r := l.get("/", "Accept: "+p.accept)
		l.equal("status", r.StatusCode, http.StatusOK)
		l.equal("media", r.Header.Get("Content-Type"), p.media)
		if !strings.HasPrefix(string(r.body), p.begins) || !strings.Contains(string(r.body), "This is muster") {
			t.Errorf("%q: %s", p.accept, r.body)
		}
		return string(r.body)
	}
	pages := []page{
		{"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8", "<!DOCTYPE html>"},
		{"*/*", "text/plain; charset=utf-8", "This is muster."},
	}
	var before []string
	for _, p := range pages {
		before = append(before, read(p))
	}
	l.seal(l.fleet(0, 0, 2, 2))
	for i, p := range pages {
		l.equal("with data", read(p), before[i])
	}
	l.equal("other methods", l.do(http.MethodPost, "/", nil).StatusCode, http.StatusMethodNotAllowed)
	l.equal("other addresses", l.get("/index.html").StatusCode, http.StatusNotFound)
}

// The description names the server as its clients do.
func TestOpenAPIServers(t *testing.T) {
	for public, want := range map[string]string{"": "", "https://muster.example.com": "https://muster.example.com"} {
		l := newLab(t, func(c *api.Config) { c.PublicURL = public })
		if want == "" {
			want = l.server.URL
		}
		var document struct{ Servers []struct{ URL string } }
		l.decode(l.get("/openapi.json"), http.StatusOK, &document)
		if len(document.Servers) != 1 || document.Servers[0].URL != want {
			t.Errorf("servers %v, want %s", document.Servers, want)
		}
	}
}
