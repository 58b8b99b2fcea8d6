package xccdf

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Limits of a test result.
const (
	// maxRuns bounds the test results of a document.
	maxRuns = 1_000
	// maxResults bounds the rule results of a document; those of rules that were not selected are some of them.
	maxResults = 100_000
	// maxValue bounds a value that content is set to, in bytes.
	maxValue = 256
)

// states are the words for the result of a rule (NIST IR 7275, table 26), the worst first: of several results of a
// rule, which checks of several things have, the worst counts.
var states = [...]string{"fail", "error", "unknown", "notchecked", "pass", "fixed", "informational", "notapplicable",
	"notselected"}

// run is a test result: what one benchmark found on one machine.
type run struct {
	benchmark string
	ended     time.Time
	machine   machine
	asset     string // of the report of ARF that it is in
	results   map[string]result
	counts    map[string]int
	values    map[string]string
}

// result is the result of a rule.
type result struct {
	state            int
	severity, weight string
}

// timeOf reads a time of XML Schema; without a zone it is UTC.
func timeOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range [...]string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, parse.Invalid("", "is %q, not a time such as 2026-11-23T10:00:00Z", parse.Clip(text, 64))
}

// weightOf reads a weight, which is 1 where there is none.
func weightOf(text string) (float64, error) {
	if text == "" {
		return 1, nil
	}
	weight, err := strconv.ParseFloat(text, 64)
	if err != nil || weight < 0 || math.IsNaN(weight) || math.IsInf(weight, 0) {
		return 0, parse.Invalid("", "is %q, not a weight such as 1.0", parse.Clip(text, 64))
	}
	return weight, nil
}

// usualWeight returns the weight that half of the rules have at most. Publishers have scales of their own: all rules
// weigh 1 with some, and 10 with others.
func (r *run) usualWeight() float64 {
	var weights []float64
	for _, one := range r.results {
		if weight, err := weightOf(one.weight); err == nil {
			weights = append(weights, weight)
		}
	}
	slices.Sort(weights)
	if len(weights) == 0 || weights[len(weights)/2] == 0 {
		return 1
	}
	return weights[len(weights)/2]
}

// impactOf returns an impact from 1 to 10 by severity (matching.md, section 5) and by how much more a rule weighs than
// usual.
func impactOf(severity, weight string, usual float64) float64 {
	impact := 5.0
	switch severity {
	case "info":
		impact = 1
	case "low":
		impact = 3
	case "high":
		impact = 9
	}
	times, err := weightOf(weight)
	if err != nil {
		times = usual
	}
	return math.Round(10*min(max(impact*(times/usual), 1), 10)) / 10
}
