package defender

// Field is a field of rows. Several shapes share the Fields they have in common.
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
	FieldPreviousIsCompliant
	fieldCount
)

// Kind is the type of a field's values.
type Kind uint8

const (
	KindText    Kind = iota // a string
	KindTexts               // an array of strings
	KindCount               // a whole number of 32 bits
	KindInteger             // a whole number of 64 bits
	KindNumber              // a float64; in files it always has a fraction or an exponent: 7.0
	KindBoolean             // true or false
	KindTime                // a string: a time in whole seconds, 2020-11-03 10:13:34
	KindMillis              // the same with three digits of fraction, 2020-11-03 10:13:34.847
	KindEvent               // a time in whole seconds; in RFC 3339 in pages
)

// String returns the name of the kind for errors.
func (k Kind) String() string {
	switch k {
	case KindText:
		return "a string"
	case KindTexts:
		return "an array of strings"
	case KindCount, KindInteger:
		return "a whole number"
	case KindNumber:
		return "a number"
	case KindBoolean:
		return "true or false"
	}
	return "a time"
}

// fields has each field's key in files, and its kind.
var fields = [fieldCount]struct {
	name string
	kind Kind
}{
	FieldID:                           {"Id", KindText},
	FieldDeviceID:                     {"DeviceId", KindText},
	FieldRBACGroupID:                  {"RbacGroupId", KindInteger},
	FieldRBACGroupName:                {"RbacGroupName", KindText},
	FieldDeviceName:                   {"DeviceName", KindText},
	FieldOSPlatform:                   {"OSPlatform", KindText},
	FieldOSVersion:                    {"OSVersion", KindText},
	FieldOSArchitecture:               {"OSArchitecture", KindText},
	FieldSoftwareVendor:               {"SoftwareVendor", KindText},
	FieldSoftwareName:                 {"SoftwareName", KindText},
	FieldSoftwareVersion:              {"SoftwareVersion", KindText},
	FieldCVEID:                        {"CveId", KindText},
	FieldVulnerabilitySeverityLevel:   {"VulnerabilitySeverityLevel", KindText},
	FieldRecommendedSecurityUpdate:    {"RecommendedSecurityUpdate", KindText},
	FieldRecommendedSecurityUpdateID:  {"RecommendedSecurityUpdateId", KindText},
	FieldRecommendedSecurityUpdateURL: {"RecommendedSecurityUpdateUrl", KindText},
	FieldDiskPaths:                    {"DiskPaths", KindTexts},
	FieldRegistryPaths:                {"RegistryPaths", KindTexts},
	FieldLastSeenTimestamp:            {"LastSeenTimestamp", KindTime},
	FieldFirstSeenTimestamp:           {"FirstSeenTimestamp", KindTime},
	FieldEndOfSupportStatus:           {"EndOfSupportStatus", KindText},
	FieldEndOfSupportDate:             {"EndOfSupportDate", KindText},
	FieldExploitabilityLevel:          {"ExploitabilityLevel", KindText},
	FieldRecommendationReference:      {"RecommendationReference", KindText},
	FieldCVSSScore:                    {"CvssScore", KindNumber},
	FieldSecurityUpdateAvailable:      {"SecurityUpdateAvailable", KindBoolean},
	FieldCVEMitigationStatus:          {"CveMitigationStatus", KindText},
	FieldIsOnboarded:                  {"IsOnboarded", KindBoolean},
	FieldCVEBatchTitle:                {"CveBatchTitle", KindText},
	FieldCVEBatchURL:                  {"CveBatchUrl", KindText},
	FieldNumberOfWeaknesses:           {"NumberOfWeaknesses", KindCount},
	FieldSoftwareFirstSeenTimestamp:   {"SoftwareFirstSeenTimestamp", KindTime},
	FieldSoftwareLastSeenTimestamp:    {"SoftwareLastSeenTimestamp", KindMillis},
	FieldRegistryPath:                 {"RegistryPath", KindText},
	FieldTimestamp:                    {"Timestamp", KindMillis},
	FieldConfigurationID:              {"ConfigurationId", KindText},
	FieldConfigurationCategory:        {"ConfigurationCategory", KindText},
	FieldConfigurationSubcategory:     {"ConfigurationSubcategory", KindText},
	FieldConfigurationImpact:          {"ConfigurationImpact", KindNumber},
	FieldIsCompliant:                  {"IsCompliant", KindBoolean},
	FieldIsApplicable:                 {"IsApplicable", KindBoolean},
	FieldIsExpectedUserImpact:         {"IsExpectedUserImpact", KindBoolean},
	FieldConfigurationName:            {"ConfigurationName", KindText},
	FieldStatus:                       {"Status", KindText},
	FieldEventTimestamp:               {"EventTimestamp", KindEvent},
	FieldPreviousIsCompliant:          {"PreviousIsCompliant", KindBoolean},
}

// String returns the field's key in files.
func (f Field) String() string {
	if f >= fieldCount {
		return "no field"
	}
	return fields[f].name
}

// PageName returns the field's key in pages: with a lower-case first letter, or lower-case OS.
func (f Field) PageName() string {
	name := []byte(fields[f].name)
	name[0] |= 0x20
	if fields[f].name[:2] == "OS" {
		name[1] |= 0x20
	}
	return string(name)
}
