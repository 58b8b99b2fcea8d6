package version_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/osv-scalibr/semantic"

	"github.com/muster-project/muster/internal/version"
)

func TestSchemeOf(t *testing.T) {
	tests := []struct {
		ecosystem string
		want      version.Scheme
		known     bool
	}{
		{"Debian:12", version.Debian, true},
		{"Debian", version.Debian, true},
		{"Ubuntu:22.04:LTS", version.Debian, true},
		{"Ubuntu:Pro:16.04:LTS", version.Debian, true},
		{"AlmaLinux:9", version.RPM, true},
		{"Rocky Linux:9", version.RPM, true},
		{"Red Hat:enterprise_linux:9::baseos", version.RPM, true},
		{"SUSE", version.RPM, true},
		{"openSUSE", version.RPM, true},
		{"Mageia", version.RPM, true},
		{"openEuler", version.RPM, true},
		{"Azure Linux:3", version.RPM, true},
		{"Alpine:v3.20", version.Alpine, true},
		{"Alpaquita", version.Alpine, true},
		{"BellSoft Hardened Containers", version.Alpine, true},
		{"Chainguard", version.Alpine, true},
		{"MinimOS", version.Alpine, true},
		{"Wolfi", version.Alpine, true},
		{"npm", version.SemVer, true},
		{"Go", version.SemVer, true},
		{"crates.io", version.SemVer, true},
		{"Bitnami", version.SemVer, true},
		{"Bioconductor", version.SemVer, true},
		{"ConanCenter", version.SemVer, true},
		{"Docker Hardened Images", version.SemVer, true},
		{"GHC", version.SemVer, true},
		{"Hex", version.SemVer, true},
		{"Julia", version.SemVer, true},
		{"SwiftURL", version.SemVer, true},
		{"PyPI", version.PyPI, true},
		{"Maven:https://repo1.maven.org/maven2", version.Maven, true},
		{"RubyGems", version.RubyGems, true},
		{"NuGet", version.NuGet, true},
		{"Packagist", version.Packagist, true},
		{"CRAN", version.CRAN, true},
		{"Hackage", version.Hackage, true},
		{"Pub", version.Pub, true},
		{"debian", version.Generic, false},
		{"GIT", version.Generic, false},
		{"", version.Generic, false},
		{":12", version.Generic, false},
	}
	for _, tt := range tests {
		got, known := version.SchemeOf(tt.ecosystem)
		if got != tt.want || known != tt.known {
			t.Errorf("SchemeOf(%q) = %v, %t; want %v, %t", tt.ecosystem, got, known, tt.want, tt.known)
		}
		if theirs, err := semantic.Parse("1.0", tt.ecosystem); !errors.Is(err, semantic.ErrUnsupportedEcosystem) {
			ours, err := semantic.Parse("1.0", got.String())
			if fmt.Sprintf("%T", ours) != fmt.Sprintf("%T", theirs) {
				t.Errorf("%q is read as %T (%v), by osv-scalibr as %T", tt.ecosystem, ours, err, theirs)
			}
		}
	}
}

func TestSchemeString(t *testing.T) {
	seen := map[string]bool{}
	for _, scheme := range schemes {
		name := scheme.String()
		if seen[name] || name == "unknown" {
			t.Errorf("scheme %d is called %q", uint8(scheme), name)
		}
		seen[name] = true
	}
	if got := version.Scheme(200).String(); got != "unknown" {
		t.Errorf("what is no scheme is called %q", got)
	}
}
