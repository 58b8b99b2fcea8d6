package policy

import "github.com/muster-project/muster/internal/inventory/collect/facts"

// Families returns the families of this package; doc/facts.md describes them.
func Families() []facts.Family {
	return []facts.Family{
		{Name: "accounts", Read: accounts},
		{Name: "firewall", Read: firewall},
		{Name: "lockout", Read: lockout},
		{Name: "pam", Read: pam},
		{Name: "passwords", Read: passwords},
		{Name: "rhosts", Read: rhosts},
		{Name: "sources", Read: sources},
		{Name: "sudo", Read: sudo},
		{Name: "umask", Read: umask},
	}
}
