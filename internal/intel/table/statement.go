package table

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
)

// statement is a row of Statements while a table is built: texts and fixes are numbers of the
// builder, key is a text or a title.
type statement struct {
	key, cve, source     uint32
	target, edition, fix uint32
	first, end           uint32 // of its ranges
	platforms            subject.Platforms
	trust                Trust
}

// bounds is a row of Ranges.
type bounds struct {
	exact, low, high uint32
	flags            byte
}

// facts is what the feed says about a CVE itself.
type facts struct {
	told, rejected bool
	exploit        intel.Exploit
	score          Score
	vector         uint32 // of the score
	severity       intel.Severity
	published      uint64
	updated        uint64
}

// add merges what one record says. The result does not depend on the order of records: rejected
// wins, then the earliest publication and the latest update, the most trusted score, the highest severity,
// and the highest level of exploit.
func (f *facts) add(c *intel.CVE, texts *interner) {
	f.rejected = f.rejected || c.Rejected
	f.exploit, f.severity = max(f.exploit, c.Exploit), max(f.severity, c.Severity)
	f.published, f.updated = Earlier(f.published, secondsOf(c.Published)), Later(f.updated, secondsOf(c.Updated))
	for _, s := range c.Scores {
		next := scoreOf(s)
		if next.IsBefore(f.score, s.Vector, texts.texts[f.vector]) {
			f.score, f.vector = next, texts.id(s.Vector)
		}
	}
}

// Earlier returns the earlier of two times in a column; if one is unknown, the other.
func Earlier(a, b uint64) uint64 {
	if a == Unknown || b != Unknown && int64(b) < int64(a) {
		return b
	}
	return a
}

// Later returns the later of two times in a column; if one is unknown, the other.
func Later(a, b uint64) uint64 {
	if a == Unknown || b != Unknown && int64(b) > int64(a) {
		return b
	}
	return a
}

func exploitedOf(e *intel.Exploited) Exploited {
	x := Exploited{Added: secondsOf(e.Added), Due: secondsOf(e.Due)}
	if e.Ransomware {
		x.Flags |= Ransomware
	}
	if e.Copied {
		x.Flags |= Copied
	}
	return x
}

// With returns the entry of two sources: CISA's own counts, else what copies know together. Of dates
// that differ the earlier one counts.
func (e Exploited) With(other Exploited) Exploited {
	switch c := cmp.Compare(e.Flags&Copied, other.Flags&Copied); {
	case c < 0:
		return e
	case c > 0:
		return other
	}
	return Exploited{Earlier(e.Added, other.Added), Earlier(e.Due, other.Due), e.Flags | other.Flags}
}

// usable reports whether a range of a CPE statement may lead to a finding. A range without bounds
// says "every version": a CNA means that, even with exceptions, but a CPE without a version is not
// evidence (matching.md, 3.3, trap 7).
func usable(r intel.Range, by intel.Authority) bool {
	unbounded := r.Exact == "" && r.High == "" && (r.Low == "" || r.Low == "0")
	return r.Unaffected || !unbounded || by == intel.ByCNA
}

// affected reads a statement on a CPE pair or a vendor and product text; ok is false if it cannot
// lead to a finding.
func affected(a *intel.Affected) (s statement, ranges []intel.Range, ok bool) {
	set, _ := subject.TargetPlatforms(a.TargetSW)
	s = statement{platforms: set & subject.Required(a), trust: trustOf(a)}
	for _, r := range a.Versions {
		if isJava(a.Product) {
			r = javaBounds(r)
		}
		if usable(r, a.By) {
			ranges = append(ranges, r)
		}
	}
	return s, ranges, len(ranges) > 0 && s.platforms != subject.Nowhere && intel.IsCVE(a.CVE)
}

// packageRanges returns the versions that an advisory on a package is about.
func packageRanges(p *intel.Package) []intel.Range {
	ranges := p.Ranges
	if subject.IsRPM(p.Ecosystem) {
		ranges = rpmRanges(p)
	}
	ranges = slices.Grow(slices.Clip(ranges), len(p.Versions)) // a copy: p keeps its ranges
	for _, v := range p.Versions {
		ranges = append(ranges, intel.Range{Exact: v})
	}
	return ranges
}

// rpmRanges returns an advisory's ranges without those of another major release (a few of
// AlmaLinux's name ".el8" versions for 9), and without the part from ".module" on in versions: it
// is the build of the module, which related distributions number differently.
func rpmRanges(p *intel.Package) []intel.Range {
	_, release, _ := strings.Cut(p.Ecosystem, ":")
	var ranges []intel.Range
	for _, r := range p.Ranges {
		if !ofRelease(r.High, release) || !ofRelease(r.Exact, release) {
			continue
		}
		for _, bound := range [...]*string{&r.Low, &r.High, &r.Exact} {
			*bound = subject.WithoutModule(*bound)
		}
		ranges = append(ranges, r)
	}
	return ranges
}

// ofRelease reports whether a version's ".elN", if any, is that of release.
func ofRelease(v, release string) bool {
	i := strings.Index(v, ".el")
	if i < 0 || release == "" || strings.Trim(release, "0123456789") != "" {
		return true
	}
	rest := v[i+len(".el"):]
	n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	return n == 0 || rest[:n] == release
}

// moduleStream returns the module and stream of an advisory ("nodejs:18", if it does not state them from its
// title); empty if its packages are not in a module.
func moduleStream(p *intel.Package) string {
	if p.Module != "" {
		return p.Module
	}
	if !slices.ContainsFunc(p.Ranges, func(r intel.Range) bool { return strings.Contains(r.High, subject.ModuleMark) }) {
		return ""
	}
	for _, word := range strings.Fields(p.Fix.Title) {
		module, stream, ok := strings.Cut(strings.Trim(word, ",;()"), ":")
		if ok && module != "" && stream != "" && !strings.HasPrefix(module, "AL") {
			return module + ":" + stream
		}
	}
	return ecosystem.UnknownStream
}
