package coverages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// of returns how many things have a state.
func of(all []counts.Covered, s coverage.State) (n int64) {
	for _, one := range all {
		if one.State == s.String() {
			n += one.Count
		}
	}
	return n
}

func sum(all []counts.Covered) (n int64) {
	for _, one := range all {
		n += one.Count
	}
	return n
}

// Looked reports whether any device was assessed, at least partly. If not, the number of findings
// says nothing.
func Looked(c *counts.Coverage) bool {
	return c == nil || of(c.Devices, coverage.Assessed)+of(c.Devices, coverage.Partly) > 0
}

// Percent returns how many of a hundred pieces of software were wholly assessed. Without software
// it is 100 if all devices were assessed, else 0.
func Percent(c *counts.Coverage) float64 {
	all := sum(c.Software)
	if all == 0 {
		if sum(c.Devices) == of(c.Devices, coverage.Assessed) && c.Unknown == 0 {
			return 100
		}
		return 0
	}
	return 100 * float64(of(c.Software, coverage.Assessed)) / float64(all)
}

// devices returns a number of devices in words.
func devices(n int64) string {
	if n == 1 {
		return "1 device"
	}
	return strconv.FormatInt(n, 10) + " devices"
}

// PercentText formats a percentage, rounded down: what is nearly everything is not everything.
func PercentText(p float64) string {
	return strconv.FormatFloat(float64(int64(p*10))/10, 'f', 1, 64) + "%"
}

// Lines returns what people must know of a snapshot's coverage: a line of counts, and, if not all is
// assessed, a line for each reason why devices are not, and what to import. It is empty for a snapshot
// without devices, and for one of an older program (nil).
func Lines(c *counts.Coverage) (lines []string) {
	if c == nil || sum(c.Devices)+c.Unknown == 0 {
		return nil
	}
	lines = append(lines, fmt.Sprintf("coverage: of %s %d assessed, %d partly, %d not; %s of %d pieces of software wholly assessed",
		devices(sum(c.Devices)+c.Unknown), of(c.Devices, coverage.Assessed), of(c.Devices, coverage.Partly),
		of(c.Devices, coverage.NotAssessed)+c.Unknown, PercentText(Percent(c)), sum(c.Software)))
	for _, one := range ordered(c.Devices) {
		if one.State == coverage.NotAssessed.String() {
			lines = append(lines, fmt.Sprintf("not assessed: %s: %s", devices(one.Count), Reason(one.Reason)))
		}
	}
	if c.Unknown > 0 {
		lines = append(lines, fmt.Sprintf("not assessed: %s: rows of an older version of muster", devices(c.Unknown)))
	}
	return append(lines, Imports(c.Wants)...)
}

// maxImports bounds the advice of Imports.
const maxImports = 10

// Imports says what to import, what most devices need first.
func Imports(wants []counts.Wanted) (lines []string) {
	for _, w := range wants[:min(len(wants), maxImports)] {
		lines = append(lines, fmt.Sprintf("to import: %s, for %s: %s", Want(w.Name), devices(w.Devices), Command(w.Name)))
	}
	if more := len(wants) - maxImports; more > 0 {
		lines = append(lines, fmt.Sprintf("to import: %d more: muster coverage lists them", more))
	}
	return lines
}

// isKind reports whether something wanted is a kind of feed, and not an ecosystem of OSV.
func isKind(want string) bool {
	kind := intel.Kind(want)
	return kind.Advises() || slices.Contains([]intel.Kind{intel.CVE5, intel.NVD, intel.KEV, intel.EOL, intel.MSRC,
		intel.SOFA}, kind)
}

// Want returns what is missing, in words.
func Want(name string) string {
	if isKind(name) {
		return "a feed of kind " + name
	}
	return "advisories of " + name
}

// Command returns the command that fetches what is missing.
func Command(name string) string {
	switch {
	case name == string(intel.CVE5):
		return "muster feed refresh cve5 cvelistV5"
	case isKind(name):
		return "muster feed refresh " + name + " " + name
	}
	kind, own := feeds.For(name)
	if kind != intel.OSV {
		name = own
	}
	if strings.ContainsAny(name, " '\"") {
		name = "'" + strings.ReplaceAll(name, "'", "") + "'"
	}
	return "muster feed refresh " + string(kind) + " " + name
}

// Reason returns a reason in words.
func Reason(name string) string {
	if r, err := coverage.ParseReason(name); err == nil && r != coverage.NoReason {
		return r.Explain()
	}
	return cmp.Or(name, "unknown")
}

// State returns state and reason in words: "partly: no product code".
func State(state, reason string) string {
	text := state
	if s, err := coverage.ParseState(state); err == nil {
		text = s.Text()
	}
	if reason != "" {
		text += ": " + Reason(reason)
	}
	return text
}

// ordered returns counts worst state first, then the largest first.
func ordered(all []counts.Covered) []counts.Covered {
	rank := func(c counts.Covered) int {
		s, _ := coverage.ParseState(c.State)
		return int(s)
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b counts.Covered) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Count, a.Count))
	})
}

// Rows returns counts as rows of a table, in words: what is counted, state, reason, number.
func Rows(what string, all []counts.Covered) (rows [][]string) {
	for _, one := range ordered(all) {
		reason := ""
		if one.Reason != "" {
			reason = Reason(one.Reason)
		}
		state, _ := coverage.ParseState(one.State)
		rows = append(rows, []string{what, strconv.FormatInt(one.Count, 10), state.Text(), reason})
	}
	return rows
}

// DeviceRows returns the coverage of a device as rows of a table. feeds are those of the catalog.
func DeviceRows(d *control.DeviceCoverage, feeds []control.CoveringFeed) [][]string {
	if d == nil {
		return [][]string{{"coverage", "not known: the device is in no snapshot yet"}}
	}
	rows := [][]string{{"coverage", State(d.State, d.Reason)}}
	for _, one := range ordered(d.Software) {
		rows = append(rows, []string{"software", fmt.Sprintf("%d %s", one.Count, State(one.State, one.Reason))})
	}
	for _, name := range d.Feeds {
		rows = append(rows, []string{"asked feed", Feed(name, feeds)})
	}
	for _, want := range d.Wants {
		rows = append(rows, []string{"to import", Want(want) + ": " + Command(want)})
	}
	if len(d.Wants) == 0 && d.State == coverage.NotAssessed.String() {
		rows = append(rows, []string{"to import", "muster knows no feed that would help"})
	}
	return rows
}

// Feed returns a feed with its newest day, and whether it is old or only a part.
func Feed(name string, feeds []control.CoveringFeed) string {
	text := name
	for _, f := range feeds {
		if f.Name != name {
			continue
		}
		if f.Day != "" {
			text += ", newest day " + f.Day
		}
		if notes := FeedNotes(&f); notes != "" {
			text += ", " + notes
		}
	}
	return text
}

// FeedNotes says what is wrong with a feed.
func FeedNotes(f *control.CoveringFeed) string {
	var notes []string
	if f.Part != "" {
		notes = append(notes, "only a part: "+f.Part)
	}
	if f.Old {
		note := "older than its limit"
		if f.LimitDays > 0 {
			note += fmt.Sprintf(" of %d days", f.LimitDays)
		}
		notes = append(notes, note)
	}
	if f.Failures > 1 {
		notes = append(notes, fmt.Sprintf("its last %d fetches failed", f.Failures))
	}
	return strings.Join(notes, "; ")
}

// GroupRows returns the coverage of groups as rows of a table: devices assessed, partly and not, the percentage of
// software, and checks that fail or are silent.
func GroupRows(groups []control.GroupCoverage) (rows [][]string) {
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	for i := range groups {
		g := &groups[i]
		rows = append(rows, []string{g.RBACGroupName, count(of(g.Devices, coverage.Assessed)),
			count(of(g.Devices, coverage.Partly)), count(of(g.Devices, coverage.NotAssessed) + g.Unknown),
			PercentText(Percent(&g.Coverage)), "", ""})
		if c := g.Checks; c != nil {
			rows[i][5], rows[i][6] = count(c.NonCompliant), count(c.Silent)
		}
	}
	return rows
}

// Under returns an error if less than a percentage of the software is wholly assessed.
func Under(c *counts.Coverage, wanted float64) error {
	if p := Percent(c); p < wanted {
		return fmt.Errorf("%s of the pieces of software are wholly assessed, less than %v%%", PercentText(p), wanted)
	}
	return nil
}
