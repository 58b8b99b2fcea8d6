package osv

import (
	"cmp"
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

// vulnerabilities returns what the advisory is about: its CVEs; if it names none, a vulnerability without a
// CVE; nothing if it says that it is about none.
func (a *advisory) vulnerabilities() []string {
	cves := a.cves()
	if len(cves) > 0 {
		return cves
	}
	if id := a.name(); id != "" && !a.isMaintenance() {
		return []string{id}
	}
	return nil
}

// name returns the name of a vulnerability without a CVE. Advisories that are aliases of each other, or
// of which one is upstream of the other, are one vulnerability, so that the name follows from all of
// their ids: the first of GitHub's, else the first in the order of bytes (matching.md, 3.2).
func (a *advisory) name() string {
	ids := slices.DeleteFunc(slices.Concat([]string{a.ID}, a.Aliases, a.Upstream),
		func(id string) bool { return !intel.IsVulnerability(id) })
	if len(ids) == 0 {
		return ""
	}
	return slices.MinFunc(ids, func(x, y string) int {
		return cmp.Or(cmp.Compare(rank(!isGitHub(x)), rank(!isGitHub(y))), strings.Compare(x, y))
	})
}

func isGitHub(id string) bool { return strings.HasPrefix(id, "GHSA-") }

// maintenance are the prefixes of advisories about bug fixes and enhancements: those of Red Hat and its
// relatives ("ALBA-2019:0973"), and SUSE's recommended, feature and optional updates.
var maintenance = []string{"ALBA-", "ALEA-", "RHBA-", "RHEA-", "RLBA-", "RLEA-", "SUSE-RU-", "SUSE-FU-", "SUSE-OU-",
	"openSUSE-RU-", "openSUSE-FU-", "openSUSE-OU-"}

// isMaintenance reports whether an advisory without a CVE says that it is about no vulnerability: by its
// id, or, for Debian's, because its summary does not end in "security update" (a regression update).
func (a *advisory) isMaintenance() bool {
	if strings.HasPrefix(a.ID, "DSA-") || strings.HasPrefix(a.ID, "DLA-") {
		return !strings.HasSuffix(a.Summary, "security update")
	}
	return slices.ContainsFunc(maintenance, func(prefix string) bool { return strings.HasPrefix(a.ID, prefix) })
}

// isMalware reports whether the advisory is about a package that is malicious itself: one of OpenSSF's
// database, whose ids begin with MAL-, or an alias of one.
func (a *advisory) isMalware() bool {
	return slices.ContainsFunc(slices.Concat([]string{a.ID}, a.Aliases),
		func(id string) bool { return strings.HasPrefix(id, "MAL-") })
}

// words returns what the advisory says about a CVE, if it is about that CVE alone: by its id, or because
// the CVE is an alias of it, which is "the same vulnerability" (the schema, field "aliases").
func (a *advisory) words(cve string) intel.Words {
	same := cvesOf(slices.Concat([]string{a.ID}, a.Aliases))
	if intel.IsCVE(cve) && (len(same) != 1 || same[0] != cve) {
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
