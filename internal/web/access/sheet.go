package access

import (
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// managed is a page for managers: what the API tells others of devices has its pages elsewhere.
func managed(show func(*page.Visit) error) func(*page.Visit) error {
	return func(v *page.Visit) error {
		if err := v.Admitted(edge.Manages(nil)); err != nil {
			return err
		}
		return show(v)
	}
}

// tabs are the pages of managers.
func tabs(here string) []page.Entry {
	all := []page.Entry{{Name: "Clients", Path: "/access"}, {Name: "Groups", Path: "/access/groups"},
		{Name: "Enrolments", Path: "/access/enrollments"}, {Name: "Devices", Path: "/access/devices"}, {Name: "Browsers", Path: "/access/sessions"}}
	for i := range all {
		all[i].Here = all[i].Path == here
	}
	return all
}

// expiry says when something ends.
func expiry(at *time.Time) string {
	if at == nil {
		return "without end"
	}
	return page.Instant(*at)
}
