package page

import (
	"io/fs"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
)

// Site is the dashboard of a server: what all of its pages share.
type Site struct {
	Server   *edge.Server
	Sessions *auth.Sessions
	// Snapshots tells at which interval snapshots are made, and when the next is due: as web.Config says.
	Snapshots func(after time.Time) (every time.Duration, due time.Time)
	renderer  *renderer
}

// NewSite returns a site. Each room has the templates of its pages in a folder named pages; templates of this room are
// there for all.
func NewSite(s *edge.Server, sessions *auth.Sessions, rooms ...fs.FS) *Site {
	return &Site{Server: s, Sessions: sessions, renderer: newRenderer(append([]fs.FS{files}, rooms...))}
}

// Get returns the route of something that needs no session.
func (p *Site) Get(name, pattern string, h edge.Handler) edge.Route {
	return edge.At(name, pattern, edge.Methods{http.MethodGet: edge.Open(h)})
}

// Write sends a page with a status. Its name is that of the template's file.
func (p *Site) Write(w *edge.Response, status int, name string, f *Frame) error {
	return p.renderer.write(w, status, name, f)
}

// SecretOf returns the secret of a browser's session; "" if it has none. Of several cookies of the name none counts:
// over TLS there cannot be two.
func (p *Site) SecretOf(r *edge.Request) string {
	cookie := CookieOf(p.Server.Origins.Of(r.Request))
	if cookie == nil {
		return ""
	}
	if found := r.CookiesNamed(cookie.Name); len(found) == 1 && len(found[0].Value) < 200 {
		return found[0].Value
	}
	return ""
}

// Redirect sends a browser on, to an address of this server.
func Redirect(w *edge.Response, to string) error {
	w.Header().Set("Location", to)
	return w.Send(http.StatusSeeOther, htmlType, nil)
}
