package osv

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// advisory has the fields of an OSV record that are read.
type advisory struct {
	ID        string     `json:"id"`
	Summary   string     `json:"summary"`
	Details   string     `json:"details"`
	Published string     `json:"published"`
	Modified  string     `json:"modified"`
	Withdrawn string     `json:"withdrawn"`
	Aliases   []string   `json:"aliases"`
	Upstream  []string   `json:"upstream"`
	Related   []string   `json:"related"`
	Severity  []severity `json:"severity"`
	Affected  []affected `json:"affected"`
	Links     []link     `json:"references"`

	DatabaseSpecific specific `json:"database_specific"`
}

type severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type affected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl"`
	} `json:"package"`
	Ranges   []affectedRange `json:"ranges"`
	Versions []string        `json:"versions"`
	Severity []severity      `json:"severity"`

	EcosystemSpecific specific `json:"ecosystem_specific"`
	DatabaseSpecific  specific `json:"database_specific"`
}

type link struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// cves returns the CVEs of the advisory: its own id, its aliases and its upstream ids. Only if
// these contain none, it takes the related ones, which is how AlmaLinux writes them.
func (a *advisory) cves() []string {
	own := cvesOf(slices.Concat([]string{a.ID}, a.Aliases, a.Upstream))
	if len(own) > 0 {
		return own
	}
	return cvesOf(a.Related)
}

// words returns what the advisory says about a CVE, if it is about that CVE alone: by its id, or because
// the CVE is an alias of it, which is "the same vulnerability" (the schema, field "aliases").
func (a *advisory) words(cve string) intel.Words {
	if same := cvesOf(slices.Concat([]string{a.ID}, a.Aliases)); len(same) != 1 || same[0] != cve {
		return intel.Words{}
	}
	if a.Summary == "" && a.Details == "" {
		return intel.Words{}
	}
	return intel.Words{By: intel.ByDistribution, Title: a.Summary, Description: a.Details}
}

// cvesOf finds the CVEs among ids, including those after a distribution's prefix
// ("DEBIAN-CVE-2022-2319"), sorted.
func cvesOf(ids []string) []string {
	var cves []string
	for _, id := range ids {
		if at := strings.Index(id, "CVE-"); at >= 0 && intel.IsCVE(id[at:]) {
			cves = append(cves, id[at:])
		}
	}
	slices.Sort(cves)
	return slices.Compact(cves)
}
