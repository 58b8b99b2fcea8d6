package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// CVE is a CVE, or an advisory without one.
type CVE struct {
	ID       string  `json:"id"`
	Severity string  `json:"severity,omitempty"`
	Score    float64 `json:"cvssScore,omitempty"`
	// Exploited says that there is a known exploit, KEV that CISA lists it.
	Exploited bool `json:"exploited,omitempty"`
	KEV       bool `json:"kev,omitempty"`
}

// words say how bad a CVE is.
func (c *CVE) words() string {
	parts := []string{c.rated()}
	if c.Score > 0 {
		parts = append(parts, fmt.Sprintf("CVSS %.1f", c.Score))
	}
	switch {
	case c.KEV:
		parts = append(parts, "in CISA's list of exploited vulnerabilities")
	case c.Exploited:
		parts = append(parts, "with a known exploit")
	}
	return strings.Join(parts, ", ")
}

func (c *CVE) rated() string {
	if c.Severity == "" || c.Severity == "None" {
		return "not rated"
	}
	return c.Severity
}

// rank orders severities, the worst first.
func rank(severity string) int {
	if i := slices.Index(Severities(), severity); i >= 0 {
		return i
	}
	return len(Severities())
}

// compareCVEs orders CVEs: exploited ones, then by severity and score, the worst first, then by id.
func compareCVEs(a, b *CVE) int { return cmp.Or(weigh(a, b), cmp.Compare(a.ID, b.ID)) }

func weigh(a, b *CVE) int {
	known := func(c *CVE) int {
		switch {
		case c.KEV:
			return 0
		case c.Exploited:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(known(a), known(b)), cmp.Compare(rank(a.Severity), rank(b.Severity)),
		cmp.Compare(b.Score, a.Score))
}

// worse reports whether a is worse than b.
func worse(a, b *CVE) bool { return weigh(a, b) < 0 }

// plural returns "1 device" or "2 devices".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// named is a product for people.
func named(vendor, name string) string { return strings.TrimSpace(vendor + " " + name) }
