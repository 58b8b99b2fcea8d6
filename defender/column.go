package defender

import "slices"

// Column is a key in a shape's rows, for descriptions of the API.
type Column struct {
	Field Field
	Kind  Kind
	// Nullable keys are null in pages and absent in files if the value is unknown.
	Nullable bool
	// FileOnly keys are absent in files if the value is unknown, and always absent in pages.
	FileOnly bool
}

// Columns lists the keys of the rows of a dataset, or of its delta, in order.
func Columns(d Dataset, delta bool) (all []Column) {
	switch d {
	case Configurations:
		all = configurationColumns()
	case Software:
		all = softwareColumns()
	case Vulnerabilities, NonCVEAdvisories:
		all = vulnerabilityColumns(always)
	case CleanSoftware:
		all = vulnerabilityColumns(nullable)
	case NoProductCode:
		all = noProductCodeColumns()
	}
	if delta {
		all = append(all, columnsOf(always, FieldStatus, FieldEventTimestamp)...)
		if d == Configurations {
			all = append(all, columnsOf(nullable, FieldPreviousIsCompliant)...)
		}
	}
	return all
}

// form says when a column is written: always, or as described by the members of Column.
type form uint8

const (
	always form = iota
	nullable
	fileOnly
)

// columnsOf returns fields as columns of one form.
func columnsOf(f form, list ...Field) (all []Column) {
	for _, field := range list {
		all = append(all, Column{Field: field, Kind: fields[field].kind, Nullable: f == nullable, FileOnly: f == fileOnly})
	}
	return all
}

// The tables below are in the order of contract.md, section 4.

func deviceColumns(fields ...Field) []Column {
	return slices.Concat(
		columnsOf(always, FieldDeviceID, FieldRBACGroupID, FieldRBACGroupName, FieldDeviceName, FieldOSPlatform),
		columnsOf(always, fields...))
}

func vulnerabilityColumns(cve form) []Column {
	return slices.Concat(
		columnsOf(always, FieldID), deviceColumns(FieldOSVersion, FieldOSArchitecture),
		columnsOf(always, FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion),
		columnsOf(cve, FieldCVEID),
		columnsOf(nullable, FieldVulnerabilitySeverityLevel, FieldRecommendedSecurityUpdate,
			FieldRecommendedSecurityUpdateID, FieldRecommendedSecurityUpdateURL),
		columnsOf(always, FieldDiskPaths, FieldRegistryPaths, FieldLastSeenTimestamp, FieldFirstSeenTimestamp),
		columnsOf(nullable, FieldEndOfSupportStatus, FieldEndOfSupportDate),
		columnsOf(always, FieldExploitabilityLevel, FieldRecommendationReference, FieldCVSSScore,
			FieldSecurityUpdateAvailable),
		columnsOf(nullable, FieldCVEMitigationStatus),
		columnsOf(fileOnly, FieldIsOnboarded, FieldCVEBatchTitle, FieldCVEBatchURL),
	)
}

func softwareColumns() []Column {
	return slices.Concat(
		deviceColumns(FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion, FieldNumberOfWeaknesses,
			FieldDiskPaths, FieldRegistryPaths, FieldSoftwareFirstSeenTimestamp, FieldEndOfSupportStatus),
		columnsOf(nullable, FieldEndOfSupportDate))
}

func noProductCodeColumns() []Column {
	return slices.Concat(
		deviceColumns(FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion, FieldSoftwareLastSeenTimestamp),
		columnsOf(nullable, FieldRegistryPath))
}

func configurationColumns() []Column {
	return deviceColumns(FieldOSVersion, FieldTimestamp, FieldConfigurationID, FieldConfigurationCategory,
		FieldConfigurationSubcategory, FieldConfigurationImpact, FieldIsCompliant, FieldIsApplicable,
		FieldIsExpectedUserImpact, FieldConfigurationName, FieldRecommendationReference)
}

// Values lists the possible values of a field with a closed list (contract.md, section 4); nil for
// other fields.
func (f Field) Values() []string {
	switch f {
	case FieldVulnerabilitySeverityLevel:
		return []string{SeverityNone, SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}
	case FieldExploitabilityLevel:
		return []string{NoExploit, ExploitIsPublic, ExploitIsVerified, ExploitIsInKit}
	case FieldEndOfSupportStatus:
		return []string{EndOfSupportNone, VersionEnded, VersionEnding, ProductEnded, ProductEnding}
	case FieldStatus:
		return []string{string(New), string(Fixed), string(Updated)}
	}
	return nil
}
