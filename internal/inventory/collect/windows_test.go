package collect

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
)

// recordedWindows is a recorded registry.
func recordedWindows(t *testing.T) windowsRecord {
	t.Helper()
	data, err := os.ReadFile("testdata/windows11.json")
	if err != nil {
		t.Fatal(err)
	}
	var record windowsRecord
	if err := json.Unmarshal(data, &record); err != nil {
		t.Fatal(err)
	}
	return record
}

func TestWindows(t *testing.T) {
	got, err := recordedWindows(t).report(Config{})
	if err != nil {
		t.Fatal(err)
	}
	const programs = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\`
	want := &inventory.Report{
		Source: Source, Collector: inventory.Collector{Name: "muster"},
		Device: inventory.Device{
			ID:   inventory.DeriveID("6f1c9b1e-3d52-4c0e-9a77-0d1f6a2b8c44", "PC-7.corp.example.com"),
			Name: "PC-7.corp.example.com", OSPlatform: "Windows11", OSVersion: "10.0.22631.4751", OSArchitecture: "x64",
		},
		Software: []inventory.Software{
			{
				Kind: "windows", Vendor: "Igor Pavlov", Name: "7-Zip 22.01 (x64)", Version: "22.01",
				DiskPaths:     []string{`C:\Program Files\7-Zip\`},
				RegistryPaths: []string{`HKEY_LOCAL_MACHINE\` + programs + `7-Zip`},
			},
			{
				Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "81.0.4044.138",
				DiskPaths:     []string{`C:\Program Files (x86)\Google\Chrome\Application`},
				RegistryPaths: []string{`HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\Google Chrome`},
			},
			{
				Kind: "windows", Vendor: "Zoom Video Communications, Inc.", Name: "Zoom Workplace", Version: "6.1.0 (41193)",
				RegistryPaths: []string{`HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-1001\` + programs + `Zoom`},
			},
		},
		Hotfixes: []string{"KB5051989", "KB890830"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWindowsRegistryThatCannotBeRead has none of the keys: what they contain is absent, and keeps
// its earlier state.
func TestWindowsRegistryThatCannotBeRead(t *testing.T) {
	got, err := windowsRecord{}.report(Config{Name: "h"})
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{Source: Source, Collector: inventory.Collector{Name: "muster"},
		Device: inventory.Device{Name: "h"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty := windowsRecord{Uninstall: []registryKey{}, Packages: []registryKey{}}
	if got, err = empty.report(Config{Name: "h"}); err != nil || got.Software == nil || got.Hotfixes == nil {
		t.Errorf("keys that were read and are empty: software %v, hotfixes %v, %v", got.Software, got.Hotfixes, err)
	}
}

func TestWindowsPlatforms(t *testing.T) {
	for _, test := range []struct {
		values            map[string]string
		platform, version string
	}{
		{map[string]string{"CurrentMajorVersionNumber": "10", "CurrentMinorVersionNumber": "0",
			"CurrentBuildNumber": "20348", "UBR": "2849", "InstallationType": "Server Core"},
			"WindowsServer2022", "10.0.20348.2849"},
		{map[string]string{"CurrentMajorVersionNumber": "10", "CurrentMinorVersionNumber": "0",
			"CurrentBuildNumber": "19045", "UBR": "5131", "InstallationType": "Client"},
			"Windows10", "10.0.19045.5131"},
		{map[string]string{"CurrentVersion": "6.3", "CurrentBuild": "9600", "InstallationType": "Server"},
			"WindowsServer2012R2", "6.3.9600"},
	} {
		record := windowsRecord{Version: registryKey{Values: test.values}}
		got, err := record.report(Config{Name: "h"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Device.OSPlatform != test.platform || got.Device.OSVersion != test.version {
			t.Errorf("%v is %q %q, want %q %q", test.values, got.Device.OSPlatform, got.Device.OSVersion,
				test.platform, test.version)
		}
	}
	if _, err := (windowsRecord{}).report(Config{}); !errors.Is(err, ErrNoName) {
		t.Errorf("without a name: %v", err)
	}
}
