package defender_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// doc/contract.md, section 1, and the changes that are muster's own.
func TestCalls(t *testing.T) {
	const vulnerability, software = "Vulnerability.Read", "Software.Read"
	const configurations, inventory, findings, uncoded = defender.Configurations, defender.Software,
		defender.Vulnerabilities, defender.NoProductCode
	const changes, files, own = true, true, true
	var want []defender.Call
	add := func(name string, d defender.Dataset, delta, files bool, permission string, own bool) {
		want = append(want, defender.Call{Name: name, Dataset: d, Delta: delta, Files: files,
			ApplicationPermission: permission + ".All", DelegatedPermission: permission, Own: own})
	}
	add("SecureConfigurationsAssessmentByMachine", configurations, !changes, !files, vulnerability, !own)
	add("SecureConfigurationsAssessmentExport", configurations, !changes, files, vulnerability, !own)
	add("SoftwareInventoryByMachine", inventory, !changes, !files, software, !own)
	add("SoftwareInventoryExport", inventory, !changes, files, software, !own)
	add("SoftwareVulnerabilitiesByMachine", findings, !changes, !files, vulnerability, !own)
	add("SoftwareVulnerabilitiesExport", findings, !changes, files, vulnerability, !own)
	add("SoftwareVulnerabilityChangesByMachine", findings, changes, !files, vulnerability, !own)
	add("SoftwareVulnerabilityChangesExport", findings, changes, files, vulnerability, own)
	add("SoftwareInventoryNoProductCodeByMachine", uncoded, !changes, !files, software, !own)
	add("SoftwareInventoryNonCpeExport", uncoded, !changes, files, software, !own)
	add("SecureConfigurationChangesByMachine", configurations, changes, !files, vulnerability, own)
	add("SecureConfigurationChangesExport", configurations, changes, files, vulnerability, own)
	add("SoftwareInventoryChangesByMachine", inventory, changes, !files, software, own)
	add("SoftwareInventoryChangesExport", inventory, changes, files, software, own)
	add("SoftwareInventoryNoProductCodeChangesByMachine", uncoded, changes, !files, software, own)
	add("SoftwareInventoryNoProductCodeChangesExport", uncoded, changes, files, software, own)
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

		"SecureConfigurationChangesByMachine": "Collection(microsoft.windowsDefenderATP.api.DeltaAssetConfiguration)",
		"SoftwareInventoryChangesByMachine":   "Collection(microsoft.windowsDefenderATP.api.DeltaAssetSoftware)",
		"SoftwareInventoryNoProductCodeChangesByMachine": "Collection(microsoft.windowsDefenderATP.api." +
			"DeltaAssetNonCpeSoftware)",
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
