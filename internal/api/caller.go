package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
)

// caller tells who sends a request. It is the one place that does.
func (s *Server) caller(r *http.Request) (auth.Caller, error) {
	if s.Trusted != nil {
		return *s.Trusted, nil
	}
	return s.Authority.Check(r.Context(), r.Header.Get("Authorization"))
}

// admits tells whether a caller may do what an operation does: law 5. Managing
// is for those who see all of an organization.
func (op operation) admits(c *auth.Caller) error {
	for _, p := range op.needs {
		if c.May(p) && (p != auth.Manage || c.AllGroups) {
			if op.home && c.Organization != store.DefaultOrganization {
				return refuse(http.StatusForbidden, defender.CodeForbidden, "this is for those who manage the server: clients of its home organization")
			}
			return nil
		}
	}
	return lacking(op.needs, c.Delegated)
}

// senderOf tells what the reports of a caller are believed about.
func senderOf(c *auth.Caller) trust.Sender {
	from := trust.Sender{ID: c.ID}
	switch {
	case c.Device != "":
		from.Role, from.Device, from.Name, from.Group, from.Trusts = trust.Own, c.Device, c.Name, c.NamedGroup, c.Trusts
	case !c.May(auth.WriteReports):
		from.Role = trust.Nobody
	case !c.AllGroups:
		from.Role, from.Groups = trust.Scoped, c.Groups
	case c.May(auth.Manage):
		from.Role = trust.Manager
	default:
		from.Role = trust.Fleet
	}
	return from
}

// lacking is the refusal of contract.md, section 7: it names the permissions.
func lacking(needs []auth.Permission, delegated bool) error {
	who, kind := "application", "application"
	var names []string
	for _, p := range needs {
		if delegated && p.Delegated() != "" {
			names = append(names, p.Delegated())
		} else if !delegated && slices.Contains(auth.Permissions(), p) {
			names = append(names, string(p))
		}
	}
	if delegated {
		who, kind = "user", "delegated"
	}
	return refuse(http.StatusForbidden, defender.CodeForbidden,
		"The %s does not have any of the required %s permissions (%s) to access the resource.", who, kind, strings.Join(names, ", "))
}

// visible is the caller's scope as readers of manifests take it: nil is all
// groups.
func visible(c *auth.Caller) func(group int64) bool {
	if c.AllGroups {
		return nil
	}
	return c.Sees
}
