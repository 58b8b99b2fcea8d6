package cve5

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// hasOperator says whether a version text holds a comparison.
func hasOperator(text string) bool { return strings.ContainsAny(text, "<>=") }

// constraint reads comparisons written into a version, as GitHub's CNA does
// (">= 2.0, < 2.4.1"), Siemens ("All versions < V4.5") and others. At most one
// lower and one upper bound; anything else is prose and not read (trap 5).
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

// cutAllVersions drops the words before a comparison that change nothing.
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

// constrain narrows r by one comparison; false if that bound is taken.
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
