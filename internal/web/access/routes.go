package access

import (
	"slices"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Routes are the addresses of this room.
func Routes(s *page.Site) []edge.Route {
	log := &auditLog{s.Sessions.Clock}
	all := []edge.Route{
		s.Route("/access", managed(showClients)),
		s.Route("/access/clients/{id}", managed(showClient)),
		s.Route("/access/groups", managed(showGroups)),
		s.Route("/access/enrollments", managed(showEnrollments)),
		s.Route("/access/devices", managed(showDevices)),
		s.Route("/access/devices/{id}", managed(showDevice)),
		s.Route(sessionsPath, page.Only(page.ReadsPages(), showSessions)),
		s.Route("/audit", log.show),
		s.Route("/audit.csv", log.csv),
	}
	forms := slices.Concat(clientForms(), sessionForms(), secretForms(), groupForms(), enrollmentForms(), deviceForms())
	for _, f := range forms {
		all = append(all, f.Route(s))
	}
	return all
}
