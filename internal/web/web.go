package web

import (
	"embed"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/access"
	accesspages "github.com/muster-project/muster/internal/web/access"
	"github.com/muster-project/muster/internal/web/manage"
	"github.com/muster-project/muster/internal/web/notices"
	"github.com/muster-project/muster/internal/web/page"
	"github.com/muster-project/muster/internal/web/signin"
)

// Config configures the pages. All fields but Snapshots are required.
type Config struct {
	Access *access.Store
	// People is where people sign in at a provider; the zero Door if there is none.
	People *people.Door
	Clock  func() time.Time
	// Snapshots tells at which interval snapshots are made, 0 is never, and when the first after a time is due, the zero
	// time if that is not known. nil: never.
	Snapshots func(after time.Time) (every time.Duration, due time.Time)
}

// rooms has the templates of this room's pages.
//
//go:embed pages
var rooms embed.FS

// New returns the pages of a server: what browsers see at its root, and the other addresses.
func New(c Config, s *edge.Server) (home edge.Handler, others []edge.Route) {
	p := page.NewSite(s, &auth.Sessions{Store: c.Access, Clock: c.Clock, People: c.People.Caller},
		rooms, signin.Pages, manage.Pages)
	p.Snapshots = c.Snapshots
	if s != nil { // nil where only the routes are asked for
		s.NoPage = p.NoPage
	}
	return p.Shows(showOverview), routes(p, c.People)
}

// routes are all addresses but the root.
func routes(p *page.Site, people *people.Door) []edge.Route {
	all := slices.Concat(p.Routes(), signin.Routes(p, people), manage.Routes(p), accesspages.Routes(p),
		notices.Routes(p), []edge.Route{
			p.Route("/vulnerabilities/{id}", showVulnerability),
			p.Route("/devices/{id}", showDevice),
			p.Route("/devices/{id}/why", showWhy),
			p.Route("/software/{product}", showProduct),
			p.Route("/configuration/{id}", showCheck),
			p.Route("/coverage", showCoverage),
			p.Route("/search", page.Only(page.ReadsPages(), search)),
			p.Route("/exports", showExports),
		})
	for _, l := range lists() {
		all = append(all, l.Routes(p)...)
	}
	return all
}

// lists are the lists of the dashboard.
func lists() []*page.List {
	return []*page.List{vulnerabilities(), findings(), actions(), devices(), software(), configurations(), comparison()}
}
