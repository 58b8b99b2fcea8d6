package projection

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/row"
)

// Finding is what rows say of a CVE in a release, whatever the device. Texts are as rows have them;
// empty ones are null.
type Finding struct {
	CVE string
	// Advisory says that the row is of a dataset of advisories without a CVE, and CVE is their id.
	Advisory bool
	Severity string
	Score    float64 // 0 if none is known, as in rows
	// Exploitability is one of the constants of package defender.
	Exploitability       string
	Update               row.Update
	UpdateAvailable      bool
	MitigationStatus     string
	BatchTitle, BatchURL string
}

// Exploited reports whether an exploit is known.
func (f *Finding) Exploited() bool {
	return f.Exploitability != "" && f.Exploitability != defender.NoExploit
}

// compareFindings orders findings as rows of one release are, and then by everything else.
func compareFindings(a, b *Finding) int {
	return cmp.Or(strings.Compare(a.CVE, b.CVE), compareBools(a.Advisory, b.Advisory),
		strings.Compare(a.Severity, b.Severity), cmp.Compare(a.Score, b.Score),
		strings.Compare(a.Exploitability, b.Exploitability), strings.Compare(a.Update.Title, b.Update.Title),
		strings.Compare(a.Update.ID, b.Update.ID), strings.Compare(a.Update.URL, b.Update.URL),
		compareBools(a.UpdateAvailable, b.UpdateAvailable), strings.Compare(a.MitigationStatus, b.MitigationStatus),
		strings.Compare(a.BatchTitle, b.BatchTitle), strings.Compare(a.BatchURL, b.BatchURL))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Shown says which rows a release has on a device, beside those of its findings.
type Shown uint8

// The rows of a release. A device that a limit truncates may have none of them.
const (
	InSoftware Shown = 1 << iota
	InClean
	InNoProductCode
)

// Release is a version of a product with the rows that devices have of it. Devices with other findings
// of the same version have another release.
type Release struct {
	row.SoftwareKey
	Shown Shown
	// EndOfSupport and EndOfSupportDate are as rows have them; empty ones are null.
	EndOfSupport, EndOfSupportDate string
	// Weaknesses is the number of CVEs that rows of software show. It exceeds len(Findings) on a device
	// that a limit truncates.
	Weaknesses int64
	// Findings are places in the head's Findings, ascending.
	Findings []uint32
	// Devices is how many devices have the release.
	Devices int64
}

// Coded reports whether the product has a product code: it was judged.
func (r *Release) Coded() bool { return r.Shown&InNoProductCode == 0 }

// compareReleases orders releases as rows of one device are, and then by everything but Devices.
// Findings must be places in one sorted list.
func compareReleases(a, b *Release, keyA, keyB string) int {
	return cmp.Or(strings.Compare(keyA, keyB), cmp.Compare(a.Shown, b.Shown),
		strings.Compare(a.EndOfSupport, b.EndOfSupport), strings.Compare(a.EndOfSupportDate, b.EndOfSupportDate),
		cmp.Compare(a.Weaknesses, b.Weaknesses), slices.Compare(a.Findings, b.Findings))
}

// Outcome is the result of a configuration on a device.
type Outcome uint8

// The outcomes. What is not applicable is in rows as compliant or not; either is one outcome.
const (
	Compliant Outcome = iota
	NonCompliant
	NotApplicable
	NotApplicableNonCompliant
	OutcomeCount = iota
)

// OutcomeOf returns the outcome that a row shows.
func OutcomeOf(applicable, compliant bool) Outcome {
	outcome := NotApplicable
	if applicable {
		outcome = Compliant
	}
	if !compliant {
		outcome++
	}
	return outcome
}

// Applicable and IsCompliant are what a row with the outcome shows.
func (o Outcome) Applicable() bool { return o < NotApplicable }

// IsCompliant reports whether a row with the outcome is compliant.
func (o Outcome) IsCompliant() bool { return o == Compliant || o == NotApplicable }

// Configuration is a configuration, and how many devices have which outcome.
type Configuration struct {
	row.Configuration
	Devices [OutcomeCount]int64
}

// compareConfigurations orders configurations as rows of one device are, and then by everything else.
func compareConfigurations(a, b *row.Configuration) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name), strings.Compare(a.Category, b.Category),
		strings.Compare(a.Subcategory, b.Subcategory), cmp.Compare(a.Impact, b.Impact),
		compareBools(a.UserImpact, b.UserImpact))
}

// CVE counts the devices of a CVE, each once, whatever releases they have.
type CVE struct {
	ID       string
	Advisory bool
	Devices  int64
}

// Product counts the devices of a product, each once.
type Product struct {
	Vendor, Name string
	// Devices have it, Exposed have a version of it with a finding.
	Devices, Exposed int64
}

// Head is the content of one range, or of several, without the devices.
type Head struct {
	Findings       []Finding
	Releases       []Release
	Configurations []Configuration
	CVEs           []CVE
	Products       []Product
	// Devices counts them all, also those without rows.
	Devices int64
	// Severities counts rows of vulnerabilities, Exploited those with a known exploit.
	Severities, Exploited counts.Severities
}

// Device is what a list of devices shows.
type Device struct {
	ID                                          string // 40 hexadecimal digits
	Name, OSPlatform, OSVersion, OSArchitecture string
	Tags                                        []string
	// FirstSeen and LastSeen are times of reports, in milliseconds.
	FirstSeen, LastSeen time.Time
	// FromRows says that the identity was read back from rows: what they do not have is unknown.
	FromRows bool
	// State and Reason say how far it was assessed.
	State  coverage.State
	Reason coverage.Reason
	// Severities counts its rows of vulnerabilities, Exploited those with a known exploit.
	Severities, Exploited counts.Severities
	// Software counts its software, with and without a product code, Outcomes its configurations.
	Software int64
	Outcomes [OutcomeCount]int64
}

// Vulnerabilities is the number of the device's rows of vulnerabilities.
func (d *Device) Vulnerabilities() int64 { return d.Severities.Sum() }
