package defender_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// doc/contract.md, section 1, and the changes via files, which are muster's own.
func TestCalls(t *testing.T) {
	const vulnerability, software = "Vulnerability.Read", "Software.Read"
	want := []defender.Call{
		{"SecureConfigurationsAssessmentByMachine", defender.Configurations, false, false,
			vulnerability + ".All", vulnerability},
		{"SecureConfigurationsAssessmentExport", defender.Configurations, false, true,
			vulnerability + ".All", vulnerability},
		{"SoftwareInventoryByMachine", defender.Software, false, false, software + ".All", software},
		{"SoftwareInventoryExport", defender.Software, false, true, software + ".All", software},
		{"SoftwareVulnerabilitiesByMachine", defender.Vulnerabilities, false, false, vulnerability + ".All", vulnerability},
		{"SoftwareVulnerabilitiesExport", defender.Vulnerabilities, false, true, vulnerability + ".All", vulnerability},
		{"SoftwareVulnerabilityChangesByMachine", defender.Vulnerabilities, true, false,
			vulnerability + ".All", vulnerability},
		{"SoftwareVulnerabilityChangesExport", defender.Vulnerabilities, true, true, vulnerability + ".All", vulnerability},
		{"SoftwareInventoryNoProductCodeByMachine", defender.NoProductCode, false, false, software + ".All", software},
		{"SoftwareInventoryNonCpeExport", defender.NoProductCode, false, true, software + ".All", software},
	}
	if diff := cmp.Diff(want, defender.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestContext(t *testing.T) {
	want := map[string]string{
		"SecureConfigurationsAssessmentByMachine": "Collection(microsoft.windowsDefenderATP.api.AssetConfiguration)",
		"SoftwareInventoryByMachine":              "Collection(microsoft.windowsDefenderATP.api.AssetSoftware)",
		"SoftwareVulnerabilitiesByMachine":        "Collection(microsoft.windowsDefenderATP.api.AssetVulnerability)",
		"SoftwareVulnerabilityChangesByMachine":   "Collection(microsoft.windowsDefenderATP.api.DeltaAssetVulnerability)",
		"SoftwareInventoryNoProductCodeByMachine": "Collection(microsoft.windowsDefenderATP.api.AssetNonCpeSoftware)",
	}
	for _, call := range defender.Calls() {
		fragment, ok := want[call.Name]
		if !ok {
			fragment = "microsoft.windowsDefenderATP.api.ExportFilesResponse"
		}
		if got, want := call.Context("https://host"), "https://host/api/$metadata#"+fragment; got != want {
			t.Errorf("%s: context %q, want %q", call.Name, got, want)
		}
	}
}

func TestDatasetNames(t *testing.T) {
	folders := map[string]bool{}
	for d := range defender.Dataset(defender.DatasetCount) {
		if got, err := defender.ParseDataset(d.String()); err != nil || got != d {
			t.Errorf("%v is parsed as %v, %v", d, got, err)
		}
		folders[d.Folder(false)], folders[d.Folder(true)] = true, true
	}
	if len(folders) != 2*defender.DatasetCount {
		t.Errorf("some of the folders are the same: %v", folders)
	}
	for _, folder := range []string{"flat-va", "ScaExport", "SoftwareInventory", "NonCpeSoftwareInventory", "DeltaVa"} {
		if !folders[folder] {
			t.Errorf("no dataset has the folder %q", folder)
		}
	}
	if _, err := defender.ParseDataset("Software"); err == nil || !strings.Contains(err.Error(), `"Software"`) {
		t.Errorf("parsing a wrong name: error %v", err)
	}
}

func TestSeverity(t *testing.T) {
	tests := []struct {
		score float64
		known bool
		want  string
	}{
		{0, false, ""}, {9.8, false, ""},
		{0, true, "None"}, {0.1, true, "Low"}, {3.9, true, "Low"}, {4, true, "Medium"}, {6.9, true, "Medium"},
		{7, true, "High"}, {8.9, true, "High"}, {9, true, "Critical"}, {10, true, "Critical"},
	}
	for _, test := range tests {
		if got := defender.Severity(test.score, test.known); got != test.want {
			t.Errorf("severity of %v, known %v: %q, want %q", test.score, test.known, got, test.want)
		}
	}
}
