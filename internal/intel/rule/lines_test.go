package rule_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
)

// fixes states of one CVE that each range is affected.
func fixes(cve uint32, ranges ...intel.Range) rule.Statement {
	return rule.Statement{CVE: cve, Source: cve, Platforms: subject.Everywhere, Ranges: ranges}
}

func from(low, high string) intel.Range { return intel.Range{Low: low, High: high} }

// TestLines says which release lines records speak of, and which they leave out.
func TestLines(t *testing.T) {
	bySQL := []rule.Statement{ // as Microsoft's records of SQL Server
		fixes(1, from("13.0", "13.0.6441"), from("14.0", "14.0.2056"), from("14.0.3000", "14.0.3471")),
		fixes(2, from("14.0", "14.0.2060"), from("15.0", "15.0.2120")),
		fixes(3, from("14.0", "14.0.2060"), from("15.0", "15.0.2120"), intel.Range{Exact: "11.0.7001"}),
		fixes(4, from("15.0", "15.0.2130")),
		fixes(5, intel.Range{Low: "12.0", High: "12.0.9", Unaffected: true}, from("15.0", "15.0.3")),
	}
	for _, test := range []struct {
		what, installed string
		statements      []rule.Statement
		spoken, newer   bool
	}{
		{"a line of several", "13.0.1", bySQL, true, false},
		{"above all fixes of its line", "14.0.9999", bySQL, true, false},
		{"the newest line", "15.0.9999", bySQL, true, false},
		{"a line that one version is of", "11.0.1", bySQL, true, false},
		{"a line that is said not to be affected", "12.0.1", bySQL, true, false},
		{"a line before all", "10.50.6000", bySQL, false, false},
		{"a line after all", "16.0.1000", bySQL, false, true},
		{"the line's second number counts", "15.1", bySQL, false, true},
		{"a word", "latest", bySQL, true, false},
		{"two CVEs of several lines are too few", "16.0.1000", bySQL[1:3], true, false},
		{"an open range speaks of all lines before", "10.50.6000",
			append([]rule.Statement{fixes(6, from("", "12.5"))}, append(repeated(10), bySQL...)...), true, false},
		{"most ranges are open", "16.0.1000", append([]rule.Statement{fixes(6, from("", "12.5"))}, bySQL...), true, false},
		{"lines of one number", "5.1", []rule.Statement{
			fixes(1, from("3.0", "3.4"), from("4.0", "4.2")), fixes(2, from("3.0", "3.5"), from("4.1", "4.3")),
			fixes(3, from("3.1", "3.6"), from("4.0", "4.4"))}, false, true},
		{"between lines of one number", "4.9", []rule.Statement{
			fixes(1, from("3.0", "3.4"), from("5.0", "5.2")), fixes(2, from("3.0", "3.5"), from("5.1", "5.3")),
			fixes(3, from("3.1", "3.6"), from("5.0", "5.4"))}, false, false},
	} {
		made := rule.Compile("a:acme:rocket", test.statements)
		if spoken, newer := rule.LinesOf(&made).Speak(test.installed); spoken != test.spoken || newer != test.newer {
			t.Errorf("%s: %q is spoken of: %t, newer: %t", test.what, test.installed, spoken, newer)
		}
	}
}

// repeated are so many CVEs of two lines.
func repeated(n uint32) (list []rule.Statement) {
	for i := range n {
		list = append(list, fixes(100+i, from("13.0", fmt.Sprint("13.0.", i+1)), from("14.0", fmt.Sprint("14.0.", i+1))))
	}
	return list
}

// TestWhatIsAffectedIsSpokenOf: a version that some rule finds affected, or not affected, is of a line that rules
// speak of, however many lines there are, and whether or not ranges are open.
func TestWhatIsAffectedIsSpokenOf(t *testing.T) {
	byLine := 0
	rapid.Check(t, func(rt *rapid.T) {
		statements := repeated(uint32(rapid.IntRange(0, 9).Draw(rt, "of two lines")))
		for i := range rapid.IntRange(1, 6).Draw(rt, "CVEs") {
			s := fixes(uint32(i))
			for range rapid.IntRange(1, 4).Draw(rt, "ranges") {
				major, first := rapid.IntRange(8, 16).Draw(rt, "major"), rapid.IntRange(0, 3).Draw(rt, "first")
				r := from(fmt.Sprintf("%d.0.%d", major, first), fmt.Sprintf("%d.0.%d", major, first+rapid.IntRange(1, 3).Draw(rt, "more")))
				switch rapid.IntRange(0, 9).Draw(rt, "kind") {
				case 0:
					r.Low = ""
				case 1:
					r.High = ""
				case 2:
					r = intel.Range{Exact: r.High}
				case 3:
					r.Unaffected = true
				}
				s.Ranges = append(s.Ranges, r)
			}
			statements = append(statements, s)
		}
		made := rule.Compile("a:acme:rocket", statements)
		lines := rule.LinesOf(&made)
		if lines != nil {
			byLine++
		}
		installed := fmt.Sprintf("%d.0.%d", rapid.IntRange(7, 17).Draw(rt, "installed"), rapid.IntRange(0, 7).Draw(rt, "update"))
		place, _ := rule.NewOrder(made.Scheme, made.Versions).Place(installed)
		for _, r := range made.Rules {
			if spoken, _ := lines.Speak(installed); !spoken && r.Low <= place && place <= r.High {
				rt.Fatalf("%s is affected, and nothing speaks of its line", installed)
			}
		}
	})
	if byLine == 0 {
		t.Error("no product had lines")
	}
}
