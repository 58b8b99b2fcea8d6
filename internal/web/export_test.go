package web

import (
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Table is the table of all routes but the root.
func Table() []edge.Route {
	return routes(page.NewSite(nil, &auth.Sessions{}), &people.Door{})
}
