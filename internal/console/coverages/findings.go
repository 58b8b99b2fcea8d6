package coverages

import (
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Findings says in one line how many findings a device has, by severity: "3 critical, 12 high". A device
// without findings has "none" if all of it was assessed, and nothing otherwise.
func Findings(d *control.Device) string {
	if d.Findings == nil {
		return ""
	}
	if text := severities(d.Findings); text != "" {
		return text
	}
	if d.Coverage == nil || d.Coverage.State != coverage.Assessed.String() {
		return ""
	}
	return "none"
}

// severities lists the counts that are not zero, worst first.
func severities(s *counts.Severities) string {
	var parts []string
	for _, one := range [...]struct {
		n    int64
		word string
	}{{s.Critical, "critical"}, {s.High, "high"}, {s.Medium, "medium"}, {s.Low, "low"}, {s.Unrated, "unrated"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.word))
		}
	}
	return strings.Join(parts, ", ")
}
