package scan

import (
	"cmp"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/score"
)

// Result is what was found about one machine or document.
type Result struct {
	// Device is as reported, Name never empty.
	Device inventory.Device
	// Software counts the pieces of software that have a row, with a product code or without.
	Software int
	// Findings are the worst first (score.Risk), then by name and CVE.
	Findings []Finding
	// Updates say to what to update software with findings.
	Updates []Update
	// Severities counts all findings, also those by advisories that name no CVE.
	Severities counts.Severities
	// Ends are pieces of software whose support has ended or ends soon.
	Ends []End
	// Failed are the settings that differ from what is recommended, the gravest first; Passed counts the others
	// that apply.
	Failed []Setting
	Passed int
	// Coverage says how far all of this was looked at.
	Coverage coverage.Device
	// Dropped counts rows that a limit left out.
	Dropped int
	// Identifiers are those that the report has of software, by vendor, name and version as findings have them.
	Identifiers map[[3]string]Identifiers
}

// Identifiers are a CPE and a package URL, "" if the report has none.
type Identifiers struct{ CPE, PURL string }

// Finding says that a piece of software is affected by a CVE, or by an advisory that names none.
type Finding struct {
	Vendor  string `json:"softwareVendor"`
	Name    string `json:"softwareName"`
	Version string `json:"softwareVersion"`
	// CVE is the id of a CVE, or of an advisory that names none, such as GHSA- or MAL-.
	CVE string `json:"cveId"`
	// Severity is None, Low, Medium, High or Critical; empty if nobody rates it. CVSS is 0 then.
	Severity string  `json:"severity"`
	CVSS     float64 `json:"cvssScore"`
	// Exploit is a value of exploitabilityLevel (contract.md, section 4).
	Exploit string `json:"exploitabilityLevel"`
	Vector  string `json:"cvssVector,omitempty"`
	// KEV says that CISA lists it as exploited, Due until when agencies of the United States have to act (a
	// date). EPSS is the probability of exploitation within 30 days, nil if no feed has it.
	KEV  bool     `json:"knownExploited"`
	Due  string   `json:"dueDate,omitempty"`
	EPSS *float64 `json:"epss,omitempty"`
	// Published and Updated are times as in RFC 3339; empty if no source says.
	Published string `json:"published,omitempty"`
	Updated   string `json:"updated,omitempty"`
	// Fixed says that there is an update that mends it. Fix is the update in words, FixID and FixURL name and
	// show it, or the advisory; empty if they are not known.
	Fixed  bool   `json:"fixAvailable"`
	Fix    string `json:"fix,omitempty"`
	FixID  string `json:"fixId,omitempty"`
	FixURL string `json:"fixUrl,omitempty"`
	// FixVersion is the lowest version without it, by what rules say; empty if they name none.
	FixVersion string `json:"fixVersion,omitempty"`
	// FixState is what the publisher says of a fix that is not there: "pending", "deferred", "wontFix" or
	// "endOfLife"; empty if it says nothing.
	FixState string `json:"fixState,omitempty"`
	// Paths are where the software is.
	Paths []string `json:"paths"`
}

// Unfixed says in words what the publisher says of a fix that is not there; empty if it says nothing.
func (f *Finding) Unfixed() string {
	state, err := intel.ParseFixState(f.FixState)
	if err != nil {
		return ""
	}
	return state.Text()
}

// End says that the support of a piece of software has ended or ends soon.
type End struct {
	Vendor  string `json:"softwareVendor"`
	Name    string `json:"softwareName"`
	Version string `json:"softwareVersion"`
	// Status is a value of endOfSupportStatus; Date is empty if it is not known.
	Status string `json:"status"`
	Date   string `json:"date,omitempty"`
}

// Setting is a configuration that differs from what is recommended.
type Setting struct {
	ID       string  `json:"configurationId"`
	Name     string  `json:"configurationName"`
	Category string  `json:"category"`
	Impact   float64 `json:"impact"`
}

// severities are the words of severity from the least to the worst; a finding that nobody rates is
// above those of None and below Low: it may be anything.
var severities = [...]string{"None", "", "Low", "Medium", "High", "Critical"}

// Rank orders severities: higher is worse.
func Rank(severity string) int { return slices.Index(severities[:], severity) }

// Exploited reports whether an exploit is known for the finding.
func (f *Finding) Exploited() bool { return f.KEV || defender.ExploitRank(f.Exploit) > 0 }

// update is the update in words, or by its advisory; empty if no source names one.
func (f *Finding) update() string {
	if !f.Fixed {
		return ""
	}
	return cmp.Or(f.Fix, f.FixID)
}

// risk is what orders findings, as in the lists of a server.
func (f *Finding) risk() score.Risk {
	r := score.Risk{KEV: f.KEV, Exploitability: f.Exploit, CVSS: f.CVSS, Severity: f.Severity,
		Advisory: !intel.IsCVE(f.CVE)}
	if f.EPSS != nil {
		r.EPSS = *f.EPSS
	}
	return r
}

// compare orders findings, the worst first.
func compare(a, b Finding) int {
	return cmp.Or(a.risk().Compare(b.risk()),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.CVE, b.CVE))
}

// Unassessed returns how many of a hundred pieces of software nobody looked at.
func (r *Result) Unassessed() float64 {
	all := r.Coverage.Software.Sum()
	if all == 0 {
		return 0
	}
	return 100 * float64(r.Coverage.Software.Of(coverage.NotAssessed)) / float64(all)
}

// Empty reports whether there was no software to assess.
func (r *Result) Empty() bool { return r.Coverage.Software.Sum() == 0 }

// Looked reports whether the machine was assessed, as far as a result without findings may be believed:
// there was software, the system was assessed, and at most the given percentage of the software was not.
func (r *Result) Looked(maxUnassessed float64) bool {
	return !r.Empty() && r.Coverage.State != coverage.NotAssessed && r.Unassessed() <= maxUnassessed
}

// FailOn is the least severity of findings at which a scan fails.
type FailOn string

// Besides the severities in lower case, FailOn may be FailExploited, or FailNever.
const (
	FailNever     FailOn = "never"
	FailExploited FailOn = "exploited"
)

// Failing counts the findings at or above a limit. A limit of low or medium counts those that nobody
// rates, too.
func (r *Result) Failing(limit FailOn) (n int) {
	for i := range r.Findings {
		if f := &r.Findings[i]; limit.reached(f) {
			n++
		}
	}
	return n
}

func (l FailOn) reached(f *Finding) bool {
	switch l {
	case FailNever, "":
		return false
	case FailExploited:
		return f.Exploited()
	case "low", "medium":
		if f.Severity == "" {
			return true
		}
	}
	for i, word := range [...]FailOn{"none", "", "low", "medium", "high", "critical"} {
		if word == l {
			return Rank(f.Severity) >= i
		}
	}
	return false
}

// day returns the date of a time as rows write it: its first ten characters.
func day(text *string) string {
	if text == nil {
		return ""
	}
	if at, err := time.Parse(time.RFC3339, *text); err == nil {
		return at.Format(time.DateOnly)
	}
	return *text
}
