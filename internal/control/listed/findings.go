// Package listed has the rows of the calls that list single findings, and what changed between snapshots. They are
// asked for by control.List, and by Between.
package listed

import (
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Findings is the list with a row for each finding: for control.List and control.EachListed.
const Findings = "device-findings"

// DeviceFinding is a CVE, or an advisory that names none, in a version of a product on a device. Absent members are not
// known.
type DeviceFinding struct {
	DeviceID   string `json:"deviceId"`
	DeviceName string `json:"deviceName"`
	OSPlatform string `json:"osPlatform"`
	OSVersion  string `json:"osVersion"`
	Group      string `json:"rbacGroupName"`
	CVEID      string `json:"cveId"`
	Title      string `json:"title,omitempty"`
	// Severity, Score and Exploitability are those of the row of the exports; the others are as in control.FindingRow.
	Severity       string     `json:"severity,omitempty"`
	Score          float64    `json:"cvssScore"`
	Exploitability string     `json:"exploitabilityLevel"`
	KEV            bool       `json:"kev"`
	DueTime        *time.Time `json:"dueTime,omitempty"`
	Ransomware     bool       `json:"ransomware,omitempty"`
	EPSS           *float64   `json:"epssScore,omitempty"`
	Vendor         string     `json:"softwareVendor"`
	Name           string     `json:"softwareName"`
	Version        string     `json:"softwareVersion"`
	// UpdateAvailable says that an update removes it. FixedVersions are the lowest versions without it: one, or of
	// Windows one for each build. Update is the advisory or update that removes it.
	UpdateAvailable bool           `json:"updateAvailable"`
	FixedVersions   []string       `json:"fixedVersions,omitempty"`
	Update          *FindingUpdate `json:"update,omitempty"`
	// FirstSeen is when it was found first.
	FirstSeen *time.Time `json:"firstSeenTime,omitempty"`
}

// FindingUpdate is what removes a finding.
type FindingUpdate struct {
	Title string `json:"title,omitempty"`
	ID    string `json:"id,omitempty"`
	URL   string `json:"url,omitempty"`
}

// DeviceFindingRows is a page of findings. Severities counts those of all pages.
type DeviceFindingRows struct {
	control.ListHead
	Severities counts.Severities `json:"severities"`
	Rows       []DeviceFinding   `json:"rows"`
}
