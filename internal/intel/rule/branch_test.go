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
			if high == "" {
				continue // no upper bound
			}
			for _, bound := range bounds {
				if start, ok := startAfter(bound, high, bounds); ok &&
					(want == "" || compareVersions(start, want) > 0) {
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

func longest(bounds []string) int {
	n := 0
	for _, bound := range bounds {
		n = max(n, strings.Count(bound, ".")+1)
	}
	return n
}

func pad(parts []string, n int) []string {
	padded := append([]string{}, parts...)
	for len(padded) < n {
		padded = append(padded, "0")
	}
	return padded
}

// startAfter returns the start of the branches after that of lower, if higher is in one of them or
// is the first of one.
func startAfter(lower, higher string, bounds []string) (string, bool) {
	written, other := strings.Split(lower, "."), strings.Split(higher, ".")
	parts := longest(bounds)
	a, b := pad(written, parts), pad(other, parts)
	for i := range parts - 1 {
		if a[i] == b[i] {
			continue
		}
		wide, ok := next(a[:i+1])
		if !ok {
			return "", false
		}
		narrow, narrower := next(written[:len(written)-1])
		narrower = narrower && i < deepest(bounds) && compareVersions(narrow, wide) < 0
		switch c := compareVersions(wide, higher); {
		case c < 0:
			return wide, true
		case c == 0 && (!narrower || len(written) > len(other)):
			return higher, true
		}
		return narrow, narrower && compareVersions(narrow, higher) < 0
	}
	return "", false
}

// deepest is the last part, but for the very last, by which two bounds first differ.
func deepest(bounds []string) int {
	n, parts := 0, longest(bounds)
	for _, one := range bounds {
		for _, other := range bounds {
			a, b := pad(strings.Split(one, "."), parts), pad(strings.Split(other, "."), parts)
			for i := range parts - 1 {
				if a[i] != b[i] {
					n = max(n, i)
					break
				}
			}
		}
	}
	return n
}

func next(parts []string) (string, bool) {
	if len(parts) == 0 {
		return "", false
	}
	last, err := strconv.Atoi(parts[len(parts)-1])
	return strings.Join(append(parts[:len(parts)-1:len(parts)-1], strconv.Itoa(last+1)), "."), err == nil
}

// TestFixedBranchesAreNotAffected: releases of branches 1, 2, ... are fixed at one bound each, which
// may be written with fewer parts. No release at or above the bound of its own branch lies in a
// range, and each before it does.
func TestFixedBranchesAreNotAffected(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		majors := rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 2, 5, rapid.ID).Draw(rt, "majors")
		bounds := make([]string, len(majors))
		minor := rapid.IntRange(0, 4)
		for i, major := range majors {
			bounds[i] = strconv.Itoa(major)
			for range rapid.IntRange(0, 2).Draw(rt, "parts") {
				bounds[i] += "." + strconv.Itoa(minor.Draw(rt, "part"))
			}
		}
		if longest(bounds) == 1 {
			rt.Skip("bounds of one part tell no branches")
		}
		at := rapid.IntRange(0, len(majors)-1).Draw(rt, "branch")
		installed := strconv.Itoa(majors[at]) + "." + strconv.Itoa(minor.Draw(rt, "minor")) + "." +
			strconv.Itoa(minor.Draw(rt, "micro"))
		want := compareVersions(installed, bounds[at]) < 0
		got := false
		for _, high := range bounds {
			low := rule.CloseBranch(high, bounds)
			got = got || compareVersions(installed, high) < 0 && (low == "" || compareVersions(installed, low) >= 0)
		}
		if got != want {
			rt.Fatalf("%s beside %q: affected %v, want %v", installed, bounds, got, want)
		}
	})
}
