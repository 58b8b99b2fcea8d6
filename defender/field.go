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
	text      kind = iota // a string
	texts                 // an array of strings
	integer               // a whole number of 64 bits
	number                // a float64, as encoding/json writes it
	boolean               // true or false
	timestamp             // a string that a Timestamp spells
	event                 // the same; pages spell it in RFC 3339
)

// fields holds each field's key in files, and its kind.
var fields = [fieldCount]struct {
	name string
	kind kind
}{
	FieldID:                           {"Id", text},
	FieldDeviceID:                     {"DeviceId", text},
	FieldRBACGroupID:                  {"RbacGroupId", integer},
	FieldRBACGroupName:                {"RbacGroupName", text},
	FieldDeviceName:                   {"DeviceName", text},
	FieldOSPlatform:                   {"OSPlatform", text},
	FieldOSVersion:                    {"OSVersion", text},
	FieldOSArchitecture:               {"OSArchitecture", text},
	FieldSoftwareVendor:               {"SoftwareVendor", text},
	FieldSoftwareName:                 {"SoftwareName", text},
	FieldSoftwareVersion:              {"SoftwareVersion", text},
	FieldCVEID:                        {"CveId", text},
	FieldVulnerabilitySeverityLevel:   {"VulnerabilitySeverityLevel", text},
	FieldRecommendedSecurityUpdate:    {"RecommendedSecurityUpdate", text},
	FieldRecommendedSecurityUpdateID:  {"RecommendedSecurityUpdateId", text},
	FieldRecommendedSecurityUpdateURL: {"RecommendedSecurityUpdateUrl", text},
	FieldDiskPaths:                    {"DiskPaths", texts},
	FieldRegistryPaths:                {"RegistryPaths", texts},
	FieldLastSeenTimestamp:            {"LastSeenTimestamp", timestamp},
	FieldFirstSeenTimestamp:           {"FirstSeenTimestamp", timestamp},
	FieldEndOfSupportStatus:           {"EndOfSupportStatus", text},
	FieldEndOfSupportDate:             {"EndOfSupportDate", text},
	FieldExploitabilityLevel:          {"ExploitabilityLevel", text},
	FieldRecommendationReference:      {"RecommendationReference", text},
	FieldCVSSScore:                    {"CvssScore", number},
	FieldSecurityUpdateAvailable:      {"SecurityUpdateAvailable", boolean},
	FieldCVEMitigationStatus:          {"CveMitigationStatus", text},
	FieldIsOnboarded:                  {"IsOnboarded", boolean},
	FieldCVEBatchTitle:                {"CveBatchTitle", text},
	FieldCVEBatchURL:                  {"CveBatchUrl", text},
	FieldNumberOfWeaknesses:           {"NumberOfWeaknesses", integer},
	FieldSoftwareFirstSeenTimestamp:   {"SoftwareFirstSeenTimestamp", timestamp},
	FieldSoftwareLastSeenTimestamp:    {"SoftwareLastSeenTimestamp", timestamp},
	FieldRegistryPath:                 {"RegistryPath", text},
	FieldTimestamp:                    {"Timestamp", timestamp},
	FieldConfigurationID:              {"ConfigurationId", text},
	FieldConfigurationCategory:        {"ConfigurationCategory", text},
	FieldConfigurationSubcategory:     {"ConfigurationSubcategory", text},
	FieldConfigurationImpact:          {"ConfigurationImpact", number},
	FieldIsCompliant:                  {"IsCompliant", boolean},
	FieldIsApplicable:                 {"IsApplicable", boolean},
	FieldIsExpectedUserImpact:         {"IsExpectedUserImpact", boolean},
	FieldConfigurationName:            {"ConfigurationName", text},
	FieldStatus:                       {"Status", text},
	FieldEventTimestamp:               {"EventTimestamp", event},
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
