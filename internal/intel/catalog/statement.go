package catalog

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/muster-project/muster/internal/intel"
)

// statement is what one source says about one subject and one CVE, before it
// is compiled. Texts are numbers of the builder's interner.
type statement struct {
	subject, cve, source uint32
	ranges               []intel.Range
	platforms            subject.Platforms
	// target and edition must be named by the release: other software the
	// subject runs in, or a module stream; and a CPE's sw_edition.
	target, edition uint32
	trust           trust
	fix             intel.Fix
}

// trust orders sources by how far their statements on products are trusted; a
// lower one wins (matching.md, 3.1).
type trust uint8

const (
	trustVendor trust = iota // the CNA, mostly the product's own vendor; a distribution for its packages
	trustADP
	trustOverride // statements that are neither the CNA's nor NVD's
	trustNVD
)

func trustOf(by intel.Authority) trust {
	switch by {
	case intel.ByCNA, intel.ByDistribution:
		return trustVendor
	case intel.ByADP:
		return trustADP
	case intel.ByNVD:
		return trustNVD
	}
	return trustOverride
}

// pending is a statement whose product is known by its texts alone, until all
// aliases are known.
type pending struct {
	statement
	title subject.Title
}

// fixFor is the recommended update of one range: available where the source
// says so or the range ends in a version that is not affected.
func fixFor(fix intel.Fix, r intel.Range) intel.Fix {
	fix.Available = fix.Available || r.High != "" && !r.HighIncluded
	return fix
}

// usable reports whether a range of a CPE statement may lead to a finding. One
// without bounds says "every version": a CNA means that, also where it lists
// exceptions, but a CPE without a version is not evidence (matching.md, 3.3,
// trap 7).
func usable(r intel.Range, by intel.Authority) bool {
	unbounded := r.Exact == "" && r.High == "" && (r.Low == "" || r.Low == "0")
	return r.Unaffected || !unbounded || by == intel.ByCNA
}

// affectedStatement reads a statement on a CPE pair or a vendor and product
// text; ok is false where it cannot lead to a finding.
func (b *Builder) affectedStatement(source uint32, a *intel.Affected) (s statement, ok bool) {
	set, target := subject.TargetPlatforms(a.TargetSW)
	s = statement{
		cve: b.texts.id(a.CVE), source: source, platforms: set & subject.Required(a),
		target: b.texts.id(target), edition: b.texts.id(strings.Trim(a.SWEdition, "-")),
		trust: trustOf(a.By), fix: a.Fix,
	}
	for _, r := range a.Versions {
		if isJava(a.Product) {
			r = javaBounds(r)
		}
		if usable(r, a.By) {
			s.ranges = append(s.ranges, r)
		}
	}
	return s, len(s.ranges) > 0 && s.platforms != subject.Nowhere && intel.IsCVE(a.CVE)
}

// packageStatement reads an advisory on a package for one of its CVEs.
func (b *Builder) packageStatement(source uint32, p *intel.Package) statement {
	s := statement{
		subject: b.texts.id(subject.Package(p.Ecosystem, subject.PackageName(p.Ecosystem, p.Name))),
		source:  source, platforms: subject.Everywhere, trust: trustVendor, fix: p.Fix,
		ranges: p.Ranges,
	}
	if s.fix.ID == "" {
		s.fix.ID = p.Advisory
	}
	if subject.IsRPM(p.Ecosystem) {
		s.ranges, s.target = rpmRanges(p), b.texts.id(moduleStream(p))
	}
	if len(p.Ranges) == 0 || !subject.IsDistribution(p.Ecosystem) {
		s.ranges = slices.Grow(slices.Clip(s.ranges), len(p.Versions)) // of its own: p keeps its ranges
		for _, v := range p.Versions {
			s.ranges = append(s.ranges, intel.Range{Exact: v})
		}
	}
	return s
}
