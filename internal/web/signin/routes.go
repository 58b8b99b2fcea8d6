package signin

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Routes are the addresses of this room.
func Routes(s *page.Site, door *people.Door) []edge.Route {
	p := &pages{s, door}
	return []edge.Route{
		edge.At("sign-in", "/sign-in", edge.Methods{
			http.MethodGet:  edge.Open(p.showSignIn),
			http.MethodPost: edge.Open(p.signIn).Told("sign in").Granting()}),
		s.Get("sign-in-provider", "/sign-in/provider", p.begin),
		edge.At("sign-in-callback", people.CallbackPath, edge.Methods{
			http.MethodGet: edge.Open(p.finish).Told("sign in").Granting()}),
		edge.At("sign-out", "/sign-out", edge.Methods{
			http.MethodPost: edge.Open(p.signOut).Told("sign out")}),
	}
}
