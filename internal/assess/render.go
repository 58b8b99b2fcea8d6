package assess

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/row"
)

// rendering returns the pieces for a component, and renders them at the first call.
func (a *Assessor) rendering(component catalog.Component) *rendering {
	if r, ok := a.renderings[component]; ok {
		return r
	}
	r := a.shared(component)
	if a.rendered += r.size(); a.rendered > maxRendered {
		clear(a.renderings)
		a.rendered = r.size()
	}
	a.renderings[component] = r
	return r
}

// shared renders a component. Devices whose lists of updates give the same answer share the pieces.
func (a *Assessor) shared(component catalog.Component) *rendering {
	reduced := catalog.Reduced(a.catalog, component)
	if reduced == component {
		return a.render(component)
	}
	r := *a.rendering(reduced)
	r.key, r.isShared = ComponentKey(component), true
	return &r
}

func (a *Assessor) render(component catalog.Component) *rendering {
	v := a.catalog.Verdict(component)
	end, next := endOfSupport(v, a.now, a.settings.UpcomingEnd)
	identity := row.SoftwareKey{Vendor: v.Vendor, Name: v.Name, Version: v.Version}
	clean := row.Vulnerability{SoftwareKey: identity, EndOfSupport: end, Exploitability: defender.NoExploit}
	r := &rendering{
		key: ComponentKey(component), fingerprint: v.Fingerprint, product: v.Product,
		software: identity.Piece(end), clean: clean.Piece(), next: next, coverage: v.Coverage,
		findings: make([]finding, 0, len(v.Hits)),
	}
	r.excepted = a.excepted.of(a.catalog, component, r.key)
	for i := range v.Hits {
		h := &v.Hits[i]
		full := row.Vulnerability{
			SoftwareKey: identity, EndOfSupport: end,
			CVE: h.CVE, Score: h.Score, Scored: h.Scored, Severity: Severity(h.Severity),
			Exploitability:  Exploitability(h.Exploit),
			Update:          updateOf(v.Vendor, h),
			UpdateAvailable: h.Fix.Available,
		}
		full.BatchTitle, full.BatchURL = batchOf(v.Vendor, v.Name, h)
		made := finding{cve: h.CVE, severity: full.Level(), piece: full.Piece()}
		if r.mayBeMarked(h.CVE) {
			full.MitigationStatus = defender.UnderException
			marked := full.Piece()
			made.marked = &marked
		}
		if intel.IsCVE(h.CVE) {
			r.findings = append(r.findings, made)
		} else {
			r.advisories = append(r.advisories, made)
		}
	}
	return r
}

// SeverityOf returns the severity of a CVE as rows spell it: that of its score, or else the word of its records.
func SeverityOf(c cve.CVE) string {
	if c.Scored {
		return defender.Severity(c.Score, true)
	}
	return Severity(c.Severity)
}

// Severity returns a word for a severity in the spelling of rows; "" if it is unknown.
func Severity(s intel.Severity) string {
	switch s {
	case intel.SeverityNone:
		return defender.SeverityNone
	case intel.SeverityLow:
		return defender.SeverityLow
	case intel.SeverityMedium:
		return defender.SeverityMedium
	case intel.SeverityHigh:
		return defender.SeverityHigh
	case intel.SeverityCritical:
		return defender.SeverityCritical
	}
	return ""
}

// Exploitability returns the level of exploits in the spelling of rows.
func Exploitability(e intel.Exploit) string {
	switch e {
	case intel.ExploitPublic:
		return defender.ExploitIsPublic
	case intel.ExploitVerified:
		return defender.ExploitIsVerified
	case intel.ExploitInKit:
		return defender.ExploitIsInKit
	}
	return defender.NoExploit
}
