package defender

// The values of healthStatus.
const (
	HealthActive       = "Active"
	HealthInactive     = "Inactive" // not seen for InactiveDays
	HealthNoSensorData = "NoSensorData"
)

// InactiveDays is after how many days without a report a device is inactive.
const InactiveDays = 7

// The values of exposureLevel.
const (
	ExposureNone   = "None"
	ExposureLow    = "Low"
	ExposureMedium = "Medium"
	ExposureHigh   = "High"
)

// Values of other keys of a Machine, of which muster writes these only.
const (
	DeviceValueNormal     = "Normal"
	OnboardingOnboarded   = "Onboarded"
	ManagedByUnknown      = "Unknown"
	StatusUnknown         = "Unknown" // of managedByStatus and operationalStatus
	MachineGroupNone      = "UnassignedGroup"
	Architecture64        = "64-bit"
	Architecture32        = "32-bit"
	PlatformUbuntu        = "Ubuntu"
	PlatformRedHat        = "RedHatEnterpriseLinux"
	VulnerabilityOpen     = "RemediationRequired"
	VulnerabilityNoAction = "NoActionRequired"
	Supported             = "Supported"
	NotSupported          = "Not Supported"
)

// The values of a Recommendation's remediationType and status.
const (
	RemediationUpdate        = "Update"
	RemediationUpgrade       = "Upgrade"
	RemediationUninstall     = "Uninstall"
	RemediationConfiguration = "ConfigurationChange"
	RecommendationActive     = "Active"
)

// IDSeparator is between the parts of ids of software, recommendations and findings.
const IDSeparator = "-_-"
