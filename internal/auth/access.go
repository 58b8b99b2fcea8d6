package auth

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/store/access"
)

// AdministratorName is the name of an organization's first client.
const AdministratorName = "administrator"

// RuleError names the rule of access that a request violates.
type RuleError struct {
	// Forbidden: this caller may not do it. Otherwise no caller may.
	Forbidden bool
	message   string
}

// Error returns the message, which may be shown to the caller.
func (e *RuleError) Error() string { return e.message }

// against returns a RuleError for what no caller may have.
func against(format string, args ...any) error {
	return &RuleError{message: fmt.Sprintf(format, args...)}
}

// clipped shortens text from outside for messages.
func clipped(text string) string { return parse.Clip(text, 100) }

// Access is what a client may do and see, in the form that managers use.
type Access struct {
	Name        string
	Permissions []string
	// Groups are names of RBAC groups; nil means all.
	Groups []string
}

// AccessOf returns a client's access. names are the names of all groups, by number.
func AccessOf(c *access.Client, names map[int64]string) Access {
	return Access{Name: c.Name, Permissions: c.Permissions, Groups: GroupNames(c, names)}
}

// GroupNames returns the names of the groups that a client sees; nil means all.
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

// Check refuses access that no client may have, with a RuleError. It does not check the name.
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

// Client returns a new client with the access; the caller sets its groups.
func (a *Access) Client(organization string, now time.Time) access.Client {
	c := access.Client{ID: uuid.NewString(), Organization: organization, Name: a.Name,
		AllGroups: a.Groups == nil, Created: now}
	for _, p := range Permissions() {
		if slices.Contains(a.Permissions, string(p)) {
			c.Permissions = append(c.Permissions, string(p))
		}
	}
	return c
}

// Administrator returns a new client with all permissions in an organization.
func Administrator(organization string, now time.Time) access.Client {
	all := Access{Name: AdministratorName}
	for _, p := range Permissions() {
		all.Permissions = append(all.Permissions, string(p))
	}
	return all.Client(organization, now)
}
