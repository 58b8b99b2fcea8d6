package ecosystem_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// TestDerivatives: a derivative's packages are judged by its base's advisories of the right release, which stand in,
// and not by any if the derivative made the package itself.
func TestDerivatives(t *testing.T) {
	known := []string{"Debian:12", "Debian:13", "Debian:sid", "Ubuntu:22.04:LTS", "Ubuntu:24.04:LTS", "Ubuntu:Pro:22.04:LTS"}
	for _, tt := range []struct{ id, release, base, installed, want string }{
		{"linuxmint", "21.3", "", "1-1", "Ubuntu:22.04:LTS Ubuntu:Pro:22.04:LTS"}, {"linuxmint", "22", "", "1", "Ubuntu:24.04:LTS"},
		{"linuxmint", "6", "", "1", "Debian:12"}, {"linuxmint", "23", "", "1", ""},
		{"linuxmint", "23", "ubuntu-24.04", "1", "Ubuntu:24.04:LTS"}, {"linuxmint", "21.3", "", "6.2.9+wilma", ""},
		{"linuxmint", "2", "", "1", ""}, {"linuxmint", "210", "", "1", ""},
		{"pop", "22.04", "", "1", "Ubuntu:22.04:LTS Ubuntu:Pro:22.04:LTS"},
		{"pop", "22.04", "", "6.9.3-76060903.202405300957~1726766035~22.04~4092a0e", ""},
		{"zorin", "17.1", "", "1", "Ubuntu:22.04:LTS Ubuntu:Pro:22.04:LTS"}, {"elementary", "8", "", "1", "Ubuntu:24.04:LTS"},
		{"neon", "24.04", "", "4:6.2.0-0xneon+24.04+noble+release+build19", ""}, {"neon", "24.04", "", "1", "Ubuntu:24.04:LTS"},
		{"kali", "", "", "1.2-3", "Debian:sid"}, {"kali", "", "", "1.2-0kali1", ""},
		{"raspbian", "12", "", "1", "Debian:12"}, {"raspbian", "12", "", "1:6.1.63-1+rpt1", ""}, {"debian", "12", "", "1:6.1.63-1+rpt1", ""},
		{"devuan", "6", "", "1", "Debian:13"}, {"devuan", "6", "", "3.06-4devuan1", ""},
		{"another", "3", "debian-12", "1", "Debian:12"}, {"another", "3", "", "1", ""}, {"another", "3", "fedora-40", "1", ""},
		{"debian", "12", "ubuntu-22.04", "1", "Debian:12"}, {"kali", "", "x", "1", "Debian:sid"},
	} {
		d := ecosystem.DistributionOf(tt.id).On(tt.base)
		var names []string
		for _, c := range d.Select(known, d.Class(tt.release), tt.installed) {
			names = append(names, c.Full)
			if c.StandsIn != (tt.id != "debian") || c.Paid {
				t.Errorf("%s %s: %+v", tt.id, tt.release, c)
			}
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s %s on %q, version %s: %q, want %q", tt.id, tt.release, tt.base, tt.installed, got, tt.want)
		}
	}
	for _, tt := range [][3]string{{"linuxmint", "22.1", "Ubuntu:24.04:LTS"}, {"kali", "", "Debian:sid"}, {"pop", "24.04", "Ubuntu:24.04:LTS"}} {
		if got, ok := ecosystem.DistributionOf(tt[0]).Wanted(tt[1]); got != tt[2] || !ok {
			t.Errorf("%s %s wants %q, %v", tt[0], tt[1], got, ok)
		}
	}
}
