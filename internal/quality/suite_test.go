package quality

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// suite is one set of rows with known answers.
type suite struct {
	name string
	// inputs and oracle are sentences for doc/quality.md.
	inputs, oracle string
	// real suites need the shared data.
	real bool
	// strict suites may have no false positive.
	strict bool
	run    func(*tally)
}

// tally collects the judgements of a suite. A row is named so that people find it again.
type tally struct {
	testing.TB
	// waived are the rows that do not count, with the reasons.
	waived map[string]string
	rows   map[string]judgement
	// notes are figures for people, beside the counts.
	notes []string
	// kinds count where an oracle's source is wrong or silent, by the reason.
	kinds map[string]int
}

// judgement is one row: whether the oracle wants it, and whether muster gives it.
type judgement struct{ wanted, given bool }

// judge records a row. A row that is judged twice with different results is an error of the suite.
func (t *tally) judge(row string, wanted, given bool) {
	t.Helper()
	next := judgement{wanted, given}
	if before, known := t.rows[row]; known && before != next {
		t.Errorf("row %q is judged twice: %+v and %+v", row, before, next)
	}
	t.rows[row] = next
}

// compare judges two sets of rows: those that the oracle wants and those that muster gives. quiet
// rows are wanted by neither.
func (t *tally) compare(wanted, given map[string]bool, quiet int) {
	t.Helper()
	for row := range wanted {
		t.judge(row, true, given[row])
	}
	for row := range given {
		if !wanted[row] {
			t.judge(row, false, true)
		}
	}
	for i := range quiet {
		t.judge(fmt.Sprintf("quiet %d", i), false, false)
	}
}

func (t *tally) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// figures are the counts of a suite, as the baseline stores them.
type figures struct {
	TruePositives  int `json:"truePositives"`
	FalsePositives int `json:"falsePositives"`
	TrueNegatives  int `json:"trueNegatives"`
	FalseNegatives int `json:"falseNegatives"`
	Waivers        int `json:"waivers"`
	// Missing and Wrong name the false negatives and the false positives.
	Missing []string `json:"missing"`
	Wrong   []string `json:"wrong"`
	// Kinds are those of tally.
	Kinds map[string]int `json:"kinds,omitempty"`
}

// figures counts the rows. Waived rows are not counted.
func (t *tally) figures() figures {
	f := figures{Missing: []string{}, Wrong: []string{}, Kinds: t.kinds}
	for row, j := range t.rows {
		if _, waived := t.waived[row]; waived && j.wanted != j.given {
			f.Waivers++
			continue
		}
		switch {
		case j.wanted && j.given:
			f.TruePositives++
		case j.wanted:
			f.FalseNegatives++
			f.Missing = append(f.Missing, row)
		case j.given:
			f.FalsePositives++
			f.Wrong = append(f.Wrong, row)
		default:
			f.TrueNegatives++
		}
	}
	slices.Sort(f.Missing)
	slices.Sort(f.Wrong)
	return f
}

// unused returns the waivers that no wrong row needs.
func (t *tally) unused() (rows []string) {
	for row := range t.waived {
		if j, known := t.rows[row]; !known || j.wanted == j.given {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return rows
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (f figures) precision() float64 { return ratio(f.TruePositives, f.TruePositives+f.FalsePositives) }
func (f figures) recall() float64    { return ratio(f.TruePositives, f.TruePositives+f.FalseNegatives) }
func (f figures) f1() float64 {
	return ratio(2*f.TruePositives, 2*f.TruePositives+f.FalsePositives+f.FalseNegatives)
}

// worse says in which ways a run is worse than the baseline.
func (f figures) worse(baseline figures, strict bool) (faults []string) {
	for _, row := range f.Missing {
		if !slices.Contains(baseline.Missing, row) {
			faults = append(faults, "new false negative: "+row)
		}
	}
	if f.f1() < baseline.f1() {
		faults = append(faults, fmt.Sprintf("F1 is %.4f, and was %.4f", f.f1(), baseline.f1()))
		for _, row := range f.Wrong {
			if !slices.Contains(baseline.Wrong, row) {
				faults = append(faults, "new false positive: "+row)
			}
		}
	}
	if wanted, was := f.wanted(), baseline.wanted(); wanted < was {
		faults = append(faults, fmt.Sprintf("the oracle wants %d rows, and wanted %d", wanted, was))
	}
	if !maps.Equal(f.Kinds, baseline.Kinds) {
		faults = append(faults, fmt.Sprintf("the kinds are %v, and were %v", f.Kinds, baseline.Kinds))
	}
	if f.Waivers > baseline.Waivers {
		faults = append(faults, fmt.Sprintf("%d waivers, and there were %d", f.Waivers, baseline.Waivers))
	}
	if strict {
		for _, row := range f.Wrong {
			faults = append(faults, "false positive where none is allowed: "+row)
		}
	}
	return faults
}

func (f figures) wanted() int { return f.TruePositives + f.FalseNegatives + f.Waivers }

// better reports whether the baseline can be raised.
func (f figures) better(baseline figures) bool {
	return f.f1() > baseline.f1() || f.wanted() > baseline.wanted() || f.Waivers < baseline.Waivers ||
		f.TrueNegatives > baseline.TrueNegatives
}
