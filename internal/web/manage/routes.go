package manage

import (
	"embed"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Pages has the templates of this room's pages.
//
//go:embed pages
var Pages embed.FS

// Routes are the addresses of this room.
func Routes(s *page.Site) []edge.Route {
	all := []edge.Route{
		s.Route("/exceptions", page.Only(readsExceptions(), showExceptions)),
		s.Route("/exceptions/{id}", page.Only(readsExceptions(), showException)),
		s.Route("/intelligence", page.Only(edge.Manages(nil), showIntelligence)),
		s.Route("/intelligence/titles", page.Only(edge.Manages(nil), showTitles)),
	}
	for _, f := range []*page.Form{exceptForm(), endForm(), refreshForm(), confirmForm(), forgetForm()} {
		all = append(all, f.Route(s))
	}
	return all
}
