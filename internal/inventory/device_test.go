package inventory_test

import (
	"regexp"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

func TestDeriveID(t *testing.T) {
	id := inventory.DeriveID("", "Host.Example.com")
	if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(id) {
		t.Errorf("DeriveID = %q, want 40 hex digits", id)
	}
	for _, test := range []struct {
		machineID, name string
		same            bool
	}{
		{"", "host.example.com", true},
		{" ", " HOST.example.com ", true},
		{"", "other.example.com", false},
		{"4c5f", "Host.Example.com", false},
		{"Host.Example.com", "", false},
	} {
		if got := inventory.DeriveID(test.machineID, test.name); (got == id) != test.same {
			t.Errorf("DeriveID(%q, %q) = %q; equal to %q: want %v", test.machineID, test.name, got, id, test.same)
		}
	}
	if inventory.DeriveID("4C5F", "a") != inventory.DeriveID("4c5f", "b") {
		t.Error("a device that is renamed gets another id, though its machine id is the same")
	}
}
