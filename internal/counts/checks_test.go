package counts_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts"
)

// drawChecks draws what checks said of a device.
func drawChecks(t *rapid.T) counts.Checks {
	c := counts.Checks{Devices: 1}
	few := rapid.Int64Range(0, 9)
	c.Judge(few.Draw(t, "failing"), few.Draw(t, "passing"), few.Draw(t, "not"))
	reasons := rapid.SliceOfNDistinct(rapid.IntRange(0, 250), 0, 130, rapid.ID).Draw(t, "reasons")
	for _, n := range reasons {
		cause := []string{counts.CauseFailed, counts.CauseNotInReport, counts.CauseUnread, counts.CauseOther}[n%4]
		c.Silence(counts.Silence{Cause: cause, Reason: fmt.Sprint(n), Count: int64(1 + n%3), Devices: 1})
	}
	return c
}

// In whatever order devices are added up, in ranges or one by one, the counts are the same. They add up, nothing that
// is added is changed, reasons are bounded, and manifests have the same counts.
func TestChecksAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		devices := rapid.SliceOfN(rapid.Custom(drawChecks), 1, 8).Draw(rt, "devices")
		before, err := json.Marshal(devices)
		if err != nil {
			rt.Fatal(err)
		}
		var one, parts, some counts.Checks
		for i := range devices {
			one.Add(&devices[i])
		}
		cut := rapid.IntRange(0, len(devices)).Draw(rt, "cut")
		for n, i := range rand.New(rand.NewPCG(uint64(cut), 1)).Perm(len(devices)) {
			if n == cut {
				parts.Add(&some)
				some = counts.Checks{}
			}
			some.Add(&devices[i])
		}
		parts.Add(&some)
		if diff := cmp.Diff(one, parts); diff != "" {
			rt.Fatalf("one by one and in parts:\n%s", diff)
		}
		if after, err := json.Marshal(devices); err != nil || string(after) != string(before) {
			rt.Fatalf("a device was changed: %v", err)
		}
		silent := int64(0)
		for _, s := range one.Silences {
			silent += s.Count
		}
		if silent != one.Silent || one.Asked != one.Judged+silent ||
			one.Judged != one.NonCompliant+one.Compliant+one.NotApplicable || one.Devices != int64(len(devices)) ||
			len(one.Silences) > 200 {
			rt.Fatalf("%+v", one)
		}
		var by, read counts.ChecksByGroup
		for i := range devices {
			by.Add(int64(i%3)-1, &devices[i])
		}
		text, err := json.Marshal(counts.Told{Checks: by})
		if err != nil {
			rt.Fatal(err)
		}
		told := counts.Told{}
		if err := json.Unmarshal(text, &told); err != nil {
			rt.Fatal(err)
		}
		if read = told.Checks; cmp.Diff(by, read) != "" {
			rt.Fatalf("from a manifest:\n%s", cmp.Diff(by, read))
		}
		if diff := cmp.Diff(&one, by.Sum(nil)); diff != "" {
			rt.Fatalf("by group:\n%s", diff)
		}
	})
}

// Reasons beyond the first hundred are one, and long ones are cut.
func TestReasonsAreBounded(t *testing.T) {
	c := counts.Checks{Devices: 1}
	for n := range 300 {
		reason := fmt.Sprintf("%03d%s", n, strings.Repeat("é", 300))
		c.Silence(counts.Silence{Cause: counts.CauseUnread, Reason: reason, Count: 2, Devices: 1})
	}
	want := counts.Silence{Cause: counts.CauseOther, Count: 400, Devices: 200}
	if len(c.Silences) != 101 || c.Silences[0] != want || c.Silent != 600 || len(c.Silences[1].Reason) > 200 {
		t.Errorf("%d reasons, %+v", len(c.Silences), c.Silences[:2])
	}
}

// A manifest with other numbers is refused.
func TestBadChecksAreRefused(t *testing.T) {
	for _, text := range []string{`{"groups":{"0":[1,2,3]}}`, `{"groups":{"0":[1,2,3,4,0,1,1]}}`, `{"groups":{"0":[1,2,3,-4]}}`,
		`{"reasons":[["a","b"]],"groups":{"0":[1,2,3,4,1,1,1]}}`, `[]`, `{"groups":{"x":[]}}`} {
		var by counts.ChecksByGroup
		if err := json.Unmarshal([]byte(text), &by); err == nil {
			t.Errorf("%s is read as %+v", text, by)
		}
	}
}
