package control

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control/mending"
	"github.com/muster-project/muster/internal/counts"
)

// ListHead says of which snapshot a list is, how long it is, and what nobody looked at. Without findings a
// device may be sound, or not assessed: Coverage counts both, of the devices that the list is about.
type ListHead struct {
	Number        int64            `json:"number"`
	GeneratedTime time.Time        `json:"generatedTime"`
	Coverage      *counts.Coverage `json:"coverage,omitempty"`
	// Excepted counts what exceptions hide in the groups that the list is about.
	Excepted int64 `json:"excepted,omitempty"`
	// Total is the number of rows of all pages.
	Total int64 `json:"total"`
	// Next is the value of the parameter after for the next page; absent at the end.
	Next string `json:"next,omitempty"`
}

// FindingRow is a CVE in a product, with what is known of the CVE and where it is. Absent members are not
// known.
type FindingRow struct {
	CVEID string `json:"cveId"`
	// Title and Description are those of the most trusted source; the latter only with details.
	Title       string  `json:"title,omitempty"`
	Description string  `json:"description,omitempty"`
	Severity    string  `json:"severity,omitempty"`
	Score       float64 `json:"cvssScore"`
	Vector      string  `json:"cvssVector,omitempty"`
	// Exploitability is one of the levels of package defender. KEV says that CISA lists the CVE as known to be
	// exploited, DueTime until when it has to be mended (CISA BOD 22-01), Ransomware that ransomware uses it.
	Exploitability string `json:"exploitabilityLevel"`
	// ExploitURLs are addresses of exploits, at most 20; only with details.
	ExploitURLs []string   `json:"exploitUrls,omitempty"`
	KEV         bool       `json:"kev"`
	DueTime     *time.Time `json:"dueTime,omitempty"`
	Ransomware  bool       `json:"ransomware,omitempty"`
	// EPSS is FIRST's score of how likely it is that the CVE is exploited within 30 days, from 0 to 1.
	EPSS           *float64   `json:"epssScore,omitempty"`
	EPSSPercentile *float64   `json:"epssPercentile,omitempty"`
	PublishedTime  *time.Time `json:"publishedTime,omitempty"`
	UpdatedTime    *time.Time `json:"updatedTime,omitempty"`
	Vendor         string     `json:"softwareVendor"`
	Name           string     `json:"softwareName"`
	// Versions are those that have it, at most 20.
	Versions []string `json:"softwareVersions"`
	// Devices have it; Findings are its rows in the exports: one for each version on each device. Where a CVE
	// is in several products, and a product in several versions, Devices may be too high, by at most the
	// devices with two such versions.
	Devices  int64 `json:"devices"`
	Findings int64 `json:"findings"`
	// UpdateAvailable says that an update removes it; Updates are those that removes most first, at most 5.
	UpdateAvailable bool        `json:"updateAvailable"`
	Updates         []UpdateRow `json:"updates,omitempty"`
	// Targets are the lowest versions without it: one, or of Windows one for each build; absent if none is known.
	Targets      []TargetRow `json:"targets,omitempty"`
	EndOfSupport string      `json:"endOfSupportStatus,omitempty"`
}

// FindingRows is a page of findings, by risk.
type FindingRows struct {
	ListHead
	Rows []FindingRow `json:"rows"`
}

// VulnerabilityRow is a CVE with what is known of it and where it is, in any software. The members of a finding are
// those of the software of the highest risk; Devices have it in any software, each counted once, and Findings are all
// of its rows that match.
type VulnerabilityRow struct {
	FindingRow
	// Products have it, at most 20, those of the highest risk first; MoreProducts counts the others.
	Products     []VulnerableProduct `json:"products"`
	MoreProducts int64               `json:"moreProducts,omitempty"`
}

// VulnerabilityRows is a page of CVEs, by risk.
type VulnerabilityRows struct {
	ListHead
	Sums VulnerabilitySums  `json:"sums"`
	Rows []VulnerabilityRow `json:"rows"`
	// Verdict is what may be said of the one CVE that was asked for, as in Why; Known is what is known of it if no row
	// has it.
	Verdict string      `json:"verdict,omitempty"`
	Known   *FindingRow `json:"known,omitempty"`
}

// VulnerabilitySums counts what the rows of all pages hold: findings, those of each severity, the CVEs that have any of
// each severity, and the CVEs with a known exploit and those of KEV.
type VulnerabilitySums struct {
	Findings   int64             `json:"findings"`
	Severities counts.Severities `json:"severities"`
	CVEs       counts.Severities `json:"cves"`
	Exploited  int64             `json:"exploited"`
	KEV        int64             `json:"kev"`
}

// Add adds other's sums.
func (s *VulnerabilitySums) Add(other VulnerabilitySums) {
	s.Findings += other.Findings
	s.Severities.Add(other.Severities)
	s.CVEs.Add(other.CVEs)
	s.Exploited += other.Exploited
	s.KEV += other.KEV
}

// SoftwareRow is a product on devices.
type SoftwareRow struct {
	Vendor string `json:"softwareVendor"`
	Name   string `json:"softwareName"`
	// Versions are at most 20.
	Versions []string `json:"softwareVersions"`
	Devices  int64    `json:"devices"`
	// Assessed: the product has a code by which CVEs are looked up. If not, Weaknesses says nothing.
	Assessed bool `json:"assessed"`
	// Weaknesses counts the CVEs that match, Severities those by severity, Exploited those with a known
	// exploit. Findings are their rows.
	Weaknesses   int64             `json:"weaknesses"`
	Findings     int64             `json:"findings"`
	Severities   counts.Severities `json:"severities"`
	Exploited    int64             `json:"exploited"`
	EndOfSupport string            `json:"endOfSupportStatus,omitempty"`
}

// SoftwareRows is a page of software, by risk.
type SoftwareRows struct {
	ListHead
	Rows []SoftwareRow `json:"rows"`
}

// These rows have a room of their own.
type (
	RecommendationRow = mending.RecommendationRow
	TargetRow         = mending.TargetRow
	UpdateRow         = mending.UpdateRow
	VulnerableProduct = mending.VulnerableProduct
	EndedSystem       = mending.EndedSystem
)

// RecommendationRows is a page of recommendations, by risk.
type RecommendationRows struct {
	ListHead
	Rows []RecommendationRow `json:"rows"`
}

// ConfigurationRow is a check of settings, with the devices by outcome.
type ConfigurationRow struct {
	ID            string  `json:"configurationId"`
	Name          string  `json:"configurationName"`
	Category      string  `json:"configurationCategory"`
	Subcategory   string  `json:"configurationSubcategory"`
	Impact        float64 `json:"configurationImpact"`
	NonCompliant  int64   `json:"nonCompliantDevices"`
	Compliant     int64   `json:"compliantDevices"`
	NotApplicable int64   `json:"notApplicableDevices"`
}

// ConfigurationRows is a page of checks: those that fail with the most impact first.
type ConfigurationRows struct {
	ListHead
	Rows []ConfigurationRow `json:"rows"`
}

// ConfigurationDetail is a check: its definition, and the devices by outcome in the newest snapshot.
type ConfigurationDetail struct {
	ID string `json:"configurationId"`
	// Definition is absent if no check of the current catalog has the id: the results are those of other tools, such
	// as OpenSCAP.
	Definition *CheckDefinition `json:"definition,omitempty"`
	// Number and GeneratedTime are those of the snapshot.
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	// Rows count the devices: one row for each way in which rows of the exports describe the check.
	Rows []ConfigurationRow `json:"rows"`
	// Devices are those with the verdict, a page by group and id; Total is how many there are.
	Verdict string          `json:"verdict"`
	Devices []CheckedDevice `json:"devices"`
	Total   int64           `json:"total"`
	// Next is the value of the parameter after for the next page; absent at the end.
	Next string `json:"next,omitempty"`
}

// CheckedDevice is a device of a snapshot with a verdict of a check.
type CheckedDevice struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	OSPlatform string `json:"osPlatform"`
	OSVersion  string `json:"osVersion"`
	Group      string `json:"rbacGroupName"`
}

// CheckDefinition says what a check tests, how, and what to do.
type CheckDefinition struct {
	Name        string   `json:"configurationName"`
	Category    string   `json:"configurationCategory"`
	Subcategory string   `json:"configurationSubcategory"`
	Impact      float64  `json:"configurationImpact"`
	UserImpact  bool     `json:"userImpact"`
	Platforms   []string `json:"platforms"`
	// Facts are the families that are read, Software the packages whose versions are.
	Facts    []string `json:"facts"`
	Software []string `json:"software,omitempty"`
	// Judges, Applies and Expected are as in DeviceCheck.
	Judges      string   `json:"judges,omitempty"`
	Applies     string   `json:"applies,omitempty"`
	Expected    string   `json:"expected"`
	Remediation string   `json:"remediation"`
	Command     string   `json:"command,omitempty"`
	References  []string `json:"references,omitempty"`
}

// ShowConfiguration shows a check with the devices that a filter selects, by Device, Group, Tag and Verdict: those of
// all pages, or at most the first limit; 0 is all.
func ShowConfiguration(ctx context.Context, s *Session, id string, f *ListFilter,
	limit int) (all ConfigurationDetail, err error) {
	query, size := f.query(), 1000
	if limit > 0 {
		size = min(size, limit)
	}
	query.Set("limit", strconv.Itoa(size))
	for {
		reply, err := Do(ctx, s, get[ConfigurationDetail](at("/v1/"+ListOfConfigurations, id)).with(query))
		if err != nil {
			return all, err
		}
		devices := append(all.Devices, reply.Value.Devices...)
		all = reply.Value
		if all.Devices = devices; limit > 0 {
			all.Devices = devices[:min(len(devices), limit)]
		}
		if all.Next == "" || limit > 0 && len(all.Devices) == limit {
			return all, nil
		}
		query.Set("after", all.Next)
	}
}

// FleetRow is a device of a snapshot with its findings.
type FleetRow struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	OSPlatform string    `json:"osPlatform"`
	OSVersion  string    `json:"osVersion"`
	Tags       []string  `json:"tags"`
	Group      string    `json:"rbacGroupName"`
	LastSeen   time.Time `json:"lastSeenTime"`
	// State and Reason say how far it was assessed, as in DeviceCoverage.
	State    string            `json:"state"`
	Reason   string            `json:"reason,omitempty"`
	Findings counts.Severities `json:"findings"`
	// Exploited counts findings with a known exploit.
	Exploited    int64 `json:"exploited"`
	Software     int64 `json:"software"`
	Compliant    int64 `json:"compliant"` // 0 with NonCompliant 0: no check of settings could be judged
	NonCompliant int64 `json:"nonCompliant"`
}

// FleetRows is a page of devices, by risk.
type FleetRows struct {
	ListHead
	Rows []FleetRow `json:"rows"`
}

// AffectedRow is a device with the findings that match.
type AffectedRow struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	OSPlatform string `json:"osPlatform"`
	OSVersion  string `json:"osVersion"`
	Group      string `json:"rbacGroupName"`
	// Software has at least one CVE each.
	Software []AffectedSoftware `json:"software"`
}

// AffectedSoftware is software of a device with its CVEs, or advisories that name none, that match.
type AffectedSoftware struct {
	Vendor  string   `json:"softwareVendor"`
	Name    string   `json:"softwareName"`
	Version string   `json:"softwareVersion"`
	CVEIDs  []string `json:"cveIds"`
}

// AffectedRows is a page of devices, by group and id. Their number is not counted.
type AffectedRows struct {
	Number        int64            `json:"number"`
	GeneratedTime time.Time        `json:"generatedTime"`
	Coverage      *counts.Coverage `json:"coverage,omitempty"`
	Next          string           `json:"next,omitempty"`
	Rows          []AffectedRow    `json:"rows"`
}

// ListFilter says what lists are about: all that is given must match.
type ListFilter struct {
	CVE, Severity, Software, Device, Group, Tag, Text string
	Exploited, KEV                                    bool
	// MinEPSS is an EPSS score from 0 to 1; 0 is any.
	MinEPSS float64
	// DueBefore and Since are times; zero is any.
	DueBefore, Since time.Time
	// Fix is yes, no or "".
	Fix string
	// State, Reason and Silent are of devices: how far they were assessed, and whether they were not seen for a week.
	// Fails is a configuration with which they do not comply.
	State, Reason, Fails string
	Silent               bool
	// Details adds descriptions.
	Details bool
	// Failing wants checks that a device fails, MinImpact those with an impact of 0 to 10 or more, Category and Platform
	// those of one. Verdict is one of a check, for ShowConfiguration.
	Failing                     bool
	MinImpact                   float64
	Category, Platform, Verdict string
	// Sort is a member to sort by, with - before it from high to low; "" is by risk.
	Sort string
	// Snapshot pins a snapshot; 0 is the newest. Skip leaves out rows, Limit is how many a page has; 0 is the usual
	// number.
	Snapshot, Skip, Limit int64
}

// List asks for one page of a list by risk: T is FindingRows, VulnerabilityRows and so on.
func List[T any](list string, f *ListFilter) Request[T] { return get[T]("/v1/" + list).with(f.query()) }

// query returns the filter as parameters.
func (f *ListFilter) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"cve": f.CVE, "severity": f.Severity, "software": f.Software,
		"device": f.Device, "group": f.Group, "tag": f.Tag, "q": f.Text, "fix": f.Fix, "sort": f.Sort,
		"state": f.State, "reason": f.Reason, "fails": f.Fails, "category": f.Category, "platform": f.Platform,
		"verdict": f.Verdict} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, value := range map[string]bool{"exploited": f.Exploited, "kev": f.KEV, "details": f.Details,
		"silent": f.Silent, "failing": f.Failing} {
		if value {
			query.Set(name, "true")
		}
	}
	for name, value := range map[string]time.Time{"dueBefore": f.DueBefore, "since": f.Since} {
		if !value.IsZero() {
			query.Set(name, value.UTC().Format(time.RFC3339))
		}
	}
	for name, value := range map[string]float64{"minEpss": f.MinEPSS, "minImpact": f.MinImpact} {
		if value != 0 {
			query.Set(name, strconv.FormatFloat(value, 'g', -1, 64))
		}
	}
	for name, value := range map[string]int64{"snapshot": f.Snapshot, "skip": f.Skip, "limit": f.Limit} {
		if value != 0 {
			query.Set(name, strconv.FormatInt(value, 10))
		}
	}
	return query
}

// The lists by risk, for EachListed.
const (
	ListOfFindings        = "findings"
	ListOfVulnerabilities = "vulnerabilities"
	ListOfSoftware        = "software"
	ListOfDevices         = "fleet"
	ListOfRecommendations = "recommendations"
	ListOfConfigurations  = "configurations"
)

// ListOfAffected has every finding that matches, by device: also for EachListed, which gives no total of it.
const ListOfAffected = "affected"

// EachListed calls yield with the rows of a list by risk, of all pages or at most the first limit rows; 0 is
// all. It returns the head of the last page.
func EachListed[T any](ctx context.Context, s *Session, list string, f *ListFilter, limit int,
	yield func(Reply[T]) error) (head ListHead, err error) {
	query, size := f.query(), 1000
	if limit > 0 {
		size = min(size, limit)
	}
	query.Set("limit", strconv.Itoa(size))
	for seen := 0; ; {
		type page struct {
			ListHead
			Rows []Reply[T] `json:"rows"`
		}
		reply, err := Do(ctx, s, get[page]("/v1/"+list).with(query))
		if err != nil {
			return head, err
		}
		head = reply.Value.ListHead
		for _, row := range reply.Value.Rows {
			if limit > 0 && seen == limit {
				return head, nil
			}
			if err := yield(row); err != nil {
				return head, err
			}
			seen++
		}
		if head.Next == "" || limit > 0 && seen >= limit {
			return head, nil
		}
		query.Set("after", head.Next)
	}
}

// CallOfScores is the call that tells them.
const CallOfScores = "scores"

// ShowScores shows the scores of the devices that a filter selects, by Device, Group and Tag, and of as many earlier
// snapshots.
func ShowScores(f *ListFilter, history int) Request[Scores] {
	query := f.query()
	query.Set("history", strconv.Itoa(history))
	return get[Scores]("/v1/" + CallOfScores).with(query)
}

// Scores say how well devices are configured: doc/matching.md, section 8.2. Without a device they have the groups
// and the history.
type Scores struct {
	Number        int64         `json:"number"`
	GeneratedTime time.Time     `json:"generatedTime"`
	Compliance    counts.Shares `json:"compliance"`
	// Groups are those that the caller sees and in which something applies, by number.
	Groups []GroupScore `json:"groups,omitempty"`
	// History has earlier snapshots, newest first.
	History []PastScore `json:"history,omitempty"`
}

// GroupScore is the score of the devices of a group.
type GroupScore struct {
	GroupID int64  `json:"rbacGroupId"`
	Group   string `json:"rbacGroupName"`
	counts.Shares
}

// PastScore is the score of a snapshot.
type PastScore struct {
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	counts.Shares
}

// ShowExposureScore shows the exposure score of the devices that the caller sees, by the call that Microsoft's
// clients make.
func ShowExposureScore() Request[defender.Score] { return get[defender.Score]("/api/exposureScore") }
