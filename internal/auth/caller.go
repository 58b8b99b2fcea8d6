package auth

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/trust"
)

// Caller is the sender of a request, with its permissions and groups. The zero Caller has no
// permissions.
type Caller struct {
	// Organization is the GUID of the caller's organization.
	Organization string
	// ID is the client's GUID, or the subject that an outside issuer named. Name is for people
	// and logs.
	ID, Name string
	// Permissions are the application's, or, if Delegated, those that the user delegated.
	Permissions []Permission
	// Delegated: the application acts for a user.
	Delegated bool
	// AllGroups lets the caller see every RBAC group. Otherwise it sees Groups, in ascending
	// order. Group 0 holds the devices that are in no group.
	AllGroups bool
	Groups    []int64
	// Device is the only device the caller may report; "" for applications.
	Device string
	// NamedGroup is the RBAC group that the reports of Device name.
	NamedGroup string
	// Trusts lists the parts of its identity that Device may change by its reports.
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

// Scope names the groups that Sees accepts. A skip token that was made for one scope is not
// valid in another.
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

// Key identifies the caller among those of all organizations.
func (c *Caller) Key() string { return c.Organization + "/" + c.ID }

// Visible returns Sees for readers of manifests; nil means all groups.
func (c *Caller) Visible() func(group int64) bool {
	if c.AllGroups {
		return nil
	}
	return c.Sees
}

// Sender returns the caller as a sender of reports: what its reports are believed about.
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
