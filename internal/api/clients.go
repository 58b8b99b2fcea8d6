package api

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
)

// client is an application as managers see it.
type client struct {
	ID          string   `json:"clientId"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	// Groups are the names of the RBAC groups that it sees; null is all.
	Groups      []string     `json:"groups" schema:"nullable"`
	CreatedTime time.Time    `json:"createdTime"`
	Credentials []credential `json:"credentials"`
}

func describeClient(a store.Application, names map[int64]string) client {
	described := client{ID: a.ID, Name: a.Name, Permissions: a.Permissions, Groups: groupNames(&a.Client, names),
		CreatedTime: a.Created, Credentials: []credential{}}
	for _, c := range a.Credentials {
		described.Credentials = append(described.Credentials, describeCredential(c))
	}
	return described
}

// groupNames are the names of the groups that a client sees; nil is all.
func groupNames(c *store.Client, names map[int64]string) []string {
	if c.AllGroups {
		return nil
	}
	seen := []string{}
	for _, id := range c.Groups {
		seen = append(seen, names[id])
	}
	return seen
}

// clientList is the reply to GET /v1/clients.
type clientList struct {
	Clients []client `json:"clients"`
	// Devices is how many have credentials of their own.
	Devices int64 `json:"devices"`
}

var (
	listsClients = description{
		summary: "Clients by name, without their secrets",
		gives:   []payload{jsonOf[clientList](http.StatusOK, "all applications; devices are counted")},
	}
	showsClient = description{
		summary: "A client, without its secrets",
		gives:   []payload{jsonOf[client](http.StatusOK, "the client")},
		fails:   []int{http.StatusNotFound},
	}
	addsClient = description{
		summary: "Adds a client with permissions and RBAC groups",
		takes:   []payload{jsonOf[clientRequest](0, "what it may do, and what proves it")},
		gives:   []payload{jsonOf[Issued](http.StatusCreated, "the secret is shown this once")},
		fails:   []int{http.StatusConflict},
	}
	removesClient = description{
		summary: "Removes a client; its tokens are worthless at once",
		gives:   []payload{nothing(http.StatusNoContent, "it is removed")},
		fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
)

// listClients is GET /v1/clients: applications by name. Devices with
// credentials of their own are counted.
func (s *Server) listClients(w *response, r *request) error {
	all, devices, err := s.Store.Clients(r.Context(), r.caller.Organization)
	if err != nil {
		return err
	}
	names, err := s.namesOfGroups(r)
	if err != nil {
		return err
	}
	reply := clientList{[]client{}, devices}
	for _, a := range all {
		reply.Clients = append(reply.Clients, describeClient(a, names))
	}
	return w.json(http.StatusOK, reply)
}

// showClient is GET /v1/clients/{id}.
func (s *Server) showClient(w *response, r *request) error {
	found, err := s.application(r)
	if err != nil {
		return err
	}
	credentials, err := s.Store.ClientCredentials(r.Context(), found.ID)
	if err != nil {
		return err
	}
	names, err := s.namesOfGroups(r)
	if err != nil {
		return err
	}
	return w.json(http.StatusOK, describeClient(store.Application{Client: found, Credentials: credentials}, names))
}

// application loads the client of a path. One of another organization, or of a
// device, is not told from one that does not exist.
func (s *Server) application(r *request) (store.Client, error) {
	found, err := s.Store.Client(r.Context(), r.PathValue("id"))
	if err == nil && (found.Organization != r.caller.Organization || found.Device != "") {
		err = store.ErrNotFound
	}
	return found, noClient(r, err)
}

// noClient is the error of a path that names no client of the caller's.
func noClient(r *request, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse(http.StatusNotFound, defender.CodeResourceNotFound, "there is no client %q", clip(r.PathValue("id")))
	}
	return err
}

// clientRequest is the body of POST /v1/clients.
type clientRequest struct {
	access
	// Secret may be false where there is a certificate.
	Secret *bool `json:"secret,omitempty"`
	// Certificate is in PEM form.
	Certificate string `json:"certificate,omitempty"`
	// LifetimeSeconds is that of the secret; absent: it does not expire.
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
}

// proofs makes what will prove the client.
func (c *clientRequest) proofs(now time.Time) (proofs, error) {
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
		return proofs{}, invalid("secret is false and there is no certificate: a client must be able to prove itself")
	}
	return p, nil
}

// access is what a client may do and see.
type access struct {
	Name        string            `json:"name"`
	Permissions []auth.Permission `json:"permissions"`
	// Groups are names of RBAC groups; absent, or null, is all.
	Groups []string `json:"groups,omitempty" schema:"nullable"`
}

// check refuses what no client may have.
func (a *access) check() error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	if len(a.Permissions) == 0 {
		return invalid("permissions is empty, must be some of %q", auth.Permissions())
	}
	for _, p := range a.Permissions {
		if !auth.IsPermission(p) {
			return invalid("permission %q is none of %q", clip(string(p)), auth.Permissions())
		}
	}
	switch {
	case a.Groups == nil:
		return nil
	case len(a.Groups) == 0:
		return invalid("groups is empty: leave it out for all groups, or name some")
	case slices.Contains(a.Permissions, auth.Manage):
		return invalid("%s is for clients that see all groups: leave out groups", auth.Manage)
	}
	return nil
}

// checkName refuses a name that people could not read.
func checkName(name string) error {
	if !isLabel(name) {
		return invalid("name is %q, must be 1 to %d printable characters", clip(name), maxLabel)
	}
	return nil
}

// addClient is POST /v1/clients. The reply is the only place where the secret
// is shown.
func (s *Server) addClient(w *response, r *request) error {
	var asked clientRequest
	if err := readObject(w, r, &asked); err != nil {
		return err
	}
	if err := asked.check(); err != nil {
		return err
	}
	made, err := asked.proofs(s.Clock())
	if err != nil {
		return err
	}
	c, fresh, err := s.newClient(r, &asked.access)
	if err != nil {
		return refusedClient(err)
	}
	reply, err := s.issue(r, &c, made)
	if err != nil {
		return err
	}
	reply.NewGroups = fresh
	if err := s.Store.AddClient(r.Context(), c, made.credentials...); err != nil {
		return refusedClient(err)
	}
	w.note(slog.String("client", c.ID), slog.String("clientName", c.Name), slog.Any("permissions", c.Permissions))
	return w.json(http.StatusCreated, reply)
}

// newClient makes a client of what was asked, and the groups that are not
// there yet, whose names it returns.
func (s *Server) newClient(r *request, a *access) (c store.Client, fresh []string, err error) {
	c = store.Client{ID: uuid.NewString(), Organization: r.caller.Organization, Name: a.Name, AllGroups: a.Groups == nil, Created: s.Clock()}
	for _, p := range auth.Permissions() {
		if slices.Contains(a.Permissions, p) {
			c.Permissions = append(c.Permissions, string(p))
		}
	}
	if a.Groups != nil {
		c.Groups, fresh, err = s.Store.EnsureGroups(r.Context(), c.Organization, a.Groups)
	}
	return c, fresh, err
}

// refusedClient names what is wrong with a client that cannot be stored.
func refusedClient(err error) error {
	switch {
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrTooMany):
		return refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, rbac.ErrInvalid), errors.Is(err, auth.ErrCertificate):
		return invalid("%v", err)
	}
	return err
}

// removeClient is DELETE /v1/clients/{id}: its tokens are worthless from the
// next request on. Nobody locks all managers out over the network.
func (s *Server) removeClient(w *response, r *request) error {
	keep := string(auth.Manage)
	if s.Trusted != nil {
		keep = ""
	}
	err := s.Store.RemoveApplication(r.Context(), r.caller.Organization, r.PathValue("id"), keep)
	if errors.Is(err, store.ErrLast) {
		return refuse(http.StatusConflict, "", "this is the last client with %s, which only its organization's data folder can remove", auth.Manage)
	}
	if err != nil {
		return noClient(r, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
