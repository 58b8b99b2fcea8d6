package notices

import (
	"slices"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Routes are the addresses of this room. Who manages the organization may see and change rules, as the API has it.
func Routes(s *page.Site) []edge.Route {
	manages := edge.Manages(nil)
	all := []edge.Route{
		s.Route(home, page.Only(manages, showRules)),
		s.Route("/notices/history", page.Only(manages, showHistory)),
		s.Route("/notices/rules/{name}", page.Only(manages, showRule)),
		s.Route("/notices/rules/{name}/preview", page.Only(manages, showPreview)),
	}
	for _, f := range slices.Concat(receiverForms(), ruleForms()) {
		f.For = manages
		all = append(all, f.Route(s))
	}
	return all
}
