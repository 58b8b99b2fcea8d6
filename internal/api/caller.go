package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
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
