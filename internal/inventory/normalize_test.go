package inventory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// received is the time of receipt of the tests' reports.
var received = inventorytest.Received

func TestNormalize(t *testing.T) {
	r := &inventory.Report{
		Device: inventory.Device{
			ID: " 0123456789ABCDEF0123456789abcdef01234567 ", Name: " host.example.com ",
			OSPlatform: "windowsserver2019", OSVersion: "10.0.17763.1637\x00", OSArchitecture: "x64\n",
			Tags: []string{"b", " a", "b", ""}, RBACGroup: " Servers\x07",
		},
		Time:   time.Date(2026, 11, 23, 11, 0, 0, 0, time.FixedZone("CET", 3600)),
		Source: " ", Collector: inventory.Collector{Name: " muster\n", Version: "v1\x00 "},
		Software: []inventory.Software{
			{Kind: "DEB", Name: "zlib"},
			{Name: "Cafe\u0301\tbar\x00", Vendor: "\xffVendor", DiskPaths: []string{"b", "", "a", "b"},
				RegistryPaths: []string{" "}},
			{Name: "\x00 "},
			{Kind: "deb", Name: "zlib "},
		},
		Hotfixes: []string{"kb5051989", "5051989", "KB1", "", "FEATURE-1"},
		Facts: inventory.Facts{
			"sshd":  {"Banner": " one\r\ntwo\x07", "Port ": "22", "": "x"},
			"sshd ": {"UsePAM": "yes", "Port": "2222"},
			"empty": nil, " ": {"a": "b"},
		},
		Configurations: []inventory.Configuration{
			{ConfigurationID: "b", Applicable: true, Compliant: true, Impact: 3},
			{ConfigurationID: "a"},
			{ConfigurationID: " b", Applicable: true, Impact: 9},
			{ConfigurationID: "b"},
			{ConfigurationID: ""},
		},
	}
	want := &inventory.Report{
		Device: inventory.Device{
			ID: "0123456789abcdef0123456789abcdef01234567", Name: "host.example.com",
			OSPlatform: "WindowsServer2019", OSVersion: "10.0.17763.1637", OSArchitecture: "x64",
			Tags: []string{"a", "b"}, RBACGroup: "Servers",
		},
		Time:   time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
		Source: "report", Collector: inventory.Collector{Name: "muster", Version: "v1"},
		Software: []inventory.Software{
			{Kind: "generic", Name: "Café bar", Vendor: "\uFFFDVendor", DiskPaths: []string{"a", "b"}},
			{Kind: "deb", Name: "zlib"},
		},
		Hotfixes: []string{"FEATURE-1", "KB1", "KB5051989"},
		Facts: inventory.Facts{
			"sshd":  {"Banner": " one\ntwo", "Port": "2222", "UsePAM": "yes"},
			"empty": {},
		},
		Configurations: []inventory.Configuration{{ConfigurationID: "a"},
			{ConfigurationID: "b", Applicable: true, Impact: 9}},
	}
	if diff := cmp.Diff(want, inventorytest.Normalized(t, r)); diff != "" {
		t.Errorf("Normalize (-want +got):\n%s", diff)
	}
}

func TestNormalizeTime(t *testing.T) {
	for _, test := range []struct{ time, want time.Time }{
		{time.Time{}, received},
		{received.Add(time.Second), received},
		{received, received},
		{received.Add(-time.Hour), received.Add(-time.Hour)},
		{time.Unix(3600, 0), received},
	} {
		r := inventorytest.Normalized(t, &inventory.Report{Device: inventory.Device{Name: "h"}, Time: test.time})
		if !r.Time.Equal(test.want) || r.Time.Location() != time.UTC {
			t.Errorf("a report of %v received at %v gets the time %v, want %v in UTC", test.time, received, r.Time, test.want)
		}
	}
}

func TestNormalizePlatform(t *testing.T) {
	for platform, want := range map[string]string{
		"LINUX": "Linux", "macos": "macOS", "Windows11": "Windows11", "WINDOWSSERVER2012r2": "WindowsServer2012R2",
		"Plan9": "Plan9", "": "",
	} {
		r := inventorytest.Normalized(t, &inventory.Report{Device: inventory.Device{Name: "h", OSPlatform: platform}})
		if r.Device.OSPlatform != want {
			t.Errorf("platform %q becomes %q, want %q", platform, r.Device.OSPlatform, want)
		}
	}
}

func TestNormalizeCutsPaths(t *testing.T) {
	s := inventory.Software{Name: "java", PathsCut: 1}
	for i := range 150 {
		s.DiskPaths = append(s.DiskPaths, fmt.Sprintf("/opt/%03d", 149-i), "/opt/000")
	}
	s.RegistryPaths = []string{strings.Repeat("k", inventory.MaxPath), strings.Repeat("l", inventory.MaxPath+1)}
	r := &inventory.Report{Device: inventory.Device{Name: "h"}, Software: []inventory.Software{s}}
	got := inventorytest.Normalized(t, r).Software[0]
	if n := len(got.DiskPaths); n != inventory.MaxPaths || got.DiskPaths[0] != "/opt/000" ||
		got.DiskPaths[n-1] != "/opt/099" {
		t.Errorf("%d disk paths, %q, want the first %d", n, got.DiskPaths, inventory.MaxPaths)
	}
	if len(got.RegistryPaths) != 1 || len(got.RegistryPaths[0]) != inventory.MaxPath {
		t.Errorf("registry paths %.20q, want the one that is not too long", got.RegistryPaths)
	}
	if want := 1 + 50 + 1; got.PathsCut != want {
		t.Errorf("PathsCut = %d, want %d", got.PathsCut, want)
	}
}

func TestNormalizeRefusesAndLeavesAlone(t *testing.T) {
	r := &inventory.Report{
		Device:   inventory.Device{Name: "h"},
		Software: []inventory.Software{{Name: " b "}, {Name: "a", PathsCut: -1}},
	}
	err := r.Normalize(received)
	if !errors.Is(err, parse.ErrInvalid) || err.Error() != "software[1].pathsCut: is -1, not a count" {
		t.Errorf("error %v, want ErrInvalid for pathsCut", err)
	}
	if r.Software[0].Name != " b " || !r.Time.IsZero() {
		t.Errorf("a refused report was changed: %v", r)
	}
}
