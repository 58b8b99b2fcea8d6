package why_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts/why"
)

// Each row that is Fixed has its reason, whatever rows are between; runs of equal reasons are one.
func TestRowsHaveTheirReasons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b why.Builder
		var want []why.Reason
		runs, last := 0, why.Unknown
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			n := rapid.Int64Range(0, 5).Draw(t, "rows")
			r := rapid.SampledFrom(append(why.All(), why.Unknown)).Draw(t, "reason")
			if r == why.Unknown {
				b.Skip(n)
			} else {
				b.Fixed(r, n)
				if n > 0 && r != last {
					runs, last = runs+1, r
				}
			}
			for range n {
				want = append(want, r)
			}
		}
		made := b.Runs()
		got, err := made.Read()
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range want {
			if r != why.Unknown && got.At(int64(i)) != r {
				t.Fatalf("row %d of %v has the reason %q", i, want, got.At(int64(i)))
			}
		}
		if len(made) > 3*runs || runs == 0 && made != nil {
			t.Fatalf("%d runs take %d bytes", runs, len(made))
		}
		if got.At(int64(len(want))+1) != why.Unknown {
			t.Fatal("a row after the last has a reason")
		}
	})
}

// What does not fit has no reason; it never has a wrong one.
func TestReasonsAreBounded(t *testing.T) {
	var b why.Builder
	const rows = 100_000
	of := func(i int64) why.Reason { return why.All()[i%2] }
	for i := range int64(rows) {
		b.Fixed(of(i), 1)
	}
	made := b.Runs()
	got, err := made.Read()
	if err != nil || len(made) > 8<<10 {
		t.Fatalf("%d bytes: %v", len(made), err)
	}
	unknown := 0
	for i := range int64(rows) {
		if r := got.At(i); r == why.Unknown {
			unknown++
		} else if r != of(i) {
			t.Fatalf("row %d has the reason %q", i, r)
		}
	}
	if unknown == 0 || unknown > rows-8000 {
		t.Errorf("%d of %d rows have no reason", unknown, rows)
	}
}

func TestNamesOfReasons(t *testing.T) {
	for _, r := range why.All() {
		if got, err := why.Parse(r.String()); err != nil || got != r || r.Text() == why.Unknown.Text() {
			t.Errorf("%q is read as %q: %v", r, got, err)
		}
	}
	for _, bad := range []string{"", "OnDevice", "fixed"} {
		if _, err := why.Parse(bad); err == nil {
			t.Errorf("%q is a reason", bad)
		}
	}
}

// Bytes that no builder made are refused, or have reasons.
func FuzzRuns(f *testing.F) {
	var b why.Builder
	b.Skip(3)
	b.Fixed(why.Moved, 2)
	b.Fixed(why.OnDevice, 300)
	f.Add([]byte(b.Runs()))
	f.Add([]byte{0})
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := why.Runs(data).Read()
		if err != nil {
			return
		}
		if r := got.At(0); len(data) > 0 && (r < why.OnDevice || r > why.Excepted) {
			t.Errorf("row 0 has the reason %d", r)
		}
	})
}
