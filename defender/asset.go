package defender

// AssetVulnerability is a row of the software vulnerabilities export: one CVE on one release on
// one device (contract.md, section 4). Times are in the spelling of rows; ParseTime parses them.
type AssetVulnerability struct {
	ID                           string   `json:"id"`
	DeviceID                     string   `json:"deviceId"`
	RBACGroupID                  int64    `json:"rbacGroupId"`
	RBACGroupName                string   `json:"rbacGroupName"`
	DeviceName                   string   `json:"deviceName"`
	OSPlatform                   string   `json:"osPlatform"`
	OSVersion                    string   `json:"osVersion"`
	OSArchitecture               string   `json:"osArchitecture"`
	SoftwareVendor               string   `json:"softwareVendor"`
	SoftwareName                 string   `json:"softwareName"`
	SoftwareVersion              string   `json:"softwareVersion"`
	CVEID                        *string  `json:"cveId"`
	VulnerabilitySeverityLevel   *string  `json:"vulnerabilitySeverityLevel"`
	RecommendedSecurityUpdate    *string  `json:"recommendedSecurityUpdate"`
	RecommendedSecurityUpdateID  *string  `json:"recommendedSecurityUpdateId"`
	RecommendedSecurityUpdateURL *string  `json:"recommendedSecurityUpdateUrl"`
	DiskPaths                    []string `json:"diskPaths"`
	RegistryPaths                []string `json:"registryPaths"`
	LastSeenTimestamp            string   `json:"lastSeenTimestamp"`
	FirstSeenTimestamp           string   `json:"firstSeenTimestamp"`
	EndOfSupportStatus           *string  `json:"endOfSupportStatus"`
	EndOfSupportDate             *string  `json:"endOfSupportDate"`
	ExploitabilityLevel          string   `json:"exploitabilityLevel"`
	RecommendationReference      string   `json:"recommendationReference"`
	CVSSScore                    float64  `json:"cvssScore"`
	SecurityUpdateAvailable      bool     `json:"securityUpdateAvailable"`
	CVEMitigationStatus          *string  `json:"cveMitigationStatus"`

	// Only rows in files have these, if they are known.
	IsOnboarded   *bool   `json:"isOnboarded,omitempty"`
	CVEBatchTitle *string `json:"cveBatchTitle,omitempty"`
	CVEBatchURL   *string `json:"cveBatchUrl,omitempty"`
}

// DeltaAssetVulnerability is a row of the vulnerability changes export.
type DeltaAssetVulnerability struct {
	AssetVulnerability
	Status         Status `json:"status"`
	EventTimestamp string `json:"eventTimestamp"`
}

// AssetSoftware is a row of the software inventory export: one release on one
// device.
type AssetSoftware struct {
	DeviceID                   string   `json:"deviceId"`
	RBACGroupID                int64    `json:"rbacGroupId"`
	RBACGroupName              string   `json:"rbacGroupName"`
	DeviceName                 string   `json:"deviceName"`
	OSPlatform                 string   `json:"osPlatform"`
	SoftwareVendor             string   `json:"softwareVendor"`
	SoftwareName               string   `json:"softwareName"`
	SoftwareVersion            string   `json:"softwareVersion"`
	NumberOfWeaknesses         int      `json:"numberOfWeaknesses"`
	DiskPaths                  []string `json:"diskPaths"`
	RegistryPaths              []string `json:"registryPaths"`
	SoftwareFirstSeenTimestamp string   `json:"softwareFirstSeenTimestamp"`
	EndOfSupportStatus         string   `json:"endOfSupportStatus"`
	EndOfSupportDate           *string  `json:"endOfSupportDate"`
}

// DeltaAssetSoftware is a row of the changes of the software inventory, which only muster exports.
type DeltaAssetSoftware struct {
	AssetSoftware
	Status         Status `json:"status"`
	EventTimestamp string `json:"eventTimestamp"`
}

// AssetNonCpeSoftware is a row of the export of software without a product
// code.
type AssetNonCpeSoftware struct {
	DeviceID                  string  `json:"deviceId"`
	RBACGroupID               int64   `json:"rbacGroupId"`
	RBACGroupName             string  `json:"rbacGroupName"`
	DeviceName                string  `json:"deviceName"`
	OSPlatform                string  `json:"osPlatform"`
	SoftwareVendor            string  `json:"softwareVendor"`
	SoftwareName              string  `json:"softwareName"`
	SoftwareVersion           string  `json:"softwareVersion"`
	SoftwareLastSeenTimestamp string  `json:"softwareLastSeenTimestamp"`
	RegistryPath              *string `json:"registryPath"`
}

// DeltaAssetNonCpeSoftware is a row of the changes of software without a product code, which only
// muster exports.
type DeltaAssetNonCpeSoftware struct {
	AssetNonCpeSoftware
	Status         Status `json:"status"`
	EventTimestamp string `json:"eventTimestamp"`
}

// AssetConfiguration is a row of the secure configuration export: one
// configuration on one device.
type AssetConfiguration struct {
	DeviceID                 string  `json:"deviceId"`
	RBACGroupID              int64   `json:"rbacGroupId"`
	RBACGroupName            string  `json:"rbacGroupName"`
	DeviceName               string  `json:"deviceName"`
	OSPlatform               string  `json:"osPlatform"`
	OSVersion                string  `json:"osVersion"`
	Timestamp                string  `json:"timestamp"`
	ConfigurationID          string  `json:"configurationId"`
	ConfigurationCategory    string  `json:"configurationCategory"`
	ConfigurationSubcategory string  `json:"configurationSubcategory"`
	ConfigurationImpact      float64 `json:"configurationImpact"`
	IsCompliant              bool    `json:"isCompliant"`
	IsApplicable             bool    `json:"isApplicable"`
	IsExpectedUserImpact     bool    `json:"isExpectedUserImpact"`
	ConfigurationName        string  `json:"configurationName"`
	RecommendationReference  string  `json:"recommendationReference"`
}

// DeltaAssetConfiguration is a row of the changes of configurations, which only muster exports.
type DeltaAssetConfiguration struct {
	AssetConfiguration
	Status         Status `json:"status"`
	EventTimestamp string `json:"eventTimestamp"`
	// PreviousIsCompliant is what IsCompliant was before; nil unless an update changed it.
	PreviousIsCompliant *bool `json:"previousIsCompliant"`
}
