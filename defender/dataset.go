package defender

import "fmt"

// Dataset is one of the export families.
type Dataset uint8

// The datasets. CleanSoftware has rows shaped like vulnerabilities with a null cveId, and
// NonCVEAdvisories those whose cveId is the id of an advisory that names no CVE (contract.md, section
// 4): they are separate, so that exports can leave them out. Files have the numbers, so a new dataset
// comes last.
const (
	Configurations Dataset = iota
	Software
	Vulnerabilities
	CleanSoftware
	NoProductCode
	NonCVEAdvisories
	DatasetCount = iota // the number of datasets
)

// datasets has the names of each dataset; folders and entities are {full, delta} pairs. Names that
// Microsoft does not define follow the same pattern.
var datasets = [DatasetCount]struct {
	name              string
	folders, entities [2]string
}{
	Configurations: {"configurations", [2]string{"ScaExport", "DeltaSca"},
		[2]string{"AssetConfiguration", "DeltaAssetConfiguration"}},
	Software: {"software", [2]string{"SoftwareInventory", "DeltaSoftwareInventory"},
		[2]string{"AssetSoftware", "DeltaAssetSoftware"}},
	Vulnerabilities: {"vulnerabilities", [2]string{"flat-va", "DeltaVa"},
		[2]string{"AssetVulnerability", "DeltaAssetVulnerability"}},
	CleanSoftware: {"clean-software", [2]string{"CleanVa", "DeltaCleanVa"},
		[2]string{"AssetVulnerability", "DeltaAssetVulnerability"}},
	NoProductCode: {"no-product-code", [2]string{"NonCpeSoftwareInventory", "DeltaNonCpeSoftwareInventory"},
		[2]string{"AssetNonCpeSoftware", "DeltaAssetNonCpeSoftware"}},
	NonCVEAdvisories: {"non-cve-advisories", [2]string{"NonCveVa", "DeltaNonCveVa"},
		[2]string{"AssetVulnerability", "DeltaAssetVulnerability"}},
}

// String returns the dataset's name in manifests and metrics, such as
// "clean-software".
func (d Dataset) String() string {
	if d >= DatasetCount {
		return fmt.Sprintf("Dataset(%d)", uint8(d))
	}
	return datasets[d].name
}

// ParseDataset returns the dataset with a name as from String.
func ParseDataset(name string) (Dataset, error) {
	for d := range Dataset(DatasetCount) {
		if datasets[d].name == name {
			return d, nil
		}
	}
	return 0, fmt.Errorf("unknown dataset %q", name)
}

// Folder returns the path element for the dataset in the path of a part (contract.md, section 5).
func (d Dataset) Folder(delta bool) string {
	return datasets[d].folders[index(delta)]
}

// EntityName returns the entity type of the dataset's rows, as in @odata.context (contract.md,
// section 3).
func EntityName(d Dataset, delta bool) string {
	return datasets[d].entities[index(delta)]
}

// index returns the index into a {full, delta} pair.
func index(delta bool) int {
	if delta {
		return 1
	}
	return 0
}
