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
	described := control.Client{ID: a.ID, Name: a.Name, Permissions: a.Permissions, Groups: auth.GroupNames(&a.Client, names),
		CreatedTime: a.Created, Credentials: []control.Credential{}}
	for _, c := range a.Credentials {
		described.Credentials = append(described.Credentials, describeCredential(c))
	}
	return described
}

var (
	listsClients = edge.Description{
		Summary: "Clients by name, without their secrets",
		Gives:   []edge.Payload{edge.JSONOf[control.ClientList](http.StatusOK, "all applications; devices are counted")},
	}
	showsClient = edge.Description{
		Summary: "A client, without its secrets",
		Gives:   []edge.Payload{edge.JSONOf[control.Client](http.StatusOK, "the client")},
		Fails:   []int{http.StatusNotFound},
	}
	addsClient = edge.Description{
		Summary: "Adds a client with permissions and RBAC groups",
		Takes:   []edge.Payload{edge.JSONOf[control.ClientRequest](0, "what it may do, and what proves it")},
		Gives:   []edge.Payload{edge.JSONOf[control.Issued](http.StatusCreated, "the secret is shown this once")},
		Fails:   []int{http.StatusConflict},
	}
	changesClient = edge.Description{
		Summary: "Changes name, permissions or groups of a client, at once",
		Takes:   []edge.Payload{edge.JSONOf[control.ClientChange](0, "what is to change; what is absent stays")},
		Gives:   []edge.Payload{edge.JSONOf[control.ChangedClient](http.StatusOK, "the client as it is now")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removesClient = edge.Description{
		Summary: "Removes a client; its tokens are worthless at once",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it is removed")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
)

// clients answer about the applications of an organization.
type clients struct {
	issuer
	clock func() time.Time
}

// listClients is GET /v1/clients: applications by name. Devices with
// credentials of their own are counted.
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

// describedApplication loads the client of a path with what proves it, and the
// names of the organization's groups.
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

// application loads the client of a path. One of another organization, or of a
// device, is not told from one that does not exist.
func (s *clients) application(r *edge.Request) (stored.Client, error) {
	found, err := s.clients.Client(r.Context(), r.PathValue("id"))
	if err == nil && (found.Organization != r.Caller.Organization || found.Device != "") {
		err = database.ErrNotFound
	}
	return found, noClient(r, err)
}

// noClient is the error of a path that names no client of the caller's.
func noClient(r *edge.Request, err error) error {
	if errors.Is(err, database.ErrNotFound) {
		return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "there is no client %q", edge.Clip(r.PathValue("id")))
	}
	return err
}

// proofsOf makes what will prove the client.
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
		return proofs{}, edge.Invalid("secret is false and there is no certificate: a client must be able to prove itself")
	}
	return p, nil
}

// addClient is POST /v1/clients. The reply is the only place where the secret
// is shown.
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
	c, sees, err := s.clients.AddApplication(r.Context(), access.Client(r.Caller.Organization, s.clock()), asked.Groups, made.credentials...)
	if err != nil {
		return refusedClient(err)
	}
	reply := s.issued(r, &c, made, sees.Names)
	reply.NewGroups = sees.Made
	w.Note(slog.String("client", c.ID), slog.String("clientName", c.Name), slog.Any("permissions", c.Permissions))
	return w.JSON(http.StatusCreated, reply)
}

// changedAccess is what a client has when the change is made.
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

// changeClient is PATCH /v1/clients/{id}. It counts from the next request on, for
// tokens that are out, too.
func (s *clients) changeClient(w *edge.Response, r *edge.Request) error {
	var asked control.ClientChange
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	after, sees, err := s.clients.ChangeApplication(r.Context(), r.Caller.Organization, r.PathValue("id"), s.keptPermission(),
		func(before stored.Client, names map[int64]string) (stored.Client, []string, error) {
			return changed(before, names, &asked)
		})
	if err != nil {
		return noClient(r, refusedClient(err))
	}
	w.Note(slog.String("clientName", after.Name), slog.Any("permissions", after.Permissions))
	return w.JSON(http.StatusOK, control.ChangedClient{Client: describeClient(after, sees.Names), NewGroups: sees.Made})
}

// changed is a client as it is with a change made, and the groups that it is to
// see: what is absent stays.
func changed(before stored.Client, names map[int64]string, asked *control.ClientChange) (stored.Client, []string, error) {
	wanted, err := changedAccess(auth.AccessOf(&before, names), asked)
	if err != nil {
		return stored.Client{}, nil, err
	}
	after := wanted.Client(before.Organization, before.Created)
	after.ID = before.ID
	return after, wanted.Groups, nil
}

// removeClient is DELETE /v1/clients/{id}: its tokens are worthless from the
// next request on. Nobody locks all managers out over the network.
func (s *clients) removeClient(w *edge.Response, r *edge.Request) error {
	err := s.clients.RemoveApplication(r.Context(), r.Caller.Organization, r.PathValue("id"), s.keptPermission())
	if err != nil {
		return noClient(r, refusedClient(err))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keptPermission is what one client of each organization keeps, whoever asks:
// nobody locks all managers out over the network. Who has the data folder may.
func (s *clients) keptPermission() string {
	if s.callers.Local() {
		return ""
	}
	return string(auth.Manage)
}
