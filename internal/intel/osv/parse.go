package osv

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

var (
	errNoID    = errors.New("the advisory has no id")
	errNoMatch = errors.New("the advisory names no package")
)

func decode(doc intel.Document) ([]intel.Record, error) {
	var a advisory
	if err := intel.Unmarshal(doc, &a); err != nil {
		return nil, err
	}
	if a.ID == "" {
		return nil, doc.Odd("%w", errNoID)
	}
	if a.Withdrawn != "" {
		return nil, nil
	}
	record, err := a.read()
	if err != nil {
		return nil, doc.Odd("%w", err)
	}
	return []intel.Record{record}, nil
}

// read makes an advisory's record. If one package cannot be read, the whole advisory is refused:
// half of it could hide a fix.
func (a *advisory) read() (intel.Record, error) {
	record := intel.Record{Source: a.ID, Published: intel.ParseTime(a.Published), Modified: intel.ParseTime(a.Modified)}
	cves, fix := a.vulnerabilities(), a.fix()
	for _, affected := range a.Affected {
		p, err := affected.read()
		if err != nil {
			return intel.Record{}, err
		}
		p.CVEs, p.Advisory, p.Severity = cves, a.ID, a.severity(&affected)
		if p.Fix.Available {
			p.Fix = subscribed(&p, fix)
		}
		record.Packages = append(record.Packages, p)
	}
	record.CVE = a.told(cves)
	return record, nil
}

// word returns the severity in words of a list, which holds numbers otherwise.
func word(list []severity) intel.Severity {
	worst := intel.SeverityUnknown
	for _, s := range list {
		worst = max(worst, intel.ParseSeverity(s.Score))
	}
	return worst
}

// severity returns the advisory's word for one of its packages: the package's own, else the
// advisory's, of which that of the ecosystem comes first. Malware is critical unless it says otherwise.
func (a *advisory) severity(of *affected) intel.Severity {
	word := cmp.Or(word(of.Severity), of.EcosystemSpecific.severity, of.DatabaseSpecific.severity, word(a.Severity),
		a.DatabaseSpecific.severity, intel.SummarySeverity(a.Summary))
	if word == intel.SeverityUnknown && a.isMalware() {
		return intel.SeverityCritical
	}
	return word
}

// told returns the vulnerability with the advisory's scores and words, if the advisory is about one.
func (a *advisory) told(cves []string) *intel.CVE {
	if len(cves) != 1 {
		return nil
	}
	cve := &intel.CVE{ID: cves[0], Words: a.words(cves[0])}
	if !intel.IsCVE(cve.ID) { // there is no other record than advisories
		cve.Published, cve.Updated = intel.ParseTime(a.Published), intel.ParseTime(a.Modified)
		for i := range a.Affected {
			cve.Severity = max(cve.Severity, a.severity(&a.Affected[i]))
		}
	}
	lists := [][]severity{a.Severity}
	for _, affected := range a.Affected {
		lists = append(lists, affected.Severity)
	}
	for _, s := range slices.Concat(lists...) {
		score, ok := intel.ParseScore(s.Score, intel.ByDistribution)
		if ok && strings.HasPrefix(s.Type, "CVSS_") && !slices.Contains(cve.Scores, score) {
			cve.Scores = append(cve.Scores, score)
		}
	}
	if len(cve.Scores) == 0 && cve.Words.IsEmpty() && intel.IsCVE(cve.ID) {
		return nil
	}
	return cve
}

func (a *affected) read() (intel.Package, error) {
	p := intel.Package{Ecosystem: a.Package.Ecosystem, Name: a.Package.Name, PURL: a.Package.PURL}
	if p.Ecosystem == "" || p.Name == "" {
		return p, errNoMatch
	}
	if e, _ := ecosystem.Of(p.Ecosystem); e.Named == ecosystem.BySource || e.Named == ecosystem.ByEither {
		p.Binaries = a.EcosystemSpecific.binaries
	}
	scheme, ordered := ecosystem.SchemeOf(p.Ecosystem)
	if !ordered {
		p.Versions = a.Versions // nothing can compare them; they are counted
		return p, nil
	}
	var affected []span
	for _, r := range a.Ranges {
		if r.Type == "GIT" {
			continue
		}
		spans, err := r.spans(scheme)
		if err != nil {
			return p, fmt.Errorf("package %.80q: %w", p.Name, err)
		}
		affected = append(affected, spans...)
	}
	for _, s := range affected {
		p.Ranges = append(p.Ranges, s.versions())
		p.Fix.Available = p.Fix.Available || s.high != nil && !s.included
	}
	p.Versions = beside(affected, scheme, a.Versions)
	return p, nil
}
