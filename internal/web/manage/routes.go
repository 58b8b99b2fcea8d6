package manage

import (
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Routes are the addresses of this room.
func Routes(s *page.Site) (all []edge.Route) {
	for _, f := range []*page.Form{enrollForm()} {
		all = append(all, f.Route(s))
	}
	return all
}
