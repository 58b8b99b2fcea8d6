package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/update"
)

// Explanation says how the catalog judges a component, with regard to one CVE or to none.
type Explanation struct {
	*Verdict
	// Subjects are the CPE pairs ("a:google:chrome") and packages ("pkg:Debian:12/openssl") whose
	// statements were asked, Compared the versions that were compared, and Scheme the order of
	// versions.
	Subjects []string
	Compared []string
	Scheme   string
	// Statements are what feeds say about the CVE and the subjects, the one that decides first.
	Statements []rule.Said
}

// Affected reports whether the component is affected by the CVE.
func (e *Explanation) Affected() bool { return len(e.Statements) > 0 && e.Statements[0].Decides }

// Explain explains the verdict on a component. Without a CVE it tells only what the component was
// taken for.
func (c *Catalog) Explain(r Component, cve string) *Explanation {
	found := resolver{c}.resolve(new(bounded(r)))
	e := &Explanation{Verdict: c.Verdict(r)}
	if !e.Product {
		return e
	}
	updater{c}.update(&r, &found)
	e.tellUpdates(c, &found, cve)
	on := subject.PlatformOf(r.OSPlatform, r.OSVersion)
	for rest := found.pairs; len(rest) > 0; {
		first := len(found.pairs) - len(rest)
		n := found.alike(first)
		installed := found.versionFor(first)
		e.tell(rest[:n], installed)
		if vuln, ok := c.findVuln(cve); ok && found.installed != "" {
			q := rule.Question{Installed: installed, Before: found.before, On: on}
			e.Statements = append(e.Statements, explainer{drafter{c}, vuln}.explain(&found, rest[:n], q)...)
		}
		rest = rest[n:]
	}
	e.decide(cve)
	rule.SortSaid(e.Statements)
	return e
}

// tellUpdates adds what is said of a system's updates that fix a CVE.
func (e *Explanation) tellUpdates(c *Catalog, found *resolution, cve string) {
	vuln, ok := c.findVuln(cve)
	if found.updates == nil || !ok {
		return
	}
	for _, u := range found.updates.Told(vuln) {
		effect := rule.UpdateUnknown
		switch u.Status {
		case update.Missing:
			effect = rule.UpdateMissing
		case update.Installed:
			effect = rule.UpdateInstalled
		}
		e.Statements = append(e.Statements, rule.Said{Source: u.Feed + "/KB" + u.ID, Subject: found.pairs[0].Subject,
			Trust: table.TrustCNA, Effect: effect, Fix: intel.Fix{Title: u.Title, ID: u.ID, URL: u.URL, Available: true}})
	}
}

// decide marks the statement that the finding rests on, if there is one.
func (e *Explanation) decide(cve string) {
	i, ok := slices.BinarySearchFunc(e.Hits, cve, func(h Hit, id string) int { return strings.Compare(h.CVE, id) })
	if !ok {
		return
	}
	at := slices.IndexFunc(e.Statements, func(s rule.Said) bool {
		return (s.Effect == rule.Affects || s.Effect == rule.UpdateMissing) && s.Source == e.Hits[i].Source
	})
	if at >= 0 {
		e.Statements[at].Decides, e.Statements[at].Fix = true, e.Hits[i].Fix
	}
}

// tell records subjects and the version that is compared with their rules.
func (e *Explanation) tell(pairs []alias.Pair, installed string) {
	for _, p := range pairs {
		e.Subjects = append(e.Subjects, p.Subject)
	}
	if scheme, ok := subject.SchemeOf(pairs[0].Subject); ok {
		e.Scheme = scheme.String()
	}
	if installed != "" && !slices.Contains(e.Compared, installed) {
		e.Compared = append(e.Compared, installed)
	}
}

// Named returns the vulnerability of a name: the name itself if the catalog has it, else the one that the
// document of that name is about (GO-2022-0360 is about GHSA-5j5w-g665-5m35). ok is false if there is
// none, or if the document is about several.
func (c *Catalog) Named(name string) (id string, ok bool) {
	if _, ok := c.findVuln(name); ok {
		return name, true
	}
	for feed, t := range c.tables {
		source, known := t.Texts.Find(name)
		if !known {
			continue
		}
		local := c.local[c.locals[feed]:]
		for row, of := range t.Statements.Source {
			vuln := local[t.Statements.CVE[row]]
			if of != source || vuln == none || c.cves[vuln].id == id {
				continue
			}
			if id != "" {
				return "", false
			}
			id = c.cves[vuln].id
		}
	}
	return id, id != ""
}

// explainer explains what is said about one CVE.
type explainer struct {
	drafter
	vuln uint32
}

// explain tells what every statement on pairs and the CVE does.
func (x explainer) explain(found *resolution, pairs []alias.Pair, q rule.Question) []rule.Said {
	refs := x.refsOf(pairs)
	if len(refs) == 0 {
		return nil
	}
	x.choose(found, refs)
	var all []rule.Said
	var applying []rule.Statement
	var said []rule.Said // beside applying
	for i := range refs {
		x.each(refs[i].number, func(feed uint32, t *table.Table, row uint32, on subject.Platforms, target string) {
			from := &t.Statements
			if x.local[x.locals[feed]+from.CVE[row]] != x.vuln {
				return
			}
			s := rule.Said{Source: x.source(feed, t, row), Subject: x.subjectKey(refs[i].number),
				Trust: table.Trust(from.Trust[row]), On: on, Target: target,
				Edition: t.Texts.Text(from.Edition[row]), Fix: t.Fix(from.Fix[row])}
			statement := rule.Statement{Subject: uint32(i), Platforms: on, Trust: s.Trust, Fix: s.Fix}
			for k := from.Ranges[row]; k < from.Ranges[row+1]; k++ {
				statement.Ranges = append(statement.Ranges, t.Range(k))
			}
			if s.Effect = x.differs(found, &refs[i], &s); s.Effect == "" {
				applying, said = append(applying, statement), append(said, s)
				return
			}
			for _, s.Range = range statement.Ranges {
				all = append(all, s)
			}
		})
	}
	for _, f := range rule.Explain(x.subjectKey(refs[0].number), applying, q) {
		s := said[f.Statement]
		s.Range, s.Effect = f.Range, f.Effect
		s.Platforms, s.Upper = rule.SourcesOf(said, f.Platforms), rule.SourcesOf(said, f.Upper)
		s.Lower, s.Whole = rule.SourcesOf(said, f.Lower), rule.SourcesOf(said, f.Whole)
		all = append(all, s)
	}
	return all
}

// differs returns why a statement does not apply to a component; "" if it does.
func (x explainer) differs(found *resolution, of *ref, s *rule.Said) rule.Effect {
	switch {
	case isPackage(s.Subject):
		if !found.streams.Agrees(s.Target) {
			return rule.OtherStream
		}
	case of.applies[qualifier{s.Target, s.Edition}]:
	case !x.sameEdition(found, of, s.Edition):
		return rule.OtherEdition
	default:
		return rule.OtherSoftware
	}
	return ""
}

// About lists what statements on a CVE are about: subjects, and titles that no exact key leads to a
// subject from ("Acme / Rocket"), ascending. known is false if no feed states anything on it.
func (c *Catalog) About(cve string) (about []string, known bool) {
	vuln, ok := c.findVuln(cve)
	if !ok {
		return nil, false
	}
	type statement struct{ feed, row uint32 }
	attached, seen := map[statement]bool{}, map[string]bool{}
	x := explainer{drafter{c}, vuln}
	for number := range uint32(len(c.subjects.key)) {
		x.each(number, func(feed uint32, t *table.Table, row uint32, _ subject.Platforms, _ string) {
			if x.local[x.locals[feed]+t.Statements.CVE[row]] == vuln {
				attached[statement{feed, row}], seen[c.subjectKey(number)] = true, true
			}
		})
	}
	for feed, t := range c.tables {
		t.EachTitle(cve, func(title subject.Title, row uint32) {
			if !attached[statement{uint32(feed), row}] {
				seen[title.Vendor+" / "+title.Name] = true
			}
		})
	}
	if c.book != nil {
		for _, name := range c.book.Releases(vuln) {
			seen[subject.CPE("o", "microsoft", name)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), len(seen) > 0
}

// Shown lists the CPE pairs that lead to a curated product that rows show as vendor and name.
func Shown(c *Catalog, vendor, name string) []alias.Pair { return c.curated.Shown(vendor, name) }
