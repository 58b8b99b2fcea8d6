package trend

import "github.com/muster-project/muster/internal/counts"

// Counts are those of some RBAC groups in one snapshot, or of several snapshots in a row (Then).
type Counts struct {
	// Devices are those of the snapshot. Assessed, Partly and NotAssessed add up to them. Silent were last seen
	// defender.InactiveDays or longer before the generation began.
	Devices, Assessed, Partly, NotAssessed, Silent int64
	// Severities counts findings: rows of vulnerabilities.
	Severities counts.Severities
	// Exploited counts findings with a known exploit, KEV those that CISA lists as known to be exploited.
	Exploited, KEV int64
	// New and Fixed count the changes since the snapshot before: F(before) + New - Fixed = F.
	New   int64
	Fixed counts.Fixed
	// Mended says how long findings were open that were fixed on the device.
	Mended Durations
	// Weight weighs configurations (matching.md, section 8.2).
	Weight counts.Weight
	// Unknown says which counts are not known.
	Unknown Unknown
}

// Unknown is a set of counts that are not known.
type Unknown uint8

// What may be unknown: New, Fixed and Mended, where a snapshot began anew; Assessed, Partly and NotAssessed; Silent,
// Exploited and Weight, where a projection cannot be read; KEV, where the list was not imported.
const (
	Changes Unknown = 1 << iota
	Coverage
	Silent
	Exploited
	KEV
	Weight
)

// Lacks reports whether some counts are not known.
func (c *Counts) Lacks(some Unknown) bool { return c.Unknown&some != 0 }

// Findings is the number of findings.
func (c *Counts) Findings() int64 { return c.Severities.Sum() }

// Add adds the counts of other groups in the same snapshot.
func (c *Counts) Add(other *Counts) {
	c.Devices += other.Devices
	c.Assessed += other.Assessed
	c.Partly += other.Partly
	c.NotAssessed += other.NotAssessed
	c.Silent += other.Silent
	c.Severities.Add(other.Severities)
	c.Exploited += other.Exploited
	c.KEV += other.KEV
	c.Weight.Add(other.Weight)
	c.addChanges(other)
	c.Unknown |= other.Unknown
}

// addChanges adds changes.
func (c *Counts) addChanges(other *Counts) {
	c.New += other.New
	c.Fixed.Add(other.Fixed)
	c.Mended = c.Mended.With(other.Mended)
}

// Then returns the counts of the next snapshot, with the changes of both.
func (c *Counts) Then(next *Counts) Counts {
	sum := *next
	sum.Mended = nil
	sum.Mended = sum.Mended.With(next.Mended)
	sum.New, sum.Fixed = next.New+c.New, next.Fixed
	sum.Fixed.Add(c.Fixed)
	sum.Mended = sum.Mended.With(c.Mended)
	sum.Unknown |= c.Unknown & Changes
	return sum
}
