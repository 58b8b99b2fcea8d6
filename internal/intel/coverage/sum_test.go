package coverage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// TestSum: in whatever order and parts devices are added up, the counts are the same, also where there
// are more names than a Sum keeps.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.IntRange(1, 3000).Draw(t, "names")
		var devices []coverage.Device
		for i := range rapid.IntRange(0, 120).Draw(t, "devices") {
			var judge coverage.Judge
			for n := range rapid.IntRange(0, 40).Draw(t, "software") {
				judge.Software(coverage.Answer{Reason: coverage.NoEcosystemFeed, Wants: fmt.Sprintf("e%04d", (i*37+n)%names)})
			}
			d := judge.Device(&coverage.Answer{State: coverage.Assessed})
			if len(d.Wants) > 32 || !slices.IsSorted(d.Wants) {
				t.Fatalf("%d wants: %q", len(d.Wants), d.Wants)
			}
			devices = append(devices, d)
		}
		var one, parts coverage.Sum
		for i := range devices {
			one.Add(&devices[i])
		}
		for len(devices) > 0 {
			n := rapid.IntRange(1, len(devices)).Draw(t, "part")
			var part coverage.Sum
			for _, d := range rapid.Permutation(devices[:n]).Draw(t, "order") {
				part.Add(&d)
			}
			parts.AddSum(&part)
			devices = devices[n:]
		}
		if diff := cmp.Diff(one, parts, cmpopts.EquateEmpty()); diff != "" || !one.Equal(&parts) || len(one.Wants) > 1000 {
			t.Fatalf("%d names; one by one and in parts differ:\n%s", len(one.Wants), diff)
		}
	})
}
