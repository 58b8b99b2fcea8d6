package defender

import (
	"fmt"
	"strconv"
	"time"
)

// This file has the objects of the neighbouring calls (contract.md, sections 10 to 13): their keys in
// the order of the wire, always written, null where a pointer is nil. A nil list is written as null,
// which no key may be: use an empty one.

// Time is a time in the objects of neighbouring calls: RFC 3339 in UTC with at most seven digits of
// fraction, without zeros at their end (contract.md, section 9).
type Time struct{ time.Time }

// timeForm has what a Windows clock counts, 100 ns.
const timeForm = "2006-01-02T15:04:05.9999999Z"

// MarshalJSON writes the time. It cuts what is finer than 100 ns.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(timeForm) + `"`), nil
}

// UnmarshalJSON reads RFC 3339 with any fraction.
func (t *Time) UnmarshalJSON(text []byte) error {
	quoted, err := strconv.Unquote(string(text))
	if err != nil {
		return fmt.Errorf("reading time %q: not a JSON string", text)
	}
	t.Time, err = ParseTime(quoted)
	return err
}

// Machine is a device (contract.md, section 10).
type Machine struct {
	ID                     string           `json:"id"`
	MergedIntoMachineID    *string          `json:"mergedIntoMachineId"`
	IsPotentialDuplication bool             `json:"isPotentialDuplication"`
	IsExcluded             bool             `json:"isExcluded"`
	ExclusionReason        *string          `json:"exclusionReason"`
	ComputerDNSName        *string          `json:"computerDnsName"`
	FirstSeen              *Time            `json:"firstSeen"`
	LastSeen               *Time            `json:"lastSeen"`
	OSPlatform             *string          `json:"osPlatform"`
	OSVersion              *string          `json:"osVersion"`
	OSProcessor            *string          `json:"osProcessor"`
	Version                *string          `json:"version"`
	LastIPAddress          *string          `json:"lastIpAddress"`
	LastExternalIPAddress  *string          `json:"lastExternalIpAddress"`
	AgentVersion           *string          `json:"agentVersion"`
	OSBuild                *int64           `json:"osBuild"`
	HealthStatus           string           `json:"healthStatus"`
	DeviceValue            string           `json:"deviceValue"`
	RBACGroupID            int64            `json:"rbacGroupId"`
	RBACGroupName          *string          `json:"rbacGroupName"`
	RiskScore              *string          `json:"riskScore"`
	ExposureLevel          string           `json:"exposureLevel"`
	IsAADJoined            *bool            `json:"isAadJoined"`
	AADDeviceID            *string          `json:"aadDeviceId"`
	MachineTags            []string         `json:"machineTags"`
	OnboardingStatus       string           `json:"onboardingStatus"`
	OSArchitecture         *string          `json:"osArchitecture"`
	ManagedBy              string           `json:"managedBy"`
	ManagedByStatus        string           `json:"managedByStatus"`
	IPAddresses            []MachineAddress `json:"ipAddresses"`
	VMMetadata             *VMMetadata      `json:"vmMetadata"`
}

// MachineAddress is an address of a network interface of a device.
type MachineAddress struct {
	IPAddress string `json:"ipAddress"`
	// MACAddress has twelve hexadecimal digits in upper case and no separators.
	MACAddress        *string `json:"macAddress"`
	Type              *string `json:"type"`
	OperationalStatus string  `json:"operationalStatus"`
}

// VMMetadata says in which cloud a device is a virtual machine.
type VMMetadata struct {
	VMID           *string `json:"vmId"`
	CloudProvider  string  `json:"cloudProvider"`
	ResourceID     *string `json:"resourceId"`
	SubscriptionID *string `json:"subscriptionId"`
}

// MachineReference is a device in the lists of other objects.
type MachineReference struct {
	ID                    string   `json:"id"`
	ComputerDNSName       *string  `json:"computerDnsName"`
	OSPlatform            *string  `json:"osPlatform"`
	AssetCriticalityLevel *string  `json:"assetCriticalityLevel"`
	Tags                  []string `json:"tags"`
	RBACGroupName         *string  `json:"rbacGroupName"`
	RBACGroupID           *int64   `json:"rbacGroupId"`
}

// ProductFix is a KB that devices lack.
type ProductFix struct {
	ID              string   `json:"id"` // without the letters KB
	Name            string   `json:"name"`
	OSBuild         *int64   `json:"osBuild"`
	ProductsNames   []string `json:"productsNames"`
	URL             *string  `json:"url"`
	MachineMissedOn int64    `json:"machineMissedOn"`
	CVEAddressed    int64    `json:"cveAddressed"`
}

// Vulnerability is a CVE (contract.md, section 11).
type Vulnerability struct {
	ID                  string   `json:"id"`
	Name                *string  `json:"name"`
	Description         *string  `json:"description"`
	Severity            *string  `json:"severity"`
	CVSSV3              float64  `json:"cvssV3"`
	CVSSVector          *string  `json:"cvssVector"`
	ExposedMachines     int64    `json:"exposedMachines"`
	PublishedOn         Time     `json:"publishedOn"`
	UpdatedOn           Time     `json:"updatedOn"`
	FirstDetected       *Time    `json:"firstDetected"`
	PatchFirstAvailable *Time    `json:"patchFirstAvailable"`
	PublicExploit       bool     `json:"publicExploit"`
	ExploitVerified     bool     `json:"exploitVerified"`
	ExploitInKit        bool     `json:"exploitInKit"`
	ExploitTypes        []string `json:"exploitTypes"`
	ExploitURIs         []string `json:"exploitUris"`
	CVESupportability   *string  `json:"cveSupportability"`
	Tags                []string `json:"tags"`
	EPSS                float64  `json:"epss"`
	Status              string   `json:"status"`
}

// MachineVulnerability is a finding in the list of all of them.
type MachineVulnerability struct {
	ID             string  `json:"id"`
	CVEID          string  `json:"cveId"`
	MachineID      string  `json:"machineId"`
	FixingKBID     *string `json:"fixingKbId"`
	ProductName    string  `json:"productName"`
	ProductVendor  string  `json:"productVendor"`
	ProductVersion string  `json:"productVersion"`
	Severity       string  `json:"severity"`
}

// Product is what Microsoft calls Software: a product with its devices (contract.md, section 12).
type Product struct {
	ID                string   `json:"id"`
	Name              *string  `json:"name"`
	Vendor            *string  `json:"vendor"`
	Weaknesses        int64    `json:"weaknesses"`
	PublicExploit     bool     `json:"publicExploit"`
	ActiveAlert       bool     `json:"activeAlert"`
	ExposedMachines   int64    `json:"exposedMachines"`
	InstalledMachines int64    `json:"installedMachines"`
	ImpactScore       float32  `json:"impactScore"`
	IsNormalized      bool     `json:"isNormalized"`
	Category          *string  `json:"category"`
	Tags              []string `json:"tags"`
}

// Distribution is a version of a product, with the number of its devices.
type Distribution struct {
	Version         *string `json:"version"`
	Installations   int64   `json:"installations"`
	Vulnerabilities int64   `json:"vulnerabilities"`
}

// Recommendation is an update or a setting that would lower the exposure (contract.md, section 13).
type Recommendation struct {
	ID                            string   `json:"id"`
	ProductName                   *string  `json:"productName"`
	RecommendationName            *string  `json:"recommendationName"`
	Weaknesses                    int64    `json:"weaknesses"`
	Vendor                        *string  `json:"vendor"`
	RecommendedVersion            *string  `json:"recommendedVersion"`
	RecommendedVendor             *string  `json:"recommendedVendor"`
	RecommendedProgram            *string  `json:"recommendedProgram"`
	RecommendationCategory        *string  `json:"recommendationCategory"`
	SubCategory                   *string  `json:"subCategory"`
	SeverityScore                 float64  `json:"severityScore"`
	PublicExploit                 bool     `json:"publicExploit"`
	ActiveAlert                   bool     `json:"activeAlert"`
	AssociatedThreats             []string `json:"associatedThreats"`
	RemediationType               *string  `json:"remediationType"`
	Status                        string   `json:"status"`
	ConfigScoreImpact             float64  `json:"configScoreImpact"`
	ExposureImpact                float64  `json:"exposureImpact"`
	TotalMachineCount             int64    `json:"totalMachineCount"`
	ExposedMachinesCount          int64    `json:"exposedMachinesCount"`
	NonProductivityImpactedAssets int64    `json:"nonProductivityImpactedAssets"`
	RelatedComponent              *string  `json:"relatedComponent"`
	HasUnpatchableCVE             bool     `json:"hasUnpatchableCve"`
	Tags                          []string `json:"tags"`
	ExposedCriticalDevices        int64    `json:"exposedCriticalDevices"`
}

// Score is the exposure score or the configuration score, of an organization or of one RBAC group.
type Score struct {
	Time          Time    `json:"time"`
	Score         float64 `json:"score"`
	RBACGroupName *string `json:"rbacGroupName"`
	RBACGroupID   *int64  `json:"rbacGroupId"`
}
