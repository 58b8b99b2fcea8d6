package defender

// Field names a field of rows. A field that several shapes have is the same
// Field in all of them.
type Field uint8

// The fields, by the names of contract.md, section 4.
const (
	FieldID Field = iota
	FieldDeviceID
	FieldRBACGroupID
	FieldRBACGroupName
	FieldDeviceName
	FieldOSPlatform
	FieldOSVersion
	FieldOSArchitecture
	FieldSoftwareVendor
	FieldSoftwareName
	FieldSoftwareVersion
	FieldCVEID
	FieldVulnerabilitySeverityLevel
	FieldRecommendedSecurityUpdate
	FieldRecommendedSecurityUpdateID
	FieldRecommendedSecurityUpdateURL
	FieldDiskPaths
	FieldRegistryPaths
	FieldLastSeenTimestamp
	FieldFirstSeenTimestamp
	FieldEndOfSupportStatus
	FieldEndOfSupportDate
	FieldExploitabilityLevel
	FieldRecommendationReference
	FieldCVSSScore
	FieldSecurityUpdateAvailable
	FieldCVEMitigationStatus
	FieldIsOnboarded
	FieldCVEBatchTitle
	FieldCVEBatchURL
	FieldNumberOfWeaknesses
	FieldSoftwareFirstSeenTimestamp
	FieldSoftwareLastSeenTimestamp
	FieldRegistryPath
	FieldTimestamp
	FieldConfigurationID
	FieldConfigurationCategory
	FieldConfigurationSubcategory
	FieldConfigurationImpact
	FieldIsCompliant
	FieldIsApplicable
	FieldIsExpectedUserImpact
	FieldConfigurationName
	FieldStatus
	FieldEventTimestamp
	fieldCount

	noField = fieldCount
)

// kind is the form of a field's values.
type kind uint8

const (
	textKind    kind = iota // a string
	textsKind               // an array of strings
	integerKind             // a whole number of 64 bits
	numberKind              // a float64, as encoding/json writes it
	booleanKind             // true or false
	timeKind                // a string that a Timestamp spells
	eventKind               // the same; pages spell it in RFC 3339
)

// fields holds each field's key in files, and its kind.
var fields = [fieldCount]struct {
	name string
	kind kind
}{
	FieldID:                           {"Id", textKind},
	FieldDeviceID:                     {"DeviceId", textKind},
	FieldRBACGroupID:                  {"RbacGroupId", integerKind},
	FieldRBACGroupName:                {"RbacGroupName", textKind},
	FieldDeviceName:                   {"DeviceName", textKind},
	FieldOSPlatform:                   {"OSPlatform", textKind},
	FieldOSVersion:                    {"OSVersion", textKind},
	FieldOSArchitecture:               {"OSArchitecture", textKind},
	FieldSoftwareVendor:               {"SoftwareVendor", textKind},
	FieldSoftwareName:                 {"SoftwareName", textKind},
	FieldSoftwareVersion:              {"SoftwareVersion", textKind},
	FieldCVEID:                        {"CveId", textKind},
	FieldVulnerabilitySeverityLevel:   {"VulnerabilitySeverityLevel", textKind},
	FieldRecommendedSecurityUpdate:    {"RecommendedSecurityUpdate", textKind},
	FieldRecommendedSecurityUpdateID:  {"RecommendedSecurityUpdateId", textKind},
	FieldRecommendedSecurityUpdateURL: {"RecommendedSecurityUpdateUrl", textKind},
	FieldDiskPaths:                    {"DiskPaths", textsKind},
	FieldRegistryPaths:                {"RegistryPaths", textsKind},
	FieldLastSeenTimestamp:            {"LastSeenTimestamp", timeKind},
	FieldFirstSeenTimestamp:           {"FirstSeenTimestamp", timeKind},
	FieldEndOfSupportStatus:           {"EndOfSupportStatus", textKind},
	FieldEndOfSupportDate:             {"EndOfSupportDate", textKind},
	FieldExploitabilityLevel:          {"ExploitabilityLevel", textKind},
	FieldRecommendationReference:      {"RecommendationReference", textKind},
	FieldCVSSScore:                    {"CvssScore", numberKind},
	FieldSecurityUpdateAvailable:      {"SecurityUpdateAvailable", booleanKind},
	FieldCVEMitigationStatus:          {"CveMitigationStatus", textKind},
	FieldIsOnboarded:                  {"IsOnboarded", booleanKind},
	FieldCVEBatchTitle:                {"CveBatchTitle", textKind},
	FieldCVEBatchURL:                  {"CveBatchUrl", textKind},
	FieldNumberOfWeaknesses:           {"NumberOfWeaknesses", integerKind},
	FieldSoftwareFirstSeenTimestamp:   {"SoftwareFirstSeenTimestamp", timeKind},
	FieldSoftwareLastSeenTimestamp:    {"SoftwareLastSeenTimestamp", timeKind},
	FieldRegistryPath:                 {"RegistryPath", textKind},
	FieldTimestamp:                    {"Timestamp", timeKind},
	FieldConfigurationID:              {"ConfigurationId", textKind},
	FieldConfigurationCategory:        {"ConfigurationCategory", textKind},
	FieldConfigurationSubcategory:     {"ConfigurationSubcategory", textKind},
	FieldConfigurationImpact:          {"ConfigurationImpact", numberKind},
	FieldIsCompliant:                  {"IsCompliant", booleanKind},
	FieldIsApplicable:                 {"IsApplicable", booleanKind},
	FieldIsExpectedUserImpact:         {"IsExpectedUserImpact", booleanKind},
	FieldConfigurationName:            {"ConfigurationName", textKind},
	FieldStatus:                       {"Status", textKind},
	FieldEventTimestamp:               {"EventTimestamp", eventKind},
}

// String returns the field's key in files.
func (f Field) String() string {
	if f >= fieldCount {
		return "no field"
	}
	return fields[f].name
}

// pageName returns the field's key in pages: the leading capitals of OS and of
// any other name lowered.
func (f Field) pageName() string {
	name := []byte(fields[f].name)
	name[0] |= 0x20
	if fields[f].name[:2] == "OS" {
		name[1] |= 0x20
	}
	return string(name)
}
