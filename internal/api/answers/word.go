package answers

import (
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// aboutOneCVE reports whether the filter asks for a CVE, whatever else is true of it: only then do rows, and that there
// are none, say something about the CVE.
func (f *filter) aboutOneCVE() bool {
	return f.cve != "" && f.severities == nil && !f.exploited && !f.ofCatalog() && f.since.IsZero() && f.fixable == nil &&
		f.text == "" && f.software == ""
}

// judge says what may be said of the CVE that was asked for, and tells what is known of it if no row has it.
func (q *question) judge(reply *control.VulnerabilityRows, found int64, wordy bool) {
	_, known := q.know.catalog.About(q.filter.cve)
	reply.Verdict = coverage.WordOfFleet(known, found, lookedAt(reply.Coverage)).String()
	if of := q.know.of(q.filter.cve); found == 0 && of.list != nil {
		one := &weakness{known: of, worst: &projection.Finding{CVE: q.filter.cve, Score: of.Score,
			Severity: assess.SeverityOf(of.CVE), Exploitability: assess.Exploitability(of.Exploit)}}
		row := one.row(0, wordy)
		row.Versions = []string{}
		reply.Known = &row
	}
}

// lookedAt counts the devices that were assessed at least partly.
func lookedAt(c *counts.Coverage) (n int64) {
	if c == nil {
		return 0
	}
	for _, one := range c.Devices {
		if one.State == coverage.Assessed.String() || one.State == coverage.Partly.String() {
			n += one.Count
		}
	}
	return n
}
