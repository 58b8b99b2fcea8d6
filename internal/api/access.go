package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
)

// access is what a client may do and see.
type access struct {
	Name        string            `json:"name"`
	Permissions []auth.Permission `json:"permissions"`
	// Groups are names of RBAC groups; absent, or null, is all.
	Groups []string `json:"groups,omitempty" schema:"nullable"`
}

// check refuses what no client may have. Names are looked at where they are new.
func (a *access) check() error {
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

// accessOf is what a client has.
func accessOf(c *store.Client, names map[int64]string) access {
	a := access{Name: c.Name, Groups: groupNames(c, names)}
	for _, p := range c.Permissions {
		a.Permissions = append(a.Permissions, auth.Permission(p))
	}
	return a
}

// newClient makes a client of what was asked, but for the groups that it sees.
func (s *Server) newClient(r *request, a *access) store.Client {
	c := store.Client{ID: uuid.NewString(), Organization: r.caller.Organization, Name: a.Name, AllGroups: a.Groups == nil, Created: s.Clock()}
	for _, p := range auth.Permissions() {
		if slices.Contains(a.Permissions, p) {
			c.Permissions = append(c.Permissions, string(p))
		}
	}
	return c
}

// keptPermission is what one client of each organization keeps, whoever asks:
// nobody locks all managers out over the network. Who has the data folder may.
func (s *Server) keptPermission() string {
	if s.Trusted != nil {
		return ""
	}
	return string(auth.Manage)
}

// refusedClient names what is wrong with a client that cannot be stored.
func refusedClient(err error) error {
	switch {
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrTooMany), errors.Is(err, store.ErrChanged):
		return refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, store.ErrLast):
		return refuse(http.StatusConflict, "", "this is the last client with %s: only on the data folder can it be taken away", auth.Manage)
	case errors.Is(err, rbac.ErrInvalid), errors.Is(err, auth.ErrCertificate):
		return invalid("%v", err)
	}
	return err
}
