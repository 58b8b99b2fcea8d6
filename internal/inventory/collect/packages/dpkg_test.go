package packages

import (
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

func TestDpkgStates(t *testing.T) {
	for status, want := range map[string]bool{
		"install ok installed":             true,
		"hold ok installed":                true,
		"install ok triggers-pending":      true,
		"install ok triggers-awaited":      true,
		"install reinstreq unpacked":       true,
		"install ok half-configured":       true,
		"":                                 true, // no package manager
		"deinstall ok config-files":        false,
		"install reinstreq half-installed": false,
		"purge ok not-installed":           false,
		"unknown":                          false,
	} {
		if got := inventory.DpkgInstalled(status); got != want {
			t.Errorf("%q: installed is %v", status, got)
		}
	}
}

func TestDpkgSource(t *testing.T) {
	for _, test := range []struct{ source, name, version string }{
		{"", "bin", "1-1+b2"},
		{"src", "src", "1-1+b2"},
		{"src (1-1)", "src", "1-1"},
		{"src (1:2-3~deb12u1)", "src", "1:2-3~deb12u1"},
		{"(", "bin", "1-1+b2"},
	} {
		name, version := dpkgSource(stanza{"Package": "bin", "Version": "1-1+b2", "Source": test.source})
		if name != test.name || version != test.version {
			t.Errorf("%q is %q %q, want %q %q", test.source, name, version, test.name, test.version)
		}
	}
}
