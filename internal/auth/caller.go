package auth

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/trust"
)

// Caller is who asks, and what they may do and see. The zero Caller may
// nothing.
type Caller struct {
	// Organization is the GUID of the one organization that they are of.
	Organization string
	// ID is the client's GUID, or the subject that an outside issuer named;
	// Name is for people and logs.
	ID, Name string
	// Permissions are the application's own, or those that Delegated by a
	// user.
	Permissions []Permission
	// Delegated tells that a user stands behind the application.
	Delegated bool
	// AllGroups lets the caller see every RBAC group; Groups are else those
	// they see, in ascending order. Group 0 is that of devices in none.
	AllGroups bool
	Groups    []int64
	// Device is the only device the caller may report for; empty for
	// applications.
	Device string
	// NamedGroup is the RBAC group that the reports of Device name.
	NamedGroup string
	// Trusts is what of Device's identity counts whenever its reports say it.
	Trusts trust.Fields
}

// May tells whether the caller has one of the permissions.
func (c *Caller) May(any ...Permission) bool {
	return slices.ContainsFunc(any, func(p Permission) bool { return slices.Contains(c.Permissions, p) })
}

// Sees tells whether the caller may see the devices of a group.
func (c *Caller) Sees(group int64) bool {
	if c.AllGroups {
		return true
	}
	_, found := slices.BinarySearch(c.Groups, group)
	return found
}

// Scope names what Sees lets through: what was made for one scope (a skip
// token) is worthless in another.
func (c *Caller) Scope() string {
	if c.AllGroups {
		return "all"
	}
	var b strings.Builder
	for _, g := range c.Groups {
		b.WriteString(strconv.FormatInt(g, 10))
		b.WriteByte(',')
	}
	return b.String()
}

// Key names the caller among those of all organizations.
func (c *Caller) Key() string { return c.Organization + "/" + c.ID }

// Visible is what Sees tells, for readers of manifests: nil is all groups.
func (c *Caller) Visible() func(group int64) bool {
	if c.AllGroups {
		return nil
	}
	return c.Sees
}

// Sender tells what the reports of the caller are believed about.
func (c *Caller) Sender() trust.Sender {
	from := trust.Sender{ID: c.ID}
	switch {
	case c.Device != "":
		from.Role, from.Device, from.Name, from.Group, from.Trusts = trust.Own, c.Device, c.Name, c.NamedGroup, c.Trusts
	case !c.May(WriteReports):
		from.Role = trust.Nobody
	case !c.AllGroups:
		from.Role, from.Groups = trust.Scoped, c.Groups
	case c.May(Manage):
		from.Role = trust.Manager
	default:
		from.Role = trust.Fleet
	}
	return from
}
