package scanning

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/scan"
)

// shownFindings is how many findings people see without --all.
const shownFindings = 20

// print writes the results in the wanted form, to standard output or to a file once all is there.
func (c *Scan) print(t *console.Terminal, known *scan.Intelligence, results []*scan.Result, now time.Time) error {
	if c.Output == "" {
		return c.write(t, known, results, now)
	}
	var text bytes.Buffer
	on := console.NewTerminal("muster", nil, &text, t.Err)
	err := c.write(on, known, results, now)
	on.Close()
	if err != nil {
		return err
	}
	return os.WriteFile(c.Output, text.Bytes(), 0o600)
}

// write writes the results in the wanted form.
func (c *Scan) write(t *console.Terminal, known *scan.Intelligence, results []*scan.Result, now time.Time) error {
	switch c.Format {
	case "json":
		return t.JSON(describe(known, results, now))
	case "sarif":
		return t.JSON(scan.NewSARIF(c.version, c.subject(), results))
	case "cyclonedx":
		return scan.WriteVDR(t.Out, c.version, results, now)
	}
	for i, r := range results {
		if i > 0 {
			if err := t.Lines([]string{""}); err != nil {
				return err
			}
		}
		if err := c.show(t, known, r, now); err != nil {
			return err
		}
	}
	return nil
}

// show prints what people want to know: how far the machine was assessed, and what is worst.
func (c *Scan) show(t *console.Terminal, known *scan.Intelligence, r *scan.Result, now time.Time) error {
	for _, part := range [...]func() error{
		func() error { return t.Lines(summary(known, r, now)) },
		func() error { return c.showFindings(t, r) },
		func() error { return c.showUpdates(t, r) },
		func() error { return c.showEnds(t, r) },
		func() error { return c.showSettings(t, r) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// summary is the first lines of a result.
func summary(known *scan.Intelligence, r *scan.Result, now time.Time) []string {
	d, cov := &r.Device, &r.Coverage
	system := strings.Join(strings.Fields(d.OSPlatform+" "+d.OSVersion+" "+d.OSArchitecture), " ")
	if system == "" {
		system = "no operating system named"
	}
	lines := []string{fmt.Sprintf("%s: %s, %d pieces of software", d.Name, system, r.Software)}
	all, whole, part := cov.Software.Sum(), cov.Software.Of(coverage.Assessed), cov.Software.Of(coverage.Partly)
	lines = append(lines, "coverage: "+coverages.State(cov.State.String(), reason(cov)),
		fmt.Sprintf("software: of %d pieces %d assessed, %d partly, %d not", all, whole, part, all-whole-part))
	states := cov.Software.Covered()
	for _, one := range states {
		if one.State != coverage.Assessed.String() && (len(states) > 1 || one.Reason != reason(cov)) {
			lines = append(lines, fmt.Sprintf("  %d %s", one.Count, coverages.State(one.State, one.Reason)))
		}
	}
	for _, name := range cov.Wants {
		lines = append(lines, "to add: "+coverages.Want(name))
	}
	if old := aged(known, r, now); len(old) > 0 {
		lines = append(lines, "older than their limit: "+strings.Join(old, ", "))
	}
	if r.Dropped > 0 {
		lines = append(lines, fmt.Sprintf("%d rows are left out by a limit", r.Dropped))
	}
	for i := range lines {
		lines[i] = plain.Inline(lines[i])
	}
	return append(lines, "findings: "+found(r))
}

// aged lists the old feeds that matter to a result: those that were asked, and those of every machine.
func aged(known *scan.Intelligence, r *scan.Result, now time.Time) []string {
	return slices.DeleteFunc(known.Old(now), func(name string) bool {
		general := slices.ContainsFunc(known.Feeds, func(f scan.Feed) bool { return f.Name == name && !f.Kind.Advises() })
		return !general && !slices.Contains(r.Coverage.Feeds, name)
	})
}

// found says how many findings there are. None are only told of a machine that was assessed.
func found(r *scan.Result) string {
	if text := coverages.Severities(&r.Severities); text != "" {
		return text
	}
	if r.Empty() {
		return "not known, since there is no software to assess"
	}
	if r.Coverage.State == coverage.NotAssessed {
		return "not known, since it was not assessed"
	}
	if r.Coverage.State == coverage.Partly {
		return "none in what was assessed"
	}
	return "none"
}

// showFindings prints the worst findings.
func (c *Scan) showFindings(t *console.Terminal, r *scan.Result) error {
	list := r.Findings
	if !c.All {
		list = list[:min(len(list), shownFindings)]
	}
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range list {
		rows = append(rows, []string{f.Name, f.Version, f.CVE, rating(&f), fix(&f)})
	}
	if err := t.Lines([]string{""}); err != nil {
		return err
	}
	if err := t.Fit([]console.Column{{Name: "software", Cut: true, Least: 12}, {Name: "version", Cut: true, Least: 8},
		{Name: "id"}, {Name: "severity"}, {Name: "fix", Cut: true, Least: 12}}, rows); err != nil {
		return err
	}
	if more := len(r.Findings) - len(list); more > 0 {
		return t.Lines([]string{fmt.Sprintf("… and %d more: --all shows them", more)})
	}
	return nil
}

// rating is a finding's severity, and whether an exploit is known.
func rating(f *scan.Finding) string {
	text := strings.ToLower(f.Severity)
	switch {
	case text == "":
		text = "unrated"
	case f.CVSS > 0:
		text += " " + strconv.FormatFloat(f.CVSS, 'f', 1, 64)
	}
	if f.Exploited() {
		text += " exploited"
	}
	return text
}

// fix names what mends a finding.
func fix(f *scan.Finding) string {
	if !f.Fixed {
		return cmp.Or(f.Unfixed(), "-")
	}
	return fixed(f.FixVersion, cmp.Or(f.FixID, f.Fix, "yes"))
}

// fixed names a version that mends, and the update or advisory if a source names one.
func fixed(version, named string) string {
	switch {
	case version == "":
		return named
	case named == "" || named == "yes":
		return version
	}
	return version + " (" + named + ")"
}

// showUpdates prints to what to update: where several findings of a product name versions, to the one without any.
func (c *Scan) showUpdates(t *console.Terminal, r *scan.Result) error {
	list := r.Updates
	if !c.All {
		list = list[:min(len(list), shownFindings)]
	}
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, u := range list {
		versions := strings.Join(u.Versions, ", ")
		if versions != "" && u.Removed < u.Findings {
			versions += " (part)"
		}
		rows = append(rows, []string{u.Name, cmp.Or(versions, u.Named, "not known"), strconv.FormatInt(u.Findings, 10)})
	}
	if err := t.Lines([]string{""}); err != nil {
		return err
	}
	if err := t.Fit([]console.Column{{Name: "update", Cut: true, Least: 20}, {Name: "to", Cut: true, Least: 12},
		{Name: "findings", Right: true}}, rows); err != nil {
		return err
	}
	if more := len(r.Updates) - len(list); more > 0 {
		return t.Lines([]string{fmt.Sprintf("… and %d more: --all shows them", more)})
	}
	return nil
}

// showEnds prints what is out of support.
func (c *Scan) showEnds(t *console.Terminal, r *scan.Result) error {
	if len(r.Ends) == 0 {
		return nil
	}
	var rows [][]string
	for _, g := range endings(r.Ends) {
		for _, e := range g {
			if len(g) > 1 && !c.All {
				rows = append(rows, []string{fmt.Sprintf("%s and %d more of %s", e.Name, len(g)-1, e.Vendor), "", e.Status, e.Date})
				break
			}
			rows = append(rows, []string{e.Name, e.Version, e.Status, e.Date})
		}
	}
	if err := t.Lines([]string{""}); err != nil {
		return err
	}
	return t.Fit([]console.Column{{Name: "software", Cut: true, Least: 12}, {Name: "version", Cut: true, Least: 7},
		{Name: "end of support"}, {Name: "date"}}, rows)
}

// endings groups what ends for the same reason: all packages of a distribution end with it.
func endings(list []scan.End) (groups [][]scan.End) {
	place := map[scan.End]int{}
	for _, e := range list {
		why := scan.End{Vendor: e.Vendor, Status: e.Status, Date: e.Date}
		at, known := place[why]
		if !known {
			at = len(groups)
			place[why] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], e)
	}
	return groups
}

// showSettings prints the settings that fail.
func (c *Scan) showSettings(t *console.Terminal, r *scan.Result) error {
	if len(r.Failed)+r.Passed == 0 {
		return t.Lines([]string{"settings: none checked"})
	}
	if err := t.Lines([]string{"", fmt.Sprintf("settings: %d as recommended, %d not", r.Passed, len(r.Failed))}); err != nil {
		return err
	}
	if len(r.Failed) == 0 {
		return nil
	}
	var rows [][]string
	for _, s := range r.Failed {
		rows = append(rows, []string{s.Name, s.Category, strconv.FormatFloat(s.Impact, 'g', -1, 64)})
	}
	return t.Fit([]console.Column{{Name: "setting", Cut: true, Least: 24}, {Name: "category", Rank: 1},
		{Name: "impact", Right: true}}, rows)
}
