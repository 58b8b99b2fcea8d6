package version_test

import (
	"testing"

	"github.com/muster-project/muster/internal/version"
)

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
