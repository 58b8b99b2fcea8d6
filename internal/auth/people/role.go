package people

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
)

// Person is somebody whom the provider has identified.
type Person struct {
	Issuer, Subject string
	// Name is for people: the provider's, or one that the person chose there.
	Name string
	// Claims are the values of the claims that roles read.
	Claims map[string][]string
	// Missing are those of them that the provider did not send. TooMany: it says itself that it left groups out.
	Missing []string
	TooMany bool
}

// ID identifies the person among all callers: it follows from issuer and subject. It is no client's, whose ids are
// random.
func (p *Person) ID() string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(p.Issuer+"\n"+p.Subject)).String()
}

// role is a Role whose groups are known by their numbers.
type role struct {
	*Role
	groups []int64
}

// grants tells whether the role gives a permission in a group.
func (r *role) grants(p auth.Permission, group int64) bool {
	return slices.Contains(r.Permissions, p) && (r.AllGroups || slices.Contains(r.groups, group))
}

// mapping is what people may do by the roles of settings.
type mapping struct {
	*Settings
	roles []role
}

// newMapping finds the groups of roles, and makes those that do not exist, empty, so that they have numbers.
func newMapping(ctx context.Context, s *Settings, groups *organization.Store) (*mapping, error) {
	if _, err := groups.ByID(ctx, s.Organization); err != nil {
		return nil, fmt.Errorf("organization: %w", err)
	}
	m := &mapping{Settings: s}
	for i := range s.Roles {
		one := role{Role: &s.Roles[i]}
		if !one.AllGroups {
			ids, _, err := groups.EnsureGroups(ctx, s.Organization, one.Groups)
			if err != nil {
				return nil, fmt.Errorf("roles[%d].groups: %w", i, err)
			}
			one.groups = ids
		}
		m.roles = append(m.roles, one)
	}
	return m, nil
}

// Granted is what a person may do.
type Granted struct {
	Caller auth.Caller
	// Roles are how many roles the person has. Without a permission in Caller there may be some: they agree on
	// nothing.
	Roles int
	// Lost are permissions of those roles that do not hold in all groups that the person sees.
	Lost []auth.Permission
}

// grant applies the roles: the person sees the groups of all of their roles, and has the permissions that these roles
// give in every one of those groups. So no permission holds in a group where no role gives it.
func (m *mapping) grant(p *Person) Granted {
	g := Granted{Caller: auth.Caller{Organization: m.Organization, ID: p.ID(), Name: p.Name, Groups: []int64{}}}
	if p.Issuer != m.Issuer || slices.Contains(m.Denied, p.Subject) {
		return g
	}
	var held []role
	var wanted []auth.Permission
	for _, r := range m.roles {
		if !slices.ContainsFunc(p.Claims[r.Claim], func(v string) bool { return slices.Contains(r.Values, v) }) {
			continue
		}
		held = append(held, r)
		wanted = append(wanted, r.Permissions...)
		g.Caller.AllGroups = g.Caller.AllGroups || r.AllGroups
		g.Caller.Groups = append(g.Caller.Groups, r.groups...)
	}
	slices.Sort(g.Caller.Groups)
	g.Caller.Groups = slices.Compact(g.Caller.Groups)
	slices.SortFunc(wanted, func(a, b auth.Permission) int { return strings.Compare(string(a), string(b)) })
	for _, p := range slices.Compact(wanted) {
		if everywhere(held, p, g.Caller) {
			g.Caller.Permissions = append(g.Caller.Permissions, p)
		} else {
			g.Lost = append(g.Lost, p)
		}
	}
	if g.Caller.AllGroups {
		g.Caller.Groups = nil
	}
	g.Roles = len(held)
	return g
}

// everywhere tells whether roles give a permission in every group that a caller sees.
func everywhere(held []role, p auth.Permission, c auth.Caller) bool {
	if c.AllGroups {
		return slices.ContainsFunc(held, func(r role) bool { return r.AllGroups && slices.Contains(r.Permissions, p) })
	}
	for _, group := range c.Groups {
		if !slices.ContainsFunc(held, func(r role) bool { return r.grants(p, group) }) {
			return false
		}
	}
	return len(c.Groups) > 0
}
