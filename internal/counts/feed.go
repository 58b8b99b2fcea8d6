package counts

import (
	"slices"
	"strconv"
	"time"
)

// FeedContents says what the records of a feed are about.
type FeedContents struct {
	// Ecosystems are those that records name (OSV), by name; at most MaxEcosystems of EcosystemCount.
	Ecosystems     []EcosystemRecords `json:"ecosystems"`
	EcosystemCount int                `json:"ecosystemCount"`
	// Placed counts the records that name an ecosystem.
	Placed int64 `json:"placed"`
	// WithoutCVE counts the advisories that name no CVE (GHSA, PYSEC, MAL). Exports show what they find
	// where it is asked for.
	WithoutCVE int64 `json:"withoutCve,omitempty"`
	// FirstYear and LastYear are the years of the CVEs, or of the advisories' publication; 0: none.
	FirstYear int `json:"firstYear,omitempty"`
	LastYear  int `json:"lastYear,omitempty"`
	// OldestTime and NewestTime are when the records were changed last, by their own dates.
	OldestTime *time.Time `json:"oldestTime,omitempty"`
	NewestTime *time.Time `json:"newestTime,omitempty"`
}

// RemovedFeed is a feed that was removed before a snapshot and after the one before it. Findings that
// only it knew are Fixed there, and no longer assessed.
type RemovedFeed struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Records is how many records it had.
	Records int64 `json:"records"`
}

// EcosystemRecords is the number of a feed's records that name an ecosystem.
type EcosystemRecords struct {
	Name    string `json:"name"`
	Records int64  `json:"records"`
}

// MaxEcosystems is how many ecosystems of a feed are listed. The largest real feeds, Red Hat's and
// SUSE's, name some hundreds.
const MaxEcosystems = 2000

// Main returns the ecosystems that every record names; all that any names if there is none. The
// archive of one release holds advisories that name other releases, too.
func (c *FeedContents) Main() []string {
	var main, all []string
	for _, e := range c.Ecosystems {
		all = append(all, e.Name)
		if e.Records == c.Placed {
			main = append(main, e.Name)
		}
	}
	if len(main) > 0 {
		return main
	}
	return all
}

// Rejection says why a record of a feed was left out.
type Rejection struct {
	// Record names file and entry: "all.zip/GO-2024-2687.json".
	Record string `json:"record"`
	Reason string `json:"reason"`
}

// ChangedWholly tells whether a feed whose records were about before is about something else with
// those about c: no main ecosystem is the same, or, for feeds of CVEs, no year can be.
func (c *FeedContents) ChangedWholly(before *FeedContents) bool {
	was, is := before.Main(), c.Main()
	if len(was) > 0 && len(is) > 0 {
		return !slices.ContainsFunc(is, func(name string) bool { return slices.Contains(was, name) })
	}
	if before.FirstYear == 0 || c.FirstYear == 0 {
		return false
	}
	return c.LastYear < before.FirstYear || before.LastYear < c.FirstYear
}

// About names what the records are about in a few words: "AlmaLinux:9", "14 ecosystems", "2024",
// "2002 to 2024"; "" if nothing is known.
func (c *FeedContents) About() string {
	main := c.Main()
	switch {
	case len(main) == 1:
		return main[0]
	case len(main) > 1:
		return strconv.Itoa(max(len(main), c.EcosystemCount)) + " ecosystems"
	case c.FirstYear == 0:
		return ""
	case c.FirstYear == c.LastYear:
		return strconv.Itoa(c.FirstYear)
	}
	return strconv.Itoa(c.FirstYear) + " to " + strconv.Itoa(c.LastYear)
}
