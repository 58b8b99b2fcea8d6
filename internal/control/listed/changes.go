package listed

import (
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Changes is the list of what changed between two snapshots.
const Changes = "changes"

// Datasets whose changes are listed.
const (
	OfVulnerabilities = "vulnerabilities"
	OfSoftware        = "software"
	OfConfigurations  = "configurations"
	OfNoProductCode   = "no-product-code"
)

// Why changes are not known.
const (
	// NothingBefore: there is no snapshot before the newer one.
	NothingBefore = "nothingBefore"
	// Rebuilt: a snapshot between the two began anew, so nobody knows what changed.
	Rebuilt = "rebuilt"
)

// Between asks for changes up to a snapshot, f.Snapshot, since an earlier one: 0 is the newest that is at least a day
// older. Dataset is "" for findings; status is new, fixed or updated, several with commas, or "" for all. f.Reason is
// why findings are fixed.
func Between(from int64, dataset, status string, f *control.ListFilter) control.Request[ChangeRows] {
	r := control.List[ChangeRows](Changes, f)
	for name, value := range map[string]string{"dataset": dataset, "status": status} {
		if value != "" {
			r.Query.Set(name, value)
		}
	}
	if from != 0 {
		r.Query.Set("from", strconv.FormatInt(from, 10))
	}
	return r
}

// ChangeEnd is one of the two snapshots. Findings are those of the caller in it.
type ChangeEnd struct {
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	Findings      int64     `json:"findings"`
}

// ChangeRows is a page of changes, those of the newest snapshot first, and of each by group and device.
type ChangeRows struct {
	// ListHead is that of the newer snapshot. Total counts the rows that match.
	control.ListHead
	// From is the older snapshot; absent if there is none. To is the newer one.
	From *ChangeEnd `json:"from,omitempty"`
	To   ChangeEnd  `json:"to"`
	// Unknown says why changes are not known; then there are no rows, and no counts.
	Unknown string `json:"unknown,omitempty"`
	// Changes counts all changes of each dataset, whatever the filters. Fixed says why findings are fixed; it is absent
	// where an older program did not say.
	Changes map[string]counts.Changes `json:"changes,omitempty"`
	Fixed   *counts.Fixed             `json:"fixed,omitempty"`
	// Unexplained: a snapshot of these counts why findings are fixed, but does not say it of each row.
	Unexplained bool `json:"unexplained,omitempty"`
	// Retired are snapshots between the two whose changes are counted but no longer kept: they have no rows.
	Retired []int64     `json:"retired,omitempty"`
	Dataset string      `json:"dataset"`
	Rows    []ChangeRow `json:"rows"`
}

// ChangeRow is a row of the exports of changes. The members of other datasets are absent.
type ChangeRow struct {
	// Status is New, Fixed or Updated, as in the exports.
	Status string `json:"status"`
	// Reason says why a finding is Fixed: onDevice, deviceGone, notAssessed, moved or excepted. It is absent of other
	// rows, and of those of which it is not known.
	Reason string `json:"reason,omitempty"`
	// Number is the snapshot that first has it so.
	Number     int64     `json:"number"`
	EventTime  time.Time `json:"eventTime"`
	DeviceID   string    `json:"deviceId"`
	DeviceName string    `json:"deviceName"`
	Group      string    `json:"rbacGroupName"`

	Vendor  string `json:"softwareVendor,omitempty"`
	Name    string `json:"softwareName,omitempty"`
	Version string `json:"softwareVersion,omitempty"`

	CVEID          string  `json:"cveId,omitempty"`
	Severity       string  `json:"severity,omitempty"`
	Score          float64 `json:"cvssScore,omitempty"`
	Exploitability string  `json:"exploitabilityLevel,omitempty"`
	KEV            bool    `json:"kev,omitempty"`

	ConfigurationID   string `json:"configurationId,omitempty"`
	ConfigurationName string `json:"configurationName,omitempty"`
	Applicable        *bool  `json:"isApplicable,omitempty"`
	Compliant         *bool  `json:"isCompliant,omitempty"`
	// WasCompliant is there if an update changed it.
	WasCompliant *bool `json:"previousIsCompliant,omitempty"`
}
