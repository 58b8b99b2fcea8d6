package cve5

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// hasOperator reports whether a version text contains a comparison.
func hasOperator(text string) bool { return strings.ContainsAny(text, "<>=") }

// constraint parses comparisons within a version, as GitHub's CNA (">= 2.0, < 2.4.1"), Siemens
// ("All versions < V4.5") and others write them. At most one lower and one upper bound are
// accepted; anything else is prose and ignored (trap 5).
func constraint(text string) (intel.Range, bool) {
	var r intel.Range
	for term := range strings.SplitSeq(cutAllVersions(text), ",") {
		operator, version := cutOperator(strings.TrimSpace(term))
		if !intel.IsBound(version) || !constrain(&r, operator, version) {
			return intel.Range{}, false
		}
	}
	return r, true
}

// cutAllVersions drops words before a comparison that do not change it.
func cutAllVersions(text string) string {
	text = strings.TrimSpace(text)
	for _, words := range []string{"all versions", "versions", "version"} {
		if len(text) > len(words) && strings.EqualFold(text[:len(words)], words) {
			return text[len(words):]
		}
	}
	return text
}

func cutOperator(term string) (operator, version string) {
	version = strings.TrimLeft(term, "<>=")
	return term[:len(term)-len(version)], strings.TrimSpace(version)
}

// constrain narrows r by one comparison; false if r already has that bound.
func constrain(r *intel.Range, operator, version string) bool {
	switch operator {
	case "<", "<=", "=<":
		if r.High != "" || r.Exact != "" {
			return false
		}
		r.High, r.HighIncluded = version, operator != "<"
	case ">", ">=", "=>":
		if r.Low != "" || r.Exact != "" {
			return false
		}
		r.Low, r.LowExcluded = version, operator == ">"
	case "=", "==":
		if *r != (intel.Range{}) {
			return false
		}
		r.Exact = version
	default:
		return false
	}
	return true
}
