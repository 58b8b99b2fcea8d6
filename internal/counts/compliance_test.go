package counts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts"
)

// A device that begins to comply never lowers a score, and all compliance is 100.
func TestComplianceNeverLowersAScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := counts.Compliance{}, counts.Compliance{}
		whole := counts.Compliance{}
		for range rapid.IntRange(0, 6).Draw(t, "configurations") {
			category := rapid.SampledFrom([]string{"OS", "Network"}).Draw(t, "category")
			impact := float64(rapid.IntRange(0, 20).Draw(t, "impact")) / 2
			applicable := rapid.Int64Range(0, 1000).Draw(t, "applicable")
			compliant := rapid.Int64Range(0, applicable).Draw(t, "compliant")
			before.Count(category, impact, applicable, compliant)
			after.Count(category, impact, applicable, rapid.Int64Range(compliant, applicable).Draw(t, "later"))
			whole.Count(category, impact, applicable, applicable)
		}
		was, ok := before.Sum().Score()
		is, same := after.Sum().Score()
		if ok != same || is < was || is < 0 || is > 100 {
			t.Fatalf("the score was %v (%t), is %v (%t)", was, ok, is, same)
		}
		if all, some := whole.Sum().Score(); some && all != 100 {
			t.Fatalf("all compliance is %v", all)
		}
		if _, some := (counts.Compliance{}).Sum().Score(); some {
			t.Fatal("nothing has a score")
		}
	})
}

// The sum of groups has those that are wanted; nothing is known of a manifest that an older program made.
func TestComplianceOfGroups(t *testing.T) {
	by := counts.ComplianceByGroup{1: {"OS": {Applicable: 10, Compliant: 5}},
		2: {"OS": {Applicable: 2}, "Network": {Applicable: 1, Compliant: 1}}}
	all := counts.Compliance{"OS": {Applicable: 12, Compliant: 5}, "Network": {Applicable: 1, Compliant: 1}}
	if diff := cmp.Diff(all, by.Sum(nil)); diff != "" {
		t.Errorf("all groups (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(counts.Compliance{"OS": {Applicable: 10, Compliant: 5}},
		by.Sum(func(group int64) bool { return group == 1 })); diff != "" {
		t.Errorf("one group (-want +got):\n%s", diff)
	}
	if got := counts.ComplianceByGroup(nil).Sum(nil); got != nil {
		t.Errorf("of nothing known: %v", got)
	}
}
