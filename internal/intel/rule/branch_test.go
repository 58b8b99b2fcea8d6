package rule_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/version"
)

// drawBound makes versions that often have parts in common.
var drawBound = rapid.Custom(func(t *rapid.T) string {
	part := rapid.SampledFrom([]string{"0", "1", "2", "3", "9", "10", "11", "01", "-1", "5a", "rc1", ""})
	return strings.Join(rapid.SliceOfN(part, 1, 5).Draw(t, "parts"), ".")
})

// TestBranchesAreThoseOfEachPair: the start of a range is the last one that follows from comparing
// its end with each other bound.
func TestBranchesAreThoseOfEachPair(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bounds := rapid.SliceOfN(drawBound, 1, 8).Draw(rt, "bounds")
		for _, high := range bounds {
			want := ""
			for _, bound := range bounds {
				if start, ok := startAfter(bound, high); ok && (want == "" || compareVersions(start, want) > 0) {
					want = start
				}
			}
			if got := rule.CloseBranch(high, bounds); (got == "") != (want == "") || compareVersions(got, want) != 0 {
				rt.Fatalf("before %q beside %q: from %q, want %q", high, bounds, got, want)
			}
		}
	})
}

func compareVersions(a, b string) int { return bytes.Compare(version.Key(a), version.Key(b)) }

// startAfter returns the start of the branches after that of lower, if higher is in one of them.
func startAfter(lower, higher string) (string, bool) {
	a, b := strings.Split(lower, "."), strings.Split(higher, ".")
	for i := range min(len(a), len(b)) - 1 {
		if a[i] == b[i] {
			continue
		}
		start, ok := next(a[:i+1])
		if ok && compareVersions(start, higher) >= 0 {
			start, ok = next(a[:len(a)-1])
		}
		return start, ok && compareVersions(start, higher) < 0
	}
	return "", false
}

func next(parts []string) (string, bool) {
	last, err := strconv.Atoi(parts[len(parts)-1])
	return strings.Join(append(parts[:len(parts)-1:len(parts)-1], strconv.Itoa(last+1)), "."), err == nil
}
