package people

import "github.com/muster-project/muster/internal/auth/jwt"

// GrantBy applies the roles of settings to a person; the groups of role i have the numbers groups[i].
func GrantBy(s *Settings, groups [][]int64, who *Person) Granted {
	m := &mapping{Settings: s}
	for i := range s.Roles {
		m.roles = append(m.roles, role{&s.Roles[i], groups[i]})
	}
	return m.grant(who)
}

// ValuesOf returns the values of a claim.
func ValuesOf(claims jwt.Object, name string) ([]string, bool) { return valuesOf(claims, name) }

// SaysTooMany tells whether a provider says that it left groups out.
var SaysTooMany = saysTooMany
