package control

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// Generation is one generation, and the snapshot it made.
type Generation struct {
	Number int64 `json:"number"`
	// State is running, sealed or failed.
	State         string                   `json:"state"`
	BegunTime     time.Time                `json:"begunTime"`
	GeneratedTime *time.Time               `json:"generatedTime,omitempty"`
	Totals        Encoded[counts.Snapshot] `json:"totals,omitempty"`
	// Progress is set while it runs, for callers that see the whole organization.
	Progress *Progress `json:"progress,omitempty"`
	Failure  string    `json:"failure,omitempty"`
}

// Progress is the progress of a generation: the complete ranges, and their
// devices. TotalRanges is 0 until they are planned.
type Progress struct {
	Ranges      int   `json:"ranges"`
	TotalRanges int   `json:"totalRanges"`
	Devices     int64 `json:"devices"`
}

// GenerationList is the newest generations.
type GenerationList struct {
	Generations []Generation `json:"generations"`
	// Doubt is why no more snapshots are made for now.
	Doubt *Doubt `json:"doubt,omitempty"`
}

// Doubt is why nothing is published or removed for now.
type Doubt struct {
	// Reason is one of the codes of doubts in package defender.
	Reason string `json:"reason"`
	// Message counts devices; it is for callers that see all groups.
	Message string `json:"message,omitempty"`
}

// Accepted is the reply to a request that is carried out later.
type Accepted struct {
	Status string `json:"status"`
}

// Wish holds the parameters of publishing.
type Wish struct {
	// Rebuild makes all rows again, if the last snapshot is damaged.
	Rebuild bool
	// AllowShrink ends a doubt.
	AllowShrink bool
}

const generationsPath = "/v1/generations"

// Publish makes the next generation, and waits until it is published.
func Publish(w Wish) Request[Generation] {
	return Request[Generation]{Call{Method: http.MethodPost, Path: generationsPath, Query: url.Values{"wait": {"true"},
		"rebuild": {strconv.FormatBool(w.Rebuild)}, "allowShrink": {strconv.FormatBool(w.AllowShrink)}}}}
}

// ListGenerations lists the newest generations.
func ListGenerations() Request[GenerationList] { return get[GenerationList](generationsPath) }

// CallOfTrends is the call that tells them.
const CallOfTrends = "trends"

// Trends are the counts of snapshots over time, and what is made of them. What is not known is absent.
type Trends struct {
	// Number is the newest snapshot.
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	// Points are snapshots, or the last of each UTC day, oldest first. A snapshot that an older program made has none.
	Points []TrendPoint `json:"points"`
	// SinceYesterday compares the newest snapshot with the newest one that is at least 24 hours older.
	SinceYesterday  *Since     `json:"sinceYesterday,omitempty"`
	TimeToRemediate Remediated `json:"timeToRemediate"`
	// OpenFor has classes of how long the findings of the newest snapshot have been open; they add up to the findings.
	OpenFor []OpenFor `json:"openFor,omitempty"`
}

// OpenFor counts findings that have been open for so many days; without ToDays for FromDays and more.
type OpenFor struct {
	FromDays int64  `json:"fromDays"`
	ToDays   *int64 `json:"toDays,omitempty"`
	Findings int64  `json:"findings"`
}

// TrendPoint has the counts of a snapshot, and what changed since the point before: its findings, and those that are
// new, less those that are fixed, are the findings.
type TrendPoint struct {
	Number        int64             `json:"number"`
	GeneratedTime time.Time         `json:"generatedTime"`
	Findings      int64             `json:"findings"`
	Severities    counts.Severities `json:"severities"`
	// Exploited counts findings with a known exploit, KEV those whose CVE CISA lists.
	Exploited *int64        `json:"exploited,omitempty"`
	KEV       *int64        `json:"kev,omitempty"`
	New       *int64        `json:"new,omitempty"`
	Fixed     *counts.Fixed `json:"fixed,omitempty"`
	Devices   int64         `json:"devices"`
	// Coverage adds up to the devices. Silent ones are those that were not seen for seven days.
	Coverage *CoveredDevices `json:"coverage,omitempty"`
	Silent   *int64          `json:"silentDevices,omitempty"`
	// Score is the share of the applicable weight that is compliant; absent if nothing applies.
	Score *float64 `json:"complianceScore,omitempty"`
}

// CoveredDevices counts devices by how far they were assessed.
type CoveredDevices struct {
	Assessed    int64 `json:"assessed"`
	Partly      int64 `json:"partly"`
	NotAssessed int64 `json:"notAssessed"`
}

// Since is what changed since an earlier snapshot.
type Since struct {
	Number        int64             `json:"number"`
	GeneratedTime time.Time         `json:"generatedTime"`
	Findings      int64             `json:"findings"`
	Severities    counts.Severities `json:"severities"`
	New           *int64            `json:"new,omitempty"`
	Fixed         *counts.Fixed     `json:"fixed,omitempty"`
	// KEV compares CVEs, which do not add up: it is there while both snapshots are kept.
	KEV *ListedCVEs `json:"kevCves,omitempty"`
	// Devices, and what is told of them, are those of the earlier snapshot, as of a point.
	Devices  int64           `json:"devices"`
	Coverage *CoveredDevices `json:"coverage,omitempty"`
	Silent   *int64          `json:"silentDevices,omitempty"`
	Score    *float64        `json:"complianceScore,omitempty"`
}

// ListedCVEs counts the CVEs among findings that CISA lists: now, before, and what made the difference.
type ListedCVEs struct {
	Now    int64 `json:"now"`
	Before int64 `json:"before"`
	Up     int64 `json:"up"`
	Down   int64 `json:"down"`
}

// Remediated says within how many days findings were fixed on the device, of those that were in so many days.
type Remediated struct {
	Days   int64 `json:"days"`
	Events int64 `json:"events"`
	// TooFew says that there are too few events to tell.
	TooFew bool   `json:"tooFew,omitempty"`
	Median *int64 `json:"medianDays,omitempty"`
	P90    *int64 `json:"p90Days,omitempty"`
}

// AskTrends asks for trends of so many days, of a group or all ("").
func AskTrends(days int64, by, group string) Request[Trends] {
	query := url.Values{"days": {strconv.FormatInt(days, 10)}, "by": {by}}
	if group != "" {
		query.Set("group", group)
	}
	return Request[Trends]{Call{Method: http.MethodGet, Path: "/v1/" + CallOfTrends, Query: query}}
}
