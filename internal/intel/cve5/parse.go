package cve5

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// A record beyond these limits is refused; the largest real ones have 1 MB and some hundred
// entries.
const (
	maxRecord  = 16 << 20
	maxEntries = 5000
)

// decode reads one CVE record.
func decode(doc intel.Document) ([]intel.Record, error) {
	var r record
	if err := intel.Unmarshal(doc, &r); err != nil {
		return nil, err
	}
	if !intel.IsCVE(r.Metadata.ID) {
		return nil, doc.Odd("cveId %.40q: want a CVE identifier", r.Metadata.ID)
	}
	if n := r.entries(); n > maxEntries {
		return nil, doc.Odd("%d affected entries: %w", n, intel.ErrTooLarge)
	}
	var out intel.Record
	var err error
	switch r.Metadata.State {
	case rejected:
		out = intel.Record{Source: r.Metadata.ID, CVE: &intel.CVE{ID: r.Metadata.ID, Rejected: true}}
	case published:
		out, err = r.read()
	default:
		err = fmt.Errorf("state %.40q: want PUBLISHED or REJECTED", r.Metadata.State)
	}
	if err != nil {
		return nil, doc.Odd("%w", err)
	}
	out.Publisher = publisher(doc.Name)
	out.Published, out.Modified = intel.ParseTime(r.Metadata.Published), intel.ParseTime(r.Metadata.Updated)
	if r.absurd != nil {
		return []intel.Record{out}, doc.Odd("%w", r.absurd)
	}
	return []intel.Record{out}, nil
}

// publisher tells the publishers of CVE records apart by the folders of their archives:
// cves/2024/0xxx/CVE-2024-0001.json in cvelistV5, 2024/0xxx/CVE-2024-0001.json in vulnrichment.
func publisher(name string) string {
	folder := path.Dir(name)
	thousand, year, above := path.Base(folder), path.Base(path.Dir(folder)), path.Base(path.Dir(path.Dir(folder)))
	switch {
	case !strings.HasSuffix(thousand, "xxx") || len(year) != 4 || strings.Trim(year, "0123456789") != "":
		return ""
	case above == "cves":
		return "cvelistV5"
	}
	return "vulnrichment"
}

// entries counts the affected entries of all containers.
func (r *record) entries() int {
	n := len(r.Containers.CNA.Affected)
	for _, adp := range r.Containers.ADP {
		n += len(adp.Affected)
	}
	return n
}

// read makes the record of a published CVE. What it leaves out is in absurd.
func (r *record) read() (intel.Record, error) {
	cve := &intel.CVE{ID: r.Metadata.ID, Published: intel.ParseTime(r.Metadata.Published),
		Updated: intel.ParseTime(r.Metadata.Updated)}
	statement := statement{cve: r.Metadata.ID, assigner: strings.ToLower(r.Metadata.Assigner)}
	out := intel.Record{Source: cve.ID, CVE: cve}

	cna := &r.Containers.CNA
	cna.assess(cve, intel.ByCNA)
	cve.Words = r.words()
	mend(statement.assigner, cna.Affected)
	readPlatforms(cna.Affected)
	platforms := commonPlatforms(cna.Affected)
	if err := statement.add(&out, cna.Affected, intel.ByCNA); err != nil {
		return intel.Record{}, err
	}
	if statement.assigner == "mozilla" {
		cna.nameAdvisory(out.Affected)
	}
	for _, adp := range r.Containers.ADP {
		adp.assess(cve, intel.ByADP)
		readPlatforms(adp.Affected)
		inherit(adp.Affected, platforms)
		if err := statement.add(&out, adp.Affected, intel.ByADP); err != nil {
			return intel.Record{}, err
		}
	}
	out.Aliases, r.absurd = aliases(r), statement.complaint()
	return out, nil
}

// add adds what one container's entries state on products and on packages.
func (s *statement) add(out *intel.Record, entries []product, by intel.Authority) error {
	products, err := s.affected(entries, by)
	if err != nil {
		return err
	}
	packages, err := s.packages(entries, by)
	if err != nil {
		return err
	}
	out.Affected, out.Packages = append(out.Affected, products...), append(out.Packages, packages...)
	return nil
}

// assess adds the container's scores, its word for the severity and evidence of exploitation.
func (c *container) assess(cve *intel.CVE, by intel.Authority) {
	for _, m := range c.Metrics {
		for _, v := range []vector{m.V31, m.V30, m.V40, m.V20} {
			if score, ok := intel.ParseScore(v.Vector, by); ok {
				cve.Scores = append(cve.Scores, score)
			}
		}
		cve.Exploit = max(cve.Exploit, m.exploit())
		cve.KEV = cmp.Or(cve.KEV, m.known())
	}
	cve.Severity = cmp.Or(cve.Severity, c.severity()) // the CNA comes first
	for _, r := range c.References {
		if intel.ShowsExploit(r.URL, r.Tags) {
			cve.Exploit = max(cve.Exploit, intel.ExploitPublic)
		}
	}
}

// exploit reads CISA's SSVC decision and its note that the CVE is in the KEV
// catalog.
func (m *metric) exploit() intel.Exploit {
	switch strings.ToLower(m.Other.Type) {
	case "kev":
		return intel.ExploitVerified
	case "ssvc":
		var decision ssvc
		if json.Unmarshal(m.Other.Content, &decision) != nil {
			return intel.NoExploit
		}
		return decision.exploit()
	}
	return intel.NoExploit
}

func (s ssvc) exploit() intel.Exploit {
	level := intel.NoExploit
	for _, option := range s.Options {
		level = max(level, intel.ExploitOf(option.Exploitation))
	}
	return level
}
