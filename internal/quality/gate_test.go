package quality

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// update writes the baseline and the document. It is passed by make quality UPDATE=-update.
var update = flag.Bool("update", false, "write the baseline and doc/quality.md")

// full is the environment variable that runs the suites of real data, too.
const full = "MUSTER_QUALITY"

// TestGate runs the suites and compares them with the baseline.
func TestGate(t *testing.T) {
	baseline, waivers := readBaseline(t), readWaivers(t)
	var lines, skipped []string
	for _, s := range suites() {
		result := &tally{waived: waivers[s.name], rows: map[string]judgement{}, kinds: map[string]int{}}
		ran := false
		t.Run(s.name, func(t *testing.T) {
			if s.real && os.Getenv(full) == "" {
				t.Skip("a suite of real data: make quality runs it")
			}
			result.TB = t
			s.run(result)
			ran = true
			lines = append(lines, compare(t, s, result, baseline))
		})
		if !ran {
			skipped = append(skipped, s.name)
		}
	}
	t.Logf("\n%s", strings.Join(lines, "\n"))
	if len(skipped) > 0 {
		t.Logf("skipped: %s", strings.Join(skipped, ", "))
	}
	if *update {
		for name := range baseline {
			if find(name) == nil {
				delete(baseline, name)
			}
		}
		writeBaseline(t, baseline)
	}
}

// compare compares a suite with the baseline, and returns the line with its figures.
func compare(t *testing.T, s suite, result *tally, baseline map[string]figures) string {
	f := result.figures()
	if *update {
		baseline[s.name] = f
	} else {
		was, known := baseline[s.name]
		if !known {
			t.Errorf("the suite has no baseline: make quality UPDATE=-update")
		}
		for _, fault := range f.worse(was, s.strict) {
			t.Error(fault)
		}
		if f.better(was) {
			t.Logf("better than the baseline: make quality UPDATE=-update")
		}
	}
	for _, row := range result.unused() {
		t.Errorf("no wrong row needs the waiver of %q", row)
	}
	for _, note := range result.notes {
		t.Log(note)
	}
	return fmt.Sprintf("%-14s true+ %6d  false+ %4d  true- %6d  false- %4d  precision %.4f  recall %.4f  F1 %.4f  waivers %d",
		s.name, f.TruePositives, f.FalsePositives, f.TrueNegatives, f.FalseNegatives,
		f.precision(), f.recall(), f.f1(), f.Waivers)
}

// find returns the suite of a name, or nil.
func find(name string) *suite {
	all := suites()
	if i := slices.IndexFunc(all, func(s suite) bool { return s.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// TestDocument says that doc/quality.md has the figures of the baseline, and that the baseline is of
// the suites that there are.
func TestDocument(t *testing.T) {
	if *update {
		t.Skip("it is being written")
	}
	baseline := readBaseline(t)
	for _, s := range suites() {
		if _, known := baseline[s.name]; !known {
			t.Errorf("%s is not in the baseline", s.name)
		}
	}
	for name := range baseline {
		if find(name) == nil {
			t.Errorf("the baseline has a suite %q that does not exist", name)
		}
	}
	text, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != document(t, baseline) {
		t.Errorf("%s is not what the baseline says: make quality UPDATE=-update", documentFile)
	}
}

// TestFigures holds the gate itself to what it promises.
func TestFigures(t *testing.T) {
	tallied := func(waived map[string]string, rows map[string]judgement) figures {
		return (&tally{waived: waived, rows: rows}).figures()
	}
	right, missing, wrong, quiet := judgement{true, true}, judgement{true, false}, judgement{false, true}, judgement{}
	was := tallied(nil, map[string]judgement{"a": right, "b": right, "c": missing, "d": wrong, "e": quiet})
	if was.precision() != 2./3 || was.recall() != 2./3 || was.f1() != 2./3 || was.TrueNegatives != 1 {
		t.Errorf("%+v: precision %v, recall %v, F1 %v", was, was.precision(), was.recall(), was.f1())
	}
	for _, test := range []struct {
		what   string
		rows   map[string]judgement
		waived map[string]string
		strict bool
		want   string // in a fault; "" for none
	}{
		{"the same", map[string]judgement{"a": right, "b": right, "c": missing, "d": wrong}, nil, false, ""},
		{"another one is missing", map[string]judgement{"a": right, "b": missing, "c": right, "d": wrong}, nil, false,
			"new false negative: b"},
		{"another wrong one", map[string]judgement{"a": right, "b": right, "c": missing, "d": wrong, "e": wrong}, nil,
			false, "new false positive: e"},
		{"the same in a strict suite", map[string]judgement{"a": right, "b": right, "c": missing, "d": wrong}, nil, true,
			"where none is allowed: d"},
		{"fewer labels", map[string]judgement{"a": right, "b": right}, nil, false, "the oracle wants 2 rows"},
		{"a waiver", map[string]judgement{"a": right, "b": right, "c": missing, "d": wrong}, map[string]string{"c": "old"},
			false, "1 waivers"},
	} {
		faults := strings.Join(tallied(test.waived, test.rows).worse(was, test.strict), "\n")
		if (faults == "") != (test.want == "") || !strings.Contains(faults, test.want) {
			t.Errorf("%s: %q, want %q", test.what, faults, test.want)
		}
	}
}
