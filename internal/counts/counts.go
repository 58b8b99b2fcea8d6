// Package counts defines the sums of a snapshot and of a catalog. Files, the database and the
// replies of /v1 contain them in the same JSON form, which is therefore defined once, here.
package counts

import "github.com/muster-project/muster/defender"

// Snapshot sums up a snapshot for people. Rows and Changes are by dataset.
type Snapshot struct {
	Devices    int64              `json:"devices"`
	Hidden     int64              `json:"hidden"`
	Rows       map[string]int64   `json:"rows"`
	Severities Severities         `json:"severities"`
	Changes    map[string]Changes `json:"changes"`
	Parts      int64              `json:"parts"`
	Bytes      int64              `json:"bytes"`
	// Unassessed counts devices that could not be assessed, Truncated what limits left out.
	Unassessed int64 `json:"kept"`
	Truncated  int64 `json:"cut"`
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

// Add adds other's counts.
func (s *Severities) Add(other Severities) {
	s.Critical += other.Critical
	s.High += other.High
	s.Medium += other.Medium
	s.Low += other.Low
	s.Unrated += other.Unrated
}

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
	// Titles counts vendor and product texts that lead to a product by majority.
	Titles int `json:"titles"`
	// Lifecycles counts products with release cycles.
	Lifecycles int `json:"lifecycles"`
	// Unattached counts statements whose product no exact key identifies.
	Unattached int `json:"unattached"`
	// Feeds are the sources, by name.
	Feeds []FeedRecords `json:"feeds"`
}

// FeedRecords is the number of a catalog's records from one feed.
type FeedRecords struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
}
