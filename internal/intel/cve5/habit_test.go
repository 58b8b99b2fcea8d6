package cve5_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
)

// by makes a published record of one assigner with one entry.
func by(assigner, product, versions string) fstest.MapFS {
	return fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(`{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED",
		"assignerShortName":"` + assigner + `"},"containers":{"cna":{"affected":[{"vendor":"V","product":"` + product +
		`","versions":[` + versions + `]}]}}}`)}}
}

// TestHabits says what items of some assigners mean (matching.md, 3.5).
func TestHabits(t *testing.T) {
	between := func(from, before string) intel.Range { return intel.Range{Low: from, High: before} }
	through := func(from, last string) intel.Range { return intel.Range{Low: from, High: last, HighIncluded: true} }
	item := func(bound, low, high string) string {
		return fmt.Sprintf(`{"version":%q,%q:%q,"status":"affected"}`, low, bound, high)
	}
	const before, last = "lessThan", "lessThanOrEqual"
	for _, test := range []struct {
		assigner, product, versions string
		want                        []intel.Range
	}{
		{"hackerone", "Node.js", item(before, "20.3.1", "20.3.1"), []intel.Range{between("20", "20.3.1")}},
		{"hackerone", "Node", item(last, "20.5.0", "20.5.0") + "," + item(last, "18.17.0", "18.17.0"),
			[]intel.Range{through("20", "20.5.0"), through("18", "18.17.0")}},
		{"hackerone", "Node.js", item(last, "20.0.0", "20.5.0"), []intel.Range{through("20.0.0", "20.5.0")}},
		{"hackerone", "Rocket", item(before, "20.3.1", "20.3.1"), []intel.Range{{High: "20.3.1"}}},
		{"hackerone", "Rocket", item(last, "20.3.1", "20.3.1"), []intel.Range{{Exact: "20.3.1"}}},
		{"mitre", "Node.js", item(before, "20.3.1", "20.3.1"), []intel.Range{{High: "20.3.1"}}},
		{"oracle", "MySQL Server", item(last, "*", "8.4.0"), []intel.Range{through("8.4", "8.4.0")}},
		{"oracle", "MySQL Server", item(last, "*", "8.0.37") + "," + item(last, "*", "8.4.0"),
			[]intel.Range{through("8.0", "8.0.37"), through("8.1", "8.4.0")}},
		{"oracle", "MySQL Server", item(last, "*", "8.3.0"), []intel.Range{through("8.1", "8.3.0")}},
		{"oracle", "MySQL Cluster", item(last, "unspecified", "9.1.0"), []intel.Range{through("9.0", "9.1.0")}},
		{"oracle", "MySQL Server", item(last, "*", "5.7.44"), []intel.Range{through("5.7", "5.7.44")}},
		{"oracle", "VM VirtualBox", item(before, "unspecified", "7.0.20"), []intel.Range{{High: "7.0.20"}}},
		{"microsoft", "Visual Studio Code", item(before, "1.0.0", "1.77.0"), []intel.Range{{High: "1.77.0"}}},
		{"microsoft", "Azure DevOps Server 2020.1.2", item(before, "2020.1.0", "20230823.1"), nil},
		{"microsoft", "Azure DevOps Server 2022", item(before, "20230131.0", "20230602.4"),
			[]intel.Range{between("20230131.0", "20230602.4")}},
		{"microsoft", "Microsoft Office for Universal", item(before, "16.0.1", "16.0.14326.21xxxx"), nil},
		{"microsoft", "Microsoft Visual Studio 2019 version 16.9 (includes 16.0 - 16.8)", item(before, "15.0.0", "16.9.24"),
			[]intel.Range{between("16.0", "16.9.24")}},
		{"microsoft", "Microsoft Visual Studio 2019 version 16.11 (includes 16.0 - 16.10)", item(before, "16.11.0", "16.11.27"),
			[]intel.Range{between("16.11.0", "16.11.27")}},
		{"microsoft", "Azure CycleCloud 8.0.1", item(before, "8.0.0", "8.6.4"), []intel.Range{between("8.0.0", "8.6.4")}},
		{"microsoft", ".NET 8.0", item(before, "1.0.0", "8.0.0"), []intel.Range{between("8.0~", "8.0.0")}},
		{"github_m", ".NET 8.0", item(before, "1.0.0", "8.0.5"), []intel.Range{between("1.0.0", "8.0.5")}},
	} {
		records, odd := parse(t, by(test.assigner, test.product, test.versions))
		var got []intel.Range
		for _, a := range records["CVE-2024-0001"].Affected {
			got = append(got, a.Versions...)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || len(odd) > 0 {
			t.Errorf("%s, %s: %v (-want +got):\n%s", test.assigner, test.product, odd, diff)
		}
	}
}

// TestPlatformInText says which products' texts end in a platform.
func TestPlatformInText(t *testing.T) {
	for text, want := range map[string]string{
		"Microsoft ODBC Driver 17 for SQL Server on Linux": "linux/linux_kernel", "Outlook for iOS": "apple/iphone_os",
		"WhatsApp Desktop for Mac": "apple/macos", "Zoom Rooms for macOS": "apple/macos", "Firefox for Android": "google/android",
		"Citrix Workspace app for Windows": "microsoft/windows", "Agent for Microsoft Windows": "microsoft/windows",
		"Remote Desktop client for Windows Desktop": "microsoft/windows", ".NET 9.0 installed on Mac OS": "apple/macos",
		"Microsoft Office for Universal":     "microsoft/universal_windows_platform",
		"Windows Subsystem for Linux (WSL2)": "", "Extension for Android Studio": "", "Linux": "", "for Linux": "", "on": "", "": "",
		"Plugin for Splunk": "", "Windows for Dummies": "",
	} {
		records, _ := parse(t, by("acme", text, `{"version":"1","lessThan":"2","status":"affected"}`))
		got := ""
		for _, a := range records["CVE-2024-0001"].Affected {
			for _, p := range a.Requires {
				got = strings.TrimSpace(got + " " + p.Vendor + "/" + p.Product)
			}
		}
		if got != want {
			t.Errorf("%q requires %q, want %q", text, got, want)
		}
	}
}
