package csaf

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// family is a package of the builds of a major release.
type family struct {
	class class
	major string
	name  string
	// stream is its module stream.
	stream string
}

func (p *part) family() family { return family{p.class, p.major, p.name, p.stream} }

// fix is the first build with a fix, in one product.
type fix struct {
	*part
	advisory, url string
	severity      intel.Severity
}

// told is what is said of every version of a component of a product.
type told struct {
	*part
	state    intel.FixState
	severity intel.Severity
}

// statements are those on one CVE.
type statements struct {
	// fixes are by the builds that they are about, affected and sound by ecosystem, name and stream.
	fixes           map[family][]fix
	affected, sound map[[3]string]told
	// versions are single builds that are said to be affected.
	versions []told
}

// record makes the record of one CVE; false if the document says nothing of it that counts.
func (d *document) record(t *tree, v *vulnerability) (intel.Record, bool) {
	s := d.statements(t, v)
	title := ""
	if d.Document.Category == isAdvisory {
		title = d.Document.Title
	}
	packages := s.packages(title)
	for i := range packages {
		packages[i].CVEs, packages[i].Own = []string{v.CVE}, true
	}
	tracking := &d.Document.Tracking
	r := intel.Record{Source: tracking.ID, Publisher: d.publisher(), Packages: packages, CVE: d.cve(t, v),
		Published: intel.ParseTime(tracking.Initial), Modified: intel.ParseTime(tracking.Current)}
	return r, len(packages) > 0
}

// statements collects what a document says of one CVE.
func (d *document) statements(t *tree, v *vulnerability) *statements {
	s := &statements{fixes: map[family][]fix{}, affected: map[[3]string]told{}, sound: map[[3]string]told{}}
	done, bad := v.remedies(), d.severities(v)
	for _, id := range slices.Concat(v.Status.Fixed, v.Status.FirstFixed) {
		if p := t.part(id); p != nil && p.evr != "" {
			url := done[id].URL
			s.fixes[p.family()] = append(s.fixes[p.family()], fix{p, advisoryOf(url), url, bad(id)})
		}
	}
	for _, id := range v.Status.Affected {
		if p := t.part(id); p != nil {
			s.tell(s.affected, told{p, stateOf(done[id]), bad(id)})
		}
	}
	for _, id := range v.Status.NotAffected {
		if p := t.part(id); p != nil && p.class != longLife {
			s.tell(s.sound, told{part: p, severity: bad(id)})
		}
	}
	for _, id := range v.Status.Investigation {
		if p := t.part(id); p != nil && p.class != longLife {
			s.tell(s.sound, told{p, intel.FixInvestigated, bad(id)})
		}
	}
	return s
}

// tell notes what is said of a component. Of several things the first in order of states counts: they differ if a
// source and a package have one name.
func (s *statements) tell(list map[[3]string]told, what told) {
	if what.evr != "" && what.state != intel.FixUnstated && what.state != intel.FixInvestigated {
		s.versions = append(s.versions, what)
		return
	}
	key := [3]string{what.ecosystem, what.name, what.stream}
	if was, ok := list[key]; !ok || what.state < was.state {
		list[key] = what
	}
}

// remedies returns what is done about the flaw, by product. Workarounds change no version.
func (v *vulnerability) remedies() map[string]remediation {
	done := map[string]remediation{}
	for _, r := range v.Remediations {
		if r.Category == "workaround" || r.Category == "mitigation" {
			continue
		}
		for _, id := range r.Products {
			done[id] = r
		}
	}
	return done
}

// stateOf returns the state of a fix of an affected component, by what is done about the flaw, if that is said.
func stateOf(r remediation) intel.FixState {
	details := strings.ToLower(r.Details)
	switch {
	case r.Category == "no_fix_planned" && strings.Contains(details, "out of support"):
		return intel.FixEnded
	case r.Category == "no_fix_planned":
		return intel.FixDeclined
	case strings.Contains(details, "deferred"):
		return intel.FixDeferred
	}
	return intel.FixPending
}

// severities returns the function from a product's id to the word for the flaw in it: of the product, else of
// all, else the document's.
func (d *document) severities(v *vulnerability) func(id string) intel.Severity {
	all, of := intel.ParseSeverity(d.Document.Severity.Text), map[string]intel.Severity{}
	for i := range v.Threats {
		t := &v.Threats[i]
		word := intel.ParseSeverity(t.Details)
		if t.Category != "impact" || word == intel.SeverityUnknown {
			continue
		}
		if len(t.Products) == 0 {
			all = word
		}
		for _, id := range t.Products {
			of[id] = word
		}
	}
	return func(id string) intel.Severity { return cmp.Or(of[id], all) }
}

// packages returns the statements on packages, in an order that depends only on the document.
func (s *statements) packages(title string) []intel.Package {
	var list []intel.Package
	branches := map[family]fix{} // by minor release in place of the major one
	binary := s.binaries()
	for f, fixes := range s.fixes {
		fixes = slices.DeleteFunc(slices.Clone(fixes), func(f fix) bool { return f.source && binary[f.release()] })
		if f.class != longLife && len(fixes) > 0 {
			list = append(list, fixed(f, fixes, title)...)
		}
		for _, one := range fixes {
			of := family{major: ecosystem.MinorOf(one.evr), name: f.name, stream: f.stream}
			if was, ok := branches[of]; f.class != extended && of.major != "" && (!ok || one.isAfter(&was)) {
				branches[of] = one
			}
		}
	}
	for f, one := range branches {
		if s.isEarlier(&one) {
			list = append(list, intel.Package{Ecosystem: inMinor(f.major), Name: f.name, Module: f.stream, Branch: true,
				Advisory: one.advisory, Severity: one.severity, Ranges: []intel.Range{{Low: one.evr, Unaffected: true}},
				Fix: intel.Fix{ID: one.advisory, URL: one.url, Title: title}})
		}
	}
	list = append(list, s.unfixed()...)
	slices.SortFunc(list, func(a, b intel.Package) int {
		return cmp.Or(cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Module, b.Module),
			cmp.Compare(a.Ranges[0].Exact, b.Ranges[0].Exact))
	})
	return list
}

// release is what an advisory fixes in a major release.
type release struct {
	class           class
	major, advisory string
}

func (f *fix) release() release { return release{f.class, f.major, f.advisory} }

// binaries tells the releases of which packages are listed as fixed: their sources are then no statement of their
// own, since packages that are built from them may be unaffected.
func (s *statements) binaries() map[release]bool {
	listed := map[release]bool{}
	for _, fixes := range s.fixes {
		for i := range fixes {
			if !fixes[i].source {
				listed[fixes[i].release()] = true
			}
		}
	}
	return listed
}

// fixed returns the statements on a package that is fixed: in each repository that has it, all builds before the
// latest fix of the release are affected.
func fixed(f family, fixes []fix, title string) []intel.Package {
	latest := last(fixes)
	repositories := map[string]bool{}
	for i := range fixes {
		repositories[fixes[i].ecosystem] = true
	}
	var list []intel.Package
	for _, name := range slices.Sorted(maps.Keys(repositories)) {
		p := intel.Package{Ecosystem: name, Name: f.name, Module: f.stream, Advisory: latest.advisory,
			Severity: latest.severity, Ranges: []intel.Range{{High: latest.evr}},
			Fix: intel.Fix{ID: latest.advisory, URL: latest.url, Title: title, Available: true}}
		if needs := ecosystem.Subscription(name); needs != "" {
			p.Fix.Title = needs + ": " + cmp.Or(title, f.name+" "+latest.evr)
		}
		list = append(list, p)
	}
	return list
}

// last returns the latest fix.
func last(fixes []fix) *fix {
	at := 0
	for i := range fixes {
		if fixes[i].isAfter(&fixes[at]) {
			at = i
		}
	}
	return &fixes[at]
}

// isAfter orders fixes by version; of equal ones the first by repository and advisory is the last.
func (f *fix) isAfter(g *fix) bool {
	if less(g.evr, f.evr) || less(f.evr, g.evr) {
		return less(g.evr, f.evr)
	}
	return cmp.Or(cmp.Compare(f.evr, g.evr), cmp.Compare(f.ecosystem, g.ecosystem),
		cmp.Compare(f.advisory, g.advisory)) < 0
}

// isEarlier reports whether a build is before the latest fix of its major release, or no such fix is known: then
// it is worth telling what was fixed for its minor release.
func (s *statements) isEarlier(f *fix) bool {
	fixes := s.fixes[family{mainline, f.major, f.name, f.stream}]
	return len(fixes) == 0 || less(f.evr, last(fixes).evr)
}

// unfixed returns the statements on packages of which every version is affected or none, and on single builds.
func (s *statements) unfixed() []intel.Package {
	var list []intel.Package
	for _, a := range s.affected {
		if a.class != longLife && !s.isFixed(a.part) {
			list = append(list, a.statement(intel.Range{}))
		}
	}
	for key, a := range s.sound {
		if _, bad := s.affected[key]; !bad && !s.isFixed(a.part) {
			list = append(list, a.statement(intel.Range{Unaffected: true}))
		}
	}
	for _, a := range s.versions {
		if a.class != longLife {
			list = append(list, a.statement(intel.Range{Exact: a.evr}))
		}
	}
	return list
}

// isFixed reports whether a fix of a component is known for the whole major release.
func (s *statements) isFixed(p *part) bool {
	f := p.family()
	for _, f.class = range [...]class{mainline, extended} {
		if len(s.fixes[f]) > 0 {
			return true
		}
	}
	return false
}

func (a *told) statement(versions intel.Range) intel.Package {
	return intel.Package{Ecosystem: a.ecosystem, Name: a.name, Module: a.stream, Severity: a.severity,
		Ranges: []intel.Range{versions}, Fix: intel.Fix{State: a.state}}
}

// less reports whether a version is before another; false if they cannot be compared.
func less(a, b string) bool {
	x, err := version.Parse(version.RPM, subject.WithoutModule(a))
	y, odd := version.Parse(version.RPM, subject.WithoutModule(b))
	if err != nil || odd != nil {
		return false
	}
	c, err := x.Compare(y)
	return err == nil && c < 0
}

// cve returns what the document says of the CVE itself. Scores are those of Red Hat Enterprise Linux.
func (d *document) cve(t *tree, v *vulnerability) *intel.CVE {
	c := &intel.CVE{ID: v.CVE, Words: intel.Words{By: intel.ByDistribution, Title: v.Title}}
	if d.Document.Category == isVEX {
		c.Severity = intel.ParseSeverity(d.Document.Severity.Text)
		c.Words.Title = cmp.Or(v.Title, d.Document.Title)
	}
	for i := range v.Notes {
		if v.Notes[i].Category == "description" && c.Words.Description == "" {
			c.Words.Description = v.Notes[i].Text
		}
	}
	for i := range v.Scores {
		if !slices.ContainsFunc(v.Scores[i].Products, func(id string) bool { return t.part(id) != nil }) {
			continue
		}
		for _, vector := range [...]string{v.Scores[i].V3.Vector, v.Scores[i].V2.Vector} {
			score, ok := intel.ParseScore(vector, intel.ByDistribution)
			if vector != "" && ok && !slices.Contains(c.Scores, score) {
				c.Scores = append(c.Scores, score)
			}
		}
	}
	return c
}

// advisoryOf returns the id at the end of the address of an advisory ("…/errata/RHSA-2024:0811"); empty if it is none.
func advisoryOf(url string) string {
	id := url[strings.LastIndexByte(url, '/')+1:]
	if !intel.IsAdvisory(id) {
		return ""
	}
	return id
}
