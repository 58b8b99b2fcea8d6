package assess

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// software writes the rows of all datasets except configurations.
func (a *Assessor) software(r *inventory.Report, w *writer) {
	a.entries = a.entries[:0]
	for component, s := range components(r) {
		a.entries = append(a.entries, entry{a.rendering(component), s})
		w.out.PathsCut += s.PathsCut
	}
	platform, named := system(r)
	if named && isProduct(&r.Device) {
		a.entries = append(a.entries, entry{a.rendering(platform), &inventory.Software{}})
	}
	slices.SortStableFunc(a.entries, compareEntries)
	judge := coverage.Judge{Old: a.old}
	a.listComponents(w.out, &judge)
	w.out.Coverage = judge.Device(a.platform(platform, named, isProduct(&r.Device), w.out))
	for rest := softwareGroup(a.entries); len(rest) > 0; {
		n := rest.first()
		before := w.rows
		a.group(rest[:n], w)
		w.made(rest[:n], &before)
		rest = rest[n:]
	}
	clear(a.entries) // they refer to the report
}

// compareEntries orders entries by the key of their rows, and entries with the same key by
// component, so that rows do not depend on the order of a report.
func compareEntries(x, y entry) int {
	return cmp.Or(bytes.Compare(x.software.Key(), y.software.Key()), strings.Compare(x.key, y.key))
}

// first returns how many entries at the beginning are shown as one.
func (g softwareGroup) first() int {
	n := 1
	for n < len(g) && bytes.Equal(g[n].software.Key(), g[0].software.Key()) {
		n++
	}
	return n
}

// listComponents lists and judges the distinct components, and finds when support changes next.
func (a *Assessor) listComponents(out *Output, judge *coverage.Judge) {
	for i, e := range a.entries {
		out.Due = earliest(out.Due, e.next)
		if i == 0 || e.key != a.entries[i-1].key {
			out.Components = append(out.Components, Component{e.key, e.fingerprint})
			judge.Software(e.coverage)
		}
	}
}

// platform returns the answer on the operating system; nil if the report does not name it. It is
// listed among the components in any case, so that the device is stale when the answer changes.
func (a *Assessor) platform(c catalog.Component, named, listed bool, out *Output) *coverage.Answer {
	if !named {
		return nil
	}
	r := a.rendering(c)
	isListed := func(other Component) bool { return other.Key == r.key }
	if !listed && !slices.ContainsFunc(out.Components, isListed) { // a report may name it as software
		out.Components = append(out.Components, Component{r.key, r.fingerprint})
	}
	return &r.coverage
}

// group writes the rows of one software on one device.
func (a *Assessor) group(g softwareGroup, w *writer) {
	shown := g.shown()
	disk, cutDisk := g.paths(func(s *inventory.Software) []string { return s.DiskPaths })
	registry, cutRegistry := g.paths(func(s *inventory.Software) []string { return s.RegistryPaths })
	w.out.PathsCut += cutDisk + cutRegistry
	if !shown.product {
		w.noProductCode(shown, registry)
		return
	}
	evidence := row.Evidence(disk, registry)
	findings := g.findings(&a.findings, cves, w.place)
	first := a.history.softwareSince(&shown.software, w.seen)
	if w.room(defender.Software) {
		rows := &w.out.Rows[defender.Software]
		*rows = row.AppendSoftware(*rows, &w.device, &shown.software, &evidence, len(findings), first)
	}
	if len(findings) == 0 && !g.isHidden(w.place) && w.room(defender.CleanSoftware) {
		rows := &w.out.Rows[defender.CleanSoftware]
		*rows = row.AppendVulnerability(*rows, &w.device, &shown.clean, &evidence, w.seen, first)
	}
	a.vulnerabilities(defender.Vulnerabilities, findings, &evidence, w)
	a.vulnerabilities(defender.NonCVEAdvisories, g.findings(&a.findings, advisories, w.place), &evidence, w)
}

// made says what the last rows were made from. before counts the rows before them.
func (w *writer) made(g softwareGroup, before *[defender.DatasetCount]int) {
	one := MadeSoftware{}
	if (len(g) == 1 || sameRendering(g)) && !g.isExcepted() {
		one.Of = &g[0].rendering.Source
	}
	for d := range one.Rows {
		one.Rows[d] = Span{End: uint32(len(w.out.Rows[d])), N: uint32(w.rows[d] - before[d])}
	}
	w.out.Made.Software = append(w.out.Made.Software, one)
}

// noProductCode writes the row of software without a product code.
func (w *writer) noProductCode(shown *rendering, registry []string) {
	if !w.room(defender.NoProductCode) {
		return
	}
	path := ""
	if len(registry) > 0 {
		path = registry[0]
	}
	rows := &w.out.Rows[defender.NoProductCode]
	*rows = row.AppendNoProductCode(*rows, &w.device, &shown.software, w.seen, path)
}

// vulnerabilities writes a row of a dataset for each finding. Severities count CVEs only.
func (a *Assessor) vulnerabilities(d defender.Dataset, findings []finding, evidence *row.EvidencePiece, w *writer) {
	rows := w.out.Rows[d]
	opened := aging{into: w.out.Opened}
	for i := range findings {
		f := &findings[i]
		if !w.room(d) {
			continue
		}
		since := a.history.findingSince(&f.piece, w.seen)
		if d == defender.Vulnerabilities {
			w.out.Severities.Count(f.severity)
			opened.count(since)
		}
		rows = row.AppendVulnerability(rows, &w.device, &f.piece, evidence, w.seen, since)
	}
	opened.end()
	w.out.Rows[d] = rows
}

// shown returns the entry for the rows: the first known product, else the first entry.
func (g softwareGroup) shown() *rendering {
	return g[max(0, slices.IndexFunc(g, func(e entry) bool { return e.product }))].rendering
}

// paths merges a group's paths of one kind, and returns how many of them exceed the limit of a
// row.
func (g softwareGroup) paths(of func(*inventory.Software) []string) (paths []string, cut int) {
	if len(g) == 1 {
		return of(g[0].reported), 0
	}
	for _, e := range g {
		paths = append(paths, of(e.reported)...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	kept := min(len(paths), inventory.MaxPaths)
	return paths[:kept], len(paths) - kept
}

func cves(r *rendering) []finding       { return r.findings }
func advisories(r *rendering) []finding { return r.advisories }

// findings returns the findings of a group at a place, each CVE once, in order of CVE. It may use buf, and the
// result is valid until the next call with it.
func (g softwareGroup) findings(buf *[]finding, of func(*rendering) []finding, at except.Place) []finding {
	if g.isExcepted() {
		return g.without(buf, of, at)
	}
	return union(g, buf, of)
}

// union is findings where nothing is excepted.
func union(g softwareGroup, buf *[]finding, of func(*rendering) []finding) []finding {
	if len(g) == 1 || sameRendering(g) {
		return of(g[0].rendering)
	}
	all := (*buf)[:0]
	for _, e := range g {
		all = append(all, of(e.rendering)...)
	}
	slices.SortStableFunc(all, func(x, y finding) int { return strings.Compare(x.cve, y.cve) })
	all = slices.CompactFunc(all, func(x, y finding) bool { return x.cve == y.cve })
	*buf = all
	return all
}

func sameRendering(g softwareGroup) bool {
	return !slices.ContainsFunc(g, func(e entry) bool { return e.rendering != g[0].rendering })
}
