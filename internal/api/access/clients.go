package access

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

func describeClient(a stored.Application, names map[int64]string) control.Client {
	described := control.Client{ID: a.ID, Name: a.Name, Permissions: a.Permissions,
		Groups:      auth.GroupNames(&a.Client, names),
		CreatedTime: a.Created, Credentials: []control.Credential{}}
	for _, c := range a.Credentials {
		described.Credentials = append(described.Credentials, describeCredential(c))
	}
	return described
}

var (
	listsClients = edge.Description{
		Summary: "Clients by name, without their secrets",
		Gives: []edge.Payload{edge.JSONOf[control.ClientList](http.StatusOK,
			"all applications, and the number of devices")},
	}
	showsClient = edge.Description{
		Summary: "A client, without its secrets",
		Gives:   []edge.Payload{edge.JSONOf[control.Client](http.StatusOK, "the client")},
		Fails:   []int{http.StatusNotFound},
	}
	addsClient = edge.Description{
		Summary: "Adds a client with permissions and RBAC groups",
		Takes:   []edge.Payload{edge.JSONOf[control.ClientRequest](0, "its permissions and credentials")},
		Gives:   []edge.Payload{edge.JSONOf[control.Issued](http.StatusCreated, "the secret is shown only here")},
		Fails:   []int{http.StatusConflict},
	}
	changesClient = edge.Description{
		Summary: "Changes a client's name, permissions or groups, at once",
		Takes:   []edge.Payload{edge.JSONOf[control.ClientChange](0, "the changes; absent members stay unchanged")},
		Gives:   []edge.Payload{edge.JSONOf[control.ChangedClient](http.StatusOK, "the changed client")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removesClient = edge.Description{
		Summary: "Removes a client; its tokens stop working at once",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "the client is removed")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
)

// clients handles the applications of an organization.
type clients struct {
	issuer
	clock func() time.Time
}

// listClients is GET /v1/clients: applications by name, and the number of devices with
// credentials of their own.
func (s *clients) listClients(w *edge.Response, r *edge.Request) error {
	all, devices, err := s.clients.Clients(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	names, err := s.namesOfGroups(r)
	if err != nil {
		return err
	}
	reply := control.ClientList{Clients: []control.Client{}, Devices: devices}
	for _, a := range all {
		reply.Clients = append(reply.Clients, describeClient(a, names))
	}
	return w.JSON(http.StatusOK, reply)
}

// showClient is GET /v1/clients/{id}.
func (s *clients) showClient(w *edge.Response, r *edge.Request) error {
	found, names, err := s.describedApplication(r)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, describeClient(found, names))
}

// describedApplication loads the client of a path with its credentials, and the names of the
// organization's groups.
func (s *clients) describedApplication(r *edge.Request) (found stored.Application, names map[int64]string, err error) {
	if found.Client, err = s.application(r); err != nil {
		return found, nil, err
	}
	if found.Credentials, err = s.clients.ClientCredentials(r.Context(), found.ID); err != nil {
		return found, nil, err
	}
	names, err = s.namesOfGroups(r)
	return found, names, err
}

// application loads the client of a path. A client of another organization, or of a device, gets
// the same error as one that does not exist.
func (s *clients) application(r *edge.Request) (stored.Client, error) {
	found, err := s.clients.Client(r.Context(), r.PathValue("id"))
	if err == nil && (found.Organization != r.Caller.Organization || found.Device != "") {
		err = database.ErrNotFound
	}
	return found, noClient(r, err)
}

// noClient returns the error of a path that names no client of the caller's organization.
func noClient(r *edge.Request, err error) error {
	if errors.Is(err, database.ErrNotFound) {
		return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no client %q", edge.Clip(r.PathValue("id")))
	}
	return err
}

// proofsOf makes the credentials of a new client.
func proofsOf(c *control.ClientRequest, now time.Time) (proofs, error) {
	p := proofs{now: now}
	if c.Certificate != "" {
		if err := p.addCertificate(c.Certificate); err != nil {
			return proofs{}, err
		}
	}
	if c.Secret == nil || *c.Secret {
		return p, p.addSecret(c.LifetimeSeconds)
	}
	if len(p.credentials) == 0 {
		return proofs{}, edge.Invalid("secret is false and there is no certificate: a client needs a credential")
	}
	return p, nil
}

// addClient is POST /v1/clients. Only the reply shows the secret.
func (s *clients) addClient(w *edge.Response, r *edge.Request) error {
	var asked control.ClientRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	if err := checkName(asked.Name); err != nil {
		return err
	}
	access := auth.Access(asked.Access)
	if err := access.Check(); err != nil {
		return err
	}
	made, err := proofsOf(&asked, s.clock())
	if err != nil {
		return err
	}
	c, sees, err := s.clients.AddApplication(r.Context(), access.Client(r.Caller.Organization, s.clock()),
		asked.Groups, made.credentials...)
	if err != nil {
		return refusedClient(err)
	}
	reply := s.issued(r, &c, made, sees.Names)
	reply.NewGroups = sees.Made
	w.Note(slog.String("client", c.ID), slog.String("clientName", c.Name), slog.Any("permissions", c.Permissions))
	return w.JSON(http.StatusCreated, reply)
}

// changedAccess returns a client's access after a change.
func changedAccess(a auth.Access, c *control.ClientChange) (auth.Access, error) {
	if c.AllGroups && c.Groups != nil {
		return auth.Access{}, edge.Invalid("allGroups and groups exclude each other")
	}
	if c.Name != "" {
		if err := checkName(c.Name); err != nil {
			return auth.Access{}, err
		}
		a.Name = c.Name
	}
	if c.Permissions != nil {
		a.Permissions = c.Permissions
	}
	if c.AllGroups || c.Groups != nil {
		a.Groups = c.Groups
	}
	return a, a.Check()
}

// changeClient is PATCH /v1/clients/{id}. The change applies from the next request on, also to
// tokens that were issued before.
func (s *clients) changeClient(w *edge.Response, r *edge.Request) error {
	var asked control.ClientChange
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	after, sees, err := s.clients.ChangeApplication(r.Context(), r.Caller.Organization,
		r.PathValue("id"), s.keptPermission(),
		func(before stored.Client, names map[int64]string) (stored.Client, []string, error) {
			return changed(before, names, &asked)
		})
	if err != nil {
		return noClient(r, refusedClient(err))
	}
	w.Note(slog.String("clientName", after.Name), slog.Any("permissions", after.Permissions))
	return w.JSON(http.StatusOK, control.ChangedClient{Client: describeClient(after, sees.Names), NewGroups: sees.Made})
}

// changed returns a client with a change, and the names of the groups that it will see; absent
// members stay unchanged.
func changed(before stored.Client, names map[int64]string,
	asked *control.ClientChange) (stored.Client, []string, error) {
	wanted, err := changedAccess(auth.AccessOf(&before, names), asked)
	if err != nil {
		return stored.Client{}, nil, err
	}
	after := wanted.Client(before.Organization, before.Created)
	after.ID = before.ID
	return after, wanted.Groups, nil
}

// removeClient is DELETE /v1/clients/{id}: its tokens stop working with the next request. The last
// manager cannot be removed over the network.
func (s *clients) removeClient(w *edge.Response, r *edge.Request) error {
	err := s.clients.RemoveApplication(r.Context(), r.Caller.Organization, r.PathValue("id"), s.keptPermission())
	if err != nil {
		return noClient(r, refusedClient(err))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keptPermission returns the permission that one client of each organization must keep, so that
// nobody locks out all managers over the network. A caller with the data folder may.
func (s *clients) keptPermission() string {
	if s.callers.Local() {
		return ""
	}
	return string(auth.Manage)
}
