package security

import (
	"errors"
	"strings"
	"testing"
)

// TestAsk asks this Windows. What it answers is its own: the names of the facts are ours.
func TestAsk(t *testing.T) {
	for _, family := range Families() {
		facts, err := family.Ask()
		t.Log(family.Name, facts, err)
		for name, value := range facts {
			if name == "" || strings.ContainsAny(value, "\x00\n") {
				t.Errorf("%s: fact %q is %q", family.Name, name, value)
			}
		}
	}
}

// TestQuery asks WMI for what every Windows has.
func TestQuery(t *testing.T) {
	found, err := query(`ROOT\CIMV2`, "Win32_OperatingSystem", "Version BuildNumber ProductType Primary NoSuchProperty")
	if err != nil || len(found) != 1 || found[0]["Version"] == "" || found[0]["BuildNumber"] == "" ||
		found[0]["ProductType"] == "" || len(found[0]) != 4 {
		t.Error(found, err)
	}
	t.Log(found)
	found, err = query(`ROOT\CIMV2`, "Win32_SystemEnclosure", "ChassisTypes")
	if err != nil || len(found) != 1 || found[0]["ChassisTypes"] == "" {
		t.Error(found, err)
	}
	for range 100 {
		if _, err := query(`ROOT\NoSuchNamespace`, "Win32_OperatingSystem", "Version"); !errors.Is(err, ErrAbsent) {
			t.Fatal(err)
		}
	}
}
