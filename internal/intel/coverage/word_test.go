package coverage_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// TestNothingIsClearUnlooked: nothing is called free of a CVE unless a feed states something on the CVE and on software
// there, and all of that could be compared; what is affected is always said.
func TestNothingIsClearUnlooked(t *testing.T) {
	asked := rapid.Custom(func(rt *rapid.T) coverage.Compared {
		return coverage.Compared{Affected: rapid.IntRange(0, 4).Draw(rt, "affected") == 0, Stated: rapid.Bool().Draw(rt, "stated"),
			Open:  rapid.Bool().Draw(rt, "open"),
			State: coverage.State(rapid.IntRange(0, 2).Draw(rt, "state"))}
	})
	rapid.Check(t, func(rt *rapid.T) {
		known, all := rapid.Bool().Draw(rt, "known"), rapid.SliceOfN(asked, 0, 4).Draw(rt, "software")
		any := func(is func(coverage.Compared) bool) bool { return slices.ContainsFunc(all, is) }
		affected := any(func(a coverage.Compared) bool { return a.Affected })
		unclear := any(func(a coverage.Compared) bool {
			return a.Stated && (a.Open || a.State == coverage.NotAssessed)
		})
		stated := any(func(a coverage.Compared) bool { return a.Stated })
		word := coverage.WordOfDevice(known, all)
		if (word == coverage.Affected) != affected {
			rt.Fatalf("%v of %+v", word, all)
		}
		if clear := known && stated && !unclear && !affected; (word == coverage.NotAffected) != clear {
			rt.Fatalf("%v, known %v, of %+v", word, known, all)
		}
		found, looked := rapid.Int64Range(0, 2).Draw(rt, "found"), rapid.Int64Range(0, 2).Draw(rt, "looked")
		fleet := coverage.WordOfFleet(known, found, looked)
		if (fleet == coverage.NotAffected) != (known && found == 0 && looked > 0) ||
			(fleet == coverage.Affected) != (found > 0) {
			rt.Fatalf("%v of a fleet: known %v, found %d, looked %d", fleet, known, found, looked)
		}
	})
}
