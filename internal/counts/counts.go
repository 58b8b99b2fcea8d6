// Package counts defines the sums of a snapshot and of a catalog. Files, the database and the
// replies of /v1 contain them in the same JSON form, which is therefore defined once, here.
package counts

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts/why"
)

// Snapshot sums up a snapshot for people. Rows and Changes are by dataset.
type Snapshot struct {
	Devices    int64            `json:"devices"`
	Hidden     int64            `json:"hidden"`
	Rows       map[string]int64 `json:"rows"`
	Severities Severities       `json:"severities"`
	// Coverage is nil for a snapshot that an older program made.
	Coverage *Coverage          `json:"coverage,omitempty"`
	Changes  map[string]Changes `json:"changes"`
	Parts    int64              `json:"parts"`
	Bytes    int64              `json:"bytes"`
	// Unassessed counts devices that could not be assessed, Truncated what limits left out.
	Unassessed int64 `json:"kept"`
	Truncated  int64 `json:"cut"`
	// FixedFindings says why findings are Fixed; nil for a snapshot that an older program made.
	FixedFindings *Fixed `json:"fixedFindings,omitempty"`
	// Excepted counts what exceptions hide: CVEs and advisories in the components of devices.
	Excepted int64 `json:"excepted,omitempty"`
	// Compliance weighs configurations by category; nil for a snapshot that an older program made.
	Compliance Compliance `json:"compliance,omitzero"`
	// RemovedFeeds are the feeds that were removed since the snapshot before.
	RemovedFeeds []RemovedFeed `json:"removedFeeds,omitempty"`
}

// Coverage counts devices, and pieces of software on them, by how far they were assessed. States
// and reasons have the names of package coverage.
type Coverage struct {
	Devices  []Covered `json:"devices"`
	Software []Covered `json:"software"`
	// Unknown counts devices with rows of an older program, which could not be assessed since.
	Unknown int64 `json:"unknown"`
	// Wants is what should be imported to assess the rest, what most devices need first.
	Wants []Wanted `json:"wants"`
	// Checks counts what checks of settings said; nil if an older program assessed all devices.
	Checks *Checks `json:"checks,omitempty"`
}

// Covered counts what has one state and reason.
type Covered struct {
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	Count  int64  `json:"count"`
}

// Wanted is an ecosystem or kind of feed that is missing, and how many devices need it.
type Wanted struct {
	Name    string `json:"name"`
	Devices int64  `json:"devices"`
}

// Feed is a feed of the catalog from which a snapshot was made.
type Feed struct {
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name"`
	Records int64  `json:"records"`
	// Day is the newest day of its content, YYYY-MM-DD; empty if it is unknown.
	Day string `json:"day,omitempty"`
	// Part says which part of what its publisher lists it has; empty if it has all.
	Part string `json:"part,omitempty"`
	// Old says that it was older than its limit when the generation began. LimitDays is that limit; 0 for kinds that do
	// not age, and in snapshots of older programs.
	Old       bool  `json:"old,omitempty"`
	LimitDays int64 `json:"limitDays,omitempty"`
	// Failures is how many refreshes in a row had failed by then.
	Failures int64 `json:"failures,omitempty"`
}

// Severities counts findings by severity.
type Severities struct {
	Critical int64 `json:"critical"`
	High     int64 `json:"high"`
	Medium   int64 `json:"medium"`
	Low      int64 `json:"low"`
	// Unrated counts findings whose score is zero, and those with neither a score nor a word.
	Unrated int64 `json:"unrated"`
}

// Count counts one finding with a severity in the spelling of rows.
func (s *Severities) Count(severity string) {
	switch severity {
	case defender.SeverityCritical:
		s.Critical++
	case defender.SeverityHigh:
		s.High++
	case defender.SeverityMedium:
		s.Medium++
	case defender.SeverityLow:
		s.Low++
	default:
		s.Unrated++
	}
}

// Of returns n findings of a severity in the spelling of rows.
func Of(severity string, n int64) (s Severities) {
	s.Count(severity)
	return Severities{s.Critical * n, s.High * n, s.Medium * n, s.Low * n, s.Unrated * n}
}

// Kinds has a 1 for each severity of which there is any.
func (s Severities) Kinds() Severities {
	return Severities{min(s.Critical, 1), min(s.High, 1), min(s.Medium, 1), min(s.Low, 1), min(s.Unrated, 1)}
}

// Add adds other's counts.
func (s *Severities) Add(other Severities) {
	s.Critical += other.Critical
	s.High += other.High
	s.Medium += other.Medium
	s.Low += other.Low
	s.Unrated += other.Unrated
}

// Sum is the number of findings.
func (s Severities) Sum() int64 { return s.Critical + s.High + s.Medium + s.Low + s.Unrated }

// Changes counts the rows of a delta by status.
type Changes struct {
	New     int64 `json:"new"`
	Fixed   int64 `json:"fixed"`
	Updated int64 `json:"updated"`
}

// Add adds other's counts.
func (c *Changes) Add(other Changes) {
	c.New += other.New
	c.Fixed += other.Fixed
	c.Updated += other.Updated
}

// Sum is the number of delta rows.
func (c Changes) Sum() int64 { return c.New + c.Fixed + c.Updated }

// Fixed counts findings that are gone by the reason. Only the first kind is good news.
type Fixed struct {
	// OnDevice: the device no longer has the version of the software.
	OnDevice int64 `json:"onDevice"`
	// DeviceGone: the device was removed, or has been silent for too long.
	DeviceGone int64 `json:"deviceGone"`
	// NotAssessed: the device has the software as before, but it is no longer found: what is known of it
	// has changed, a feed was removed, or a limit left it out.
	NotAssessed int64 `json:"notAssessed"`
	// Moved: the device went to another group, where its findings are New.
	Moved int64 `json:"moved"`
	// Excepted: an exception hides it.
	Excepted int64 `json:"excepted,omitempty"`
}

// Add adds other's counts.
func (f *Fixed) Add(other Fixed) {
	f.OnDevice += other.OnDevice
	f.DeviceGone += other.DeviceGone
	f.NotAssessed += other.NotAssessed
	f.Moved += other.Moved
	f.Excepted += other.Excepted
}

// Sum is the number of findings.
func (f Fixed) Sum() int64 { return f.OnDevice + f.DeviceGone + f.NotAssessed + f.Moved + f.Excepted }

// FixedReason counts the findings that are fixed for a reason.
type FixedReason struct {
	Reason why.Reason
	Count  int64
}

// Of is the count of a reason; nil if there is none.
func (f *Fixed) Of(r why.Reason) *int64 {
	switch r {
	case why.OnDevice:
		return &f.OnDevice
	case why.DeviceGone:
		return &f.DeviceGone
	case why.NotAssessed:
		return &f.NotAssessed
	case why.Moved:
		return &f.Moved
	case why.Excepted:
		return &f.Excepted
	}
	return nil
}

// Reasons lists the reasons for which any finding is fixed.
func (f Fixed) Reasons() (all []FixedReason) {
	for _, r := range why.All() {
		if n := *f.Of(r); n > 0 {
			all = append(all, FixedReason{r, n})
		}
	}
	return all
}

// FixedByGroup counts by RBAC group; a group without any is absent.
type FixedByGroup map[int64]Fixed

// Add adds counts of a group; nothing to a nil map.
func (by FixedByGroup) Add(group int64, f Fixed) {
	if by != nil && f != (Fixed{}) {
		f.Add(by[group])
		by[group] = f
	}
}

// ByGroup counts by RBAC group; a group without any is absent.
type ByGroup map[int64]int64

// Add adds to the count of a group; nothing to a nil map.
func (by ByGroup) Add(group, n int64) {
	if by != nil && n != 0 {
		by[group] += n
	}
}

// Sum adds up the groups for which groups is true, nil for all.
func (by ByGroup) Sum(groups func(group int64) bool) (sum int64) {
	for group, n := range by {
		if groups == nil || groups(group) {
			sum += n
		}
	}
	return sum
}

// Sum adds up the groups for which groups is true, nil for all; nil if nothing was counted.
func (by FixedByGroup) Sum(groups func(group int64) bool) *Fixed {
	if by == nil {
		return nil
	}
	var sum Fixed
	for group, f := range by {
		if groups == nil || groups(group) {
			sum.Add(f)
		}
	}
	return &sum
}

// Told are the sums by RBAC group that the first line of a manifest has.
type Told struct {
	// Fixed says why findings are Fixed; a group without any is absent. It is nil where an older program
	// made the manifest. Excepted counts what exceptions hide; it is nil without exceptions.
	Fixed    FixedByGroup `json:"fixed,omitzero"`
	Excepted ByGroup      `json:"excepted,omitzero"`
	// Why says it of each row, by range.
	Why why.ByRange `json:"why,omitzero"`
	// Compliance weighs configurations; it is nil where an older program made the manifest or a projection.
	Compliance ComplianceByGroup `json:"compliance,omitzero"`
	// Checks counts what checks said; it is nil where an older program counted nothing.
	Checks ChecksByGroup `json:"checks,omitzero"`
}

// Catalog sums up a catalog.
type Catalog struct {
	// Products counts CPE pairs, Packages packages of ecosystems.
	Products int `json:"products"`
	Packages int `json:"packages"`
	// Rules counts statements on ranges of versions.
	Rules int `json:"rules"`
	// CVEs counts CVEs that are not rejected, Scored those with a score.
	CVEs   int `json:"cves"`
	Scored int `json:"scored"`
	// Advisories counts advisories that name no CVE.
	Advisories int `json:"advisories,omitempty"`
	// Titles counts vendor and product texts that lead to a product by majority.
	Titles int `json:"titles"`
	// Lifecycles counts products with release cycles.
	Lifecycles int `json:"lifecycles"`
	// Unattached counts statements whose product no exact key identifies.
	Unattached int `json:"unattached"`
	// Unnamed counts products of titles that were brought to this installation (an imported set, aliases.txt, confirmed
	// titles) that no record names, so that nothing is found for them; UnnamedProducts are the first of them.
	Unnamed         int      `json:"unnamed,omitempty"`
	UnnamedProducts []string `json:"unnamedProducts,omitempty"`
	// Feeds are the sources, by name.
	Feeds []FeedRecords `json:"feeds"`
}

// FeedRecords is the number of a catalog's records from one feed.
type FeedRecords struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
}
