package web

import "github.com/muster-project/muster/internal/counts"

// severityName is a severity: its name, the value of the filter, and how it is counted.
type severityName struct {
	name, filter string
	of           func(*counts.Severities) int64
}

// severityNames are the severities, worst first.
func severityNames() []severityName {
	return []severityName{{"Critical", "critical", func(s *counts.Severities) int64 { return s.Critical }},
		{"High", "high", func(s *counts.Severities) int64 { return s.High }},
		{"Medium", "medium", func(s *counts.Severities) int64 { return s.Medium }},
		{"Low", "low", func(s *counts.Severities) int64 { return s.Low }},
		{"", "none", func(s *counts.Severities) int64 { return s.Unrated }}}
}
