package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory"
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
		return edge.Invalid("permissions is empty, must be some of %q", auth.Permissions())
	}
	for _, p := range a.Permissions {
		if !auth.IsPermission(p) {
			return edge.Invalid("permission %q is none of %q", edge.Clip(string(p)), auth.Permissions())
		}
	}
	switch {
	case a.Groups == nil:
		return nil
	case len(a.Groups) == 0:
		return edge.Invalid("groups is empty: leave it out for all groups, or name some")
	case slices.Contains(a.Permissions, auth.Manage):
		return edge.Invalid("%s is for clients that see all groups: leave out groups", auth.Manage)
	}
	return nil
}

// checkName refuses a name that people could not read.
func checkName(name string) error {
	if !isLabel(name) {
		return edge.Invalid("name is %q, must be 1 to %d printable characters", edge.Clip(name), maxLabel)
	}
	return nil
}

// maxLabel bounds a name that people give, in bytes.
const maxLabel = 200

// isLabel tells whether people can read a new name. Those that are stored may be
// older than the rule.
func isLabel(text string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) || !inventory.IsVisible(r) }
	return utf8.ValidString(text) && len(text) <= maxLabel && strings.TrimSpace(text) != "" && !strings.ContainsFunc(text, unprintable)
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

// accessOf is what a client has.
func accessOf(c *store.Client, names map[int64]string) access {
	a := access{Name: c.Name, Groups: groupNames(c, names)}
	for _, p := range c.Permissions {
		a.Permissions = append(a.Permissions, auth.Permission(p))
	}
	return a
}

// client makes a new client of what was asked, but for the groups that it sees.
func (a *access) client(organization string, now time.Time) store.Client {
	c := store.Client{ID: uuid.NewString(), Organization: organization, Name: a.Name, AllGroups: a.Groups == nil, Created: now}
	for _, p := range auth.Permissions() {
		if slices.Contains(a.Permissions, p) {
			c.Permissions = append(c.Permissions, string(p))
		}
	}
	return c
}

// refusedClient names what is wrong with a client that cannot be stored.
func refusedClient(err error) error {
	switch {
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrTooMany):
		return edge.Refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, store.ErrLast):
		return edge.Refuse(http.StatusConflict, control.CodeLastManager, "this is the last client with %s: only on the data folder can it be taken away", auth.Manage)
	case errors.Is(err, rbac.ErrInvalid), errors.Is(err, auth.ErrCertificate):
		return edge.Invalid("%v", err)
	}
	return err
}
