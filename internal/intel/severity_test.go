package intel_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
)

// Words by their publishers' documents: CVSS 3.1, section 5; access.redhat.com/security/updates/classification;
// Microsoft's security update severity rating system; ubuntu.com/security/cves/about; the Debian security
// tracker's introduction; GitHub's advisory database.
func TestParseSeverity(t *testing.T) {
	tests := map[intel.Severity][]string{
		intel.SeverityCritical: {"Critical", "CRITICAL", " critical "},
		intel.SeverityHigh:     {"High", "Important", "HIGH"},
		intel.SeverityMedium:   {"Medium", "Moderate", "moderate"},
		intel.SeverityLow:      {"Low", "negligible", "unimportant", "minor"},
		intel.SeverityNone:     {"None"},
		intel.SeverityUnknown: {"", "untriaged", "not yet assigned", "end-of-life", "n/a", "highest", "very low",
			"kernel security update"},
	}
	for want, words := range tests {
		for _, word := range words {
			if got := intel.ParseSeverity(word); got != want {
				t.Errorf("ParseSeverity(%q) = %d, want %d", word, got, want)
			}
			summary := word + ": kernel security, bug fix, and enhancement update"
			if got := intel.SummarySeverity(summary); got != want {
				t.Errorf("SummarySeverity(%q) = %d, want %d", summary, got, want)
			}
		}
	}
	for _, summary := range []string{"", "Important", "critical flaw in: x", strings.Repeat("a", 1<<16)} {
		if got := intel.SummarySeverity(summary); got != intel.SeverityUnknown {
			t.Errorf("SummarySeverity(%.20q) = %d, want none", summary, got)
		}
	}
	if intel.RatedAs(intel.SeverityLow, intel.SeverityCritical) != intel.SeverityLow ||
		intel.RatedAs(intel.SeverityUnknown, intel.SeverityCritical) != intel.SeverityCritical {
		t.Error("the word of the advisory counts before that of the CVE")
	}
}
