package access

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/organization"
)

var (
	listsOrganizations = edge.Description{
		Summary: "The organizations of this server",
		Gives:   []edge.Payload{edge.JSONOf[control.OrganizationList](http.StatusOK, "the home organization first")},
	}
	addsOrganization = edge.Description{
		Summary: "Adds an organization, and a client that manages it",
		Takes:   []edge.Payload{edge.JSONOf[control.OrganizationRequest](0, "its name")},
		Gives: []edge.Payload{edge.JSONOf[control.Issued](http.StatusCreated,
			"the client; its secret is shown only here")},
		Fails: []int{http.StatusConflict},
	}
)

// organizations handles the tenants of the server.
type organizations struct {
	issuer
	clock func() time.Time
}

// listOrganizations is GET /v1/organizations: the home organization first, the others by name.
func (t *organizations) listOrganizations(w *edge.Response, r *edge.Request) error {
	all, err := t.organizations.All(r.Context())
	if err != nil {
		return err
	}
	reply := control.OrganizationList{Organizations: []control.Organization{}}
	for _, o := range all {
		reply.Organizations = append(reply.Organizations,
			control.Organization{ID: o.ID, Name: o.Name, Home: o.ID == organization.Default})
	}
	slices.SortFunc(reply.Organizations, func(a, b control.Organization) int {
		switch {
		case a.Home:
			return -1
		case b.Home:
			return 1
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return w.JSON(http.StatusOK, reply)
}

// addOrganization is POST /v1/organizations: it adds an organization, and a client that may manage
// it, whose secret is shown once.
func (t *organizations) addOrganization(w *edge.Response, r *edge.Request) error {
	var asked control.OrganizationRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	if err := checkName(asked.Name); err != nil {
		return err
	}
	made := proofs{now: t.clock()}
	if err := made.addSecret(nil); err != nil {
		return err
	}
	c := auth.Administrator(uuid.NewString(), made.now)
	if err := t.clients.AddOrganization(r.Context(), asked.Name, c, made.credentials...); err != nil {
		return err
	}
	reply := t.issued(r, &c, made, nil) // a client that sees all groups needs no names
	reply.Organization = asked.Name
	w.Note(slog.String("tenant", c.Organization), slog.String("client", c.ID))
	return w.JSON(http.StatusCreated, reply)
}
