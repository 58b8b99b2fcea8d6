package score

import (
	"cmp"

	"github.com/muster-project/muster/defender"
)

// Risk orders findings: first what CISA lists as exploited, then the level of known exploits, then how likely one
// is, then how bad it would be, then how many devices have it. It is an order and no number (decision 80).
type Risk struct {
	// KEV says that CISA lists it. Exploitability is a level of package defender.
	KEV            bool
	Exploitability string
	// EPSS is the score of FIRST, 0 if there is none; CVSS and Severity are as in rows.
	EPSS, CVSS float64
	Severity   string
	// Advisory says that it is of an advisory that names no CVE.
	Advisory bool
	// Devices is how many have it.
	Devices int64
}

// Compare orders the higher risk first; 0 is the same risk.
func (r Risk) Compare(other Risk) int {
	return cmp.Or(cmp.Compare(flag(other.KEV), flag(r.KEV)),
		cmp.Compare(defender.ExploitRank(other.Exploitability), defender.ExploitRank(r.Exploitability)),
		cmp.Compare(other.likelihood(), r.likelihood()), cmp.Compare(other.Weight(), r.Weight()),
		cmp.Compare(other.Devices, r.Devices))
}

func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}

// likelihood is the score of EPSS, which scores CVEs only. Malware needs no exploit: that is a critical advisory
// without a CVE and without a score.
func (r Risk) likelihood() float64 {
	if r.Advisory && r.CVSS == 0 && r.Severity == defender.SeverityCritical {
		return 1
	}
	return r.EPSS
}

// Weight is the CVSS score; without one, the least score of the severity, so that malware, which has a severity
// only, is not last.
func (r Risk) Weight() float64 {
	if r.CVSS > 0 {
		return r.CVSS
	}
	switch r.Severity {
	case defender.SeverityCritical:
		return 9
	case defender.SeverityHigh:
		return 7
	case defender.SeverityMedium:
		return 4
	case defender.SeverityLow:
		return 0.1
	}
	return 0
}
