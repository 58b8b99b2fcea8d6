package defender

import "slices"

// The values of vulnerabilitySeverityLevel.
const (
	SeverityNone     = "None"
	SeverityLow      = "Low"
	SeverityMedium   = "Medium"
	SeverityHigh     = "High"
	SeverityCritical = "Critical"
)

// Severity returns the severity of a CVSS base score between 0 and 10, in the bands of CVSS 3 and
// 4; "", for null, if no score is known.
func Severity(score float64, known bool) string {
	switch {
	case !known:
		return ""
	case score >= 9:
		return SeverityCritical
	case score >= 7:
		return SeverityHigh
	case score >= 4:
		return SeverityMedium
	case score > 0:
		return SeverityLow
	}
	return SeverityNone
}

// The values of exploitabilityLevel.
const (
	NoExploit         = "NoExploit"
	ExploitIsPublic   = "ExploitIsPublic"
	ExploitIsVerified = "ExploitIsVerified"
	ExploitIsInKit    = "ExploitIsInKit"
)

// ExploitRank orders the values of exploitabilityLevel: 0 for NoExploit, and for what is none of them.
func ExploitRank(level string) int {
	return max(0, slices.Index([]string{NoExploit, ExploitIsPublic, ExploitIsVerified, ExploitIsInKit}, level))
}

// UnderException is the value of cveMitigationStatus of a finding that people except and want to go on
// seeing (matching.md, section 9). Otherwise it is null.
const UnderException = "UnderException"

// The values of endOfSupportStatus.
const (
	EndOfSupportNone = "None"
	VersionEnded     = "EOS Version"
	VersionEnding    = "Upcoming EOS Version"
	ProductEnded     = "EOS Software"
	ProductEnding    = "Upcoming EOS Software"
)

// The values of configurationCategory.
const (
	CategoryApplication      = "Application"
	CategoryOS               = "OS"
	CategoryNetwork          = "Network"
	CategoryAccounts         = "Accounts"
	CategorySecurityControls = "Security controls"
)

// Names for no RBAC group; the id is 0.
const (
	GroupUnassigned = "Unassigned" // for a device in no group
	GroupNone       = "None"       // if the organization has no groups
)

// Status is the change of a row between two snapshots.
type Status string

// The statuses (contract.md, section 8).
const (
	New     Status = "New"
	Fixed   Status = "Fixed"   // the row is gone; its last content is shown
	Updated Status = "Updated" // a field other than a last-seen time differs
)
