package catalog

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// closeBranch gives a lower bound to a range that is open below, where other
// bounds of the same record show that an earlier branch was fixed on its own.
// "Before 115.16.1" beside "before 128.3.1" means [, 115.16.1) and
// [116, 128.3.1): read by the letter, the fixed 115.16.1 would be affected.
// Mozilla's and Apple's records are written so (matching.md, 3.1).
//
// Two bounds are of different branches where they first differ before the last
// part of either; else their ranges stay a union.
func closeBranch(r intel.Range, bounds []string) intel.Range {
	if !isOpenBelow(r) {
		return r
	}
	high := r.High
	for _, bound := range bounds {
		start, ok := branchAfter(bound, high)
		if ok && (r.Low == "" || compareKeys(start, r.Low) > 0) {
			r.Low, r.LowExcluded = start, false
		}
	}
	return r
}

func isOpenBelow(r intel.Range) bool {
	return r.Exact == "" && r.High != "" && !r.Unaffected && (r.Low == "" || r.Low == "0")
}

// branchAfter returns where the branches after that of lower begin, if higher is
// in one of them: "116" for 115.16.1 and 128.3.1. Where higher is itself the
// first of its branch, the branch of lower is taken to be narrower: "1.6" for
// 1.5.2 and 2.0.0.
func branchAfter(lower, higher string) (string, bool) {
	a, b := strings.Split(lower, "."), strings.Split(higher, ".")
	for i := range min(len(a), len(b)) - 1 {
		if a[i] == b[i] {
			continue
		}
		start, ok := successor(a[:i+1])
		if ok && compareKeys(start, higher) >= 0 {
			start, ok = successor(a[:len(a)-1])
		}
		return start, ok && compareKeys(start, higher) < 0
	}
	return "", false
}

// successor adds one to the last part of a version.
func successor(parts []string) (string, bool) {
	last, err := strconv.Atoi(parts[len(parts)-1])
	if err != nil {
		return "", false
	}
	return strings.Join(append(parts[:len(parts)-1:len(parts)-1], strconv.Itoa(last+1)), "."), true
}

func compareKeys(a, b string) int { return bytes.Compare(version.Key(a), version.Key(b)) }
