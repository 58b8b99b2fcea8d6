package web

import (
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/access"
)

// Config configures the pages. All fields are required.
type Config struct {
	Access *access.Store
	Clock  func() time.Time
}

// New returns the pages of a server: what browsers see at its root, and the other addresses.
func New(c Config, s *edge.Server) (home edge.Handler, others []edge.Route) {
	p := &Pages{server: s, sessions: &auth.Sessions{Store: c.Access, Clock: c.Clock}, renderer: newRenderer()}
	return p.shows(showOverview), p.routes()
}

// routes are all addresses but the root.
func (p *Pages) routes() []edge.Route {
	get := func(name, pattern string, h edge.Handler) edge.Route {
		return edge.At(name, pattern, edge.Methods{http.MethodGet: edge.Open(h)})
	}
	page := func(pattern string, show func(*visit) error) edge.Route { return get("page", pattern, p.shows(show)) }
	all := []edge.Route{
		get("asset", "/assets/"+p.sheet.name, p.sheet.send),
		get("asset", "/assets/"+p.icon.name, p.icon.send),
		edge.At("sign-in", "/sign-in", edge.Methods{
			http.MethodGet:  edge.Open(p.showSignIn),
			http.MethodPost: edge.Open(p.signIn).Told("sign in").Granting()}),
		edge.At("sign-out", "/sign-out", edge.Methods{
			http.MethodPost: edge.Open(p.signOut).Told("sign out")}),
		page("/vulnerabilities/{id}", showVulnerability),
		page("/devices/{id}", showDevice),
		page("/devices/{id}/why", showWhy),
		page("/software/{product}", showProduct),
		page("/configuration/{id}", showCheck),
		page("/coverage", showCoverage),
		page("/setup", showSetup),
		page("/search", search),
	}
	for _, l := range lists() {
		all = append(all, page("/"+l.name, l.show), page("/"+l.name+".csv", l.csv))
	}
	return all
}
