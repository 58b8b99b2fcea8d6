package intel

import (
	"cmp"
	"strings"
)

// Severity is a source's own word for how bad a flaw is. It counts where no score is known
// (matching.md, 3.4).
type Severity uint8

// The severities, in order.
const (
	SeverityUnknown Severity = iota
	SeverityNone
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

// ParseSeverity reads a word for a severity, in any case: of CVSS (the qualitative scale of the
// specification of 3.1, section 5), of GitHub's advisories ("moderate"), of the ratings of Red Hat and
// its relatives ("Important", "Moderate"), of SUSE (as Red Hat's), of Microsoft's Security Response
// Center (as Red Hat's), of Ubuntu's priorities ("negligible") and Debian's urgencies ("unimportant").
// Other words, such as "untriaged" and "not yet assigned", give SeverityUnknown.
func ParseSeverity(word string) Severity {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical":
		return SeverityCritical
	case "high", "important":
		return SeverityHigh
	case "medium", "moderate":
		return SeverityMedium
	case "low", "negligible", "unimportant", "minor":
		return SeverityLow
	case "none":
		return SeverityNone
	}
	return SeverityUnknown
}

// SummarySeverity reads the severity before the colon of an advisory's summary ("Important: kernel
// security update"), where Red Hat and its relatives write it.
func SummarySeverity(summary string) Severity {
	word, _, ok := strings.Cut(summary, ":")
	if !ok {
		return SeverityUnknown
	}
	return ParseSeverity(word)
}

// SeverityOf returns the severity of a base score, by the qualitative scale of CVSS (matching.md, 3.4).
func SeverityOf(score float64) Severity {
	switch {
	case score >= 9:
		return SeverityCritical
	case score >= 7:
		return SeverityHigh
	case score >= 4:
		return SeverityMedium
	case score > 0:
		return SeverityLow
	}
	return SeverityNone
}

// RatedAs returns the severity that counts: the advisory's, else that of the CVE's own record.
func RatedAs(advisory, cve Severity) Severity { return cmp.Or(advisory, cve) }
