package notice

import (
	"fmt"
	"strings"
)

// title is a line about a subject: "CVE-2024-0001 (Critical, CVSS 9.8, in CISA's list): new on 40 devices".
func (s *subject) title() string {
	about := named(s.key.vendor, s.key.name)
	if s.key.cve != "" {
		about = s.key.cve + " (" + s.worst.words() + ")"
	} else {
		about += ": " + plural(len(s.cves), "CVE") + " (worst " + s.worst.ID + ", " + s.worst.words() + ")"
	}
	if s.key.event == Fixed {
		return about + ": fixed on " + plural(s.devices.count, "device")
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, what+" on "+plural(n, "device"))
		}
	}
	add(s.reasons.New, "new")
	add(s.reasons.Exploited, "now known to be exploited")
	add(s.reasons.Severity, "now rated "+s.worst.rated())
	return about + ": " + strings.Join(parts, ", ")
}

// title says what more there is.
func (o *Omitted) title() string {
	var parts []string
	for _, s := range Severities() {
		if n := o.BySeverity[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return "more notices were not made: " + strings.Join(parts, ", ")
}
