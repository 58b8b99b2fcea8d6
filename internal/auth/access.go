package auth

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/store/access"
)

// AdministratorName is what the first client of an organization is called.
const AdministratorName = "administrator"

// RuleError says which rule of access is against what was asked.
type RuleError struct {
	// Forbidden tells that the caller may not; else nobody may.
	Forbidden bool
	message   string
}

// Error returns the message, which is for whoever asked.
func (e *RuleError) Error() string { return e.message }

// against says that nobody may have what was asked.
func against(format string, args ...any) error {
	return &RuleError{message: fmt.Sprintf(format, args...)}
}

// clipped cuts text from outside for messages.
func clipped(text string) string { return parse.Clip(text, 100) }

// Access is what a client may do and see, as those who manage say it.
type Access struct {
	Name        string
	Permissions []string
	// Groups are names of RBAC groups; nil is all.
	Groups []string
}

// AccessOf is what a client has. Names are those of all groups, by number.
func AccessOf(c *access.Client, names map[int64]string) Access {
	return Access{Name: c.Name, Permissions: c.Permissions, Groups: GroupNames(c, names)}
}

// GroupNames are the names of the groups that a client sees; nil is all.
func GroupNames(c *access.Client, names map[int64]string) []string {
	if c.AllGroups {
		return nil
	}
	seen := []string{}
	for _, id := range c.Groups {
		seen = append(seen, names[id])
	}
	return seen
}

// Check refuses what no client may have: a RuleError. It does not look at the
// name.
func (a *Access) Check() error {
	if len(a.Permissions) == 0 {
		return against("permissions is empty, must be some of %q", Permissions())
	}
	for _, p := range a.Permissions {
		if !IsPermission(Permission(p)) {
			return against("permission %q is none of %q", clipped(p), Permissions())
		}
	}
	switch {
	case a.Groups == nil:
		return nil
	case len(a.Groups) == 0:
		return against("groups is empty: leave it out for all groups, or name some")
	case slices.Contains(a.Permissions, string(Manage)):
		return against("%s is for clients that see all groups: leave out groups", Manage)
	}
	return nil
}

// Client makes a new client with the access, but for the groups that it sees.
func (a *Access) Client(organization string, now time.Time) access.Client {
	c := access.Client{ID: uuid.NewString(), Organization: organization, Name: a.Name, AllGroups: a.Groups == nil, Created: now}
	for _, p := range Permissions() {
		if slices.Contains(a.Permissions, string(p)) {
			c.Permissions = append(c.Permissions, string(p))
		}
	}
	return c
}

// Administrator is a new client that may do everything in an organization.
func Administrator(organization string, now time.Time) access.Client {
	all := Access{Name: AdministratorName}
	for _, p := range Permissions() {
		all.Permissions = append(all.Permissions, string(p))
	}
	return all.Client(organization, now)
}
