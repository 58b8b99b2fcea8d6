package nvd

import (
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// maxRecord bounds one CVE in bytes; the largest real ones have about 2 MB.
const maxRecord = 16 << 20

// overrides is the name of the feed of configurations that NVD lacks.
const overrides = "overrides"

// decode reads one member of a page or feed, or one override.
func decode(doc intel.Document) ([]intel.Record, error) {
	if !isRecord(doc.Name) {
		return nil, intel.NotRecord(doc)
	}
	var r record
	if err := intel.Unmarshal(doc, &r); err != nil {
		return nil, err
	}
	override := r.CVE.ID == ""
	if override {
		r.CVE.ID = r.Annotation.ID
	}
	if !intel.IsCVE(r.CVE.ID) {
		return nil, doc.Odd("id %.40q: want a CVE identifier", r.CVE.ID)
	}
	out := intel.Record{Source: r.CVE.ID, Published: intel.ParseTime(r.CVE.Published),
		Modified: intel.ParseTime(r.CVE.Modified)}
	authority := intel.ByNVD
	if override {
		authority, out.Publisher = intel.ByOther, overrides
		out.Published, out.Modified = intel.ParseTime(r.Annotation.Published), intel.ParseTime(r.Annotation.Modified)
	} else {
		out.CVE = r.facts()
	}
	var err error
	if out.CVE == nil || !out.CVE.Rejected {
		out.Affected, err = affected(r.CVE.ID, r.CVE.Configurations, authority)
	}
	if err != nil {
		err = doc.Odd("%w", err)
	}
	return []intel.Record{out}, err
}

// isRecord reports whether a document is a member of a list or an override, and not another file
// of the overrides' archive, such as the schema.
func isRecord(name string) bool {
	base := path.Base(name)
	return strings.Contains(base, "#") || strings.HasPrefix(base, "CVE-")
}

// facts returns what NVD says about the CVE itself.
func (r *record) facts() *intel.CVE {
	if r.CVE.Status == "Rejected" {
		return &intel.CVE{ID: r.CVE.ID, Rejected: true}
	}
	return &intel.CVE{
		ID:        r.CVE.ID,
		Published: intel.ParseTime(r.CVE.Published),
		Updated:   intel.ParseTime(r.CVE.Modified),
		Scores:    r.CVE.Metrics.scores(),
		Exploit:   r.exploit(),
		Words:     r.words(),
		KEV:       r.known(),
	}
}

// scores returns NVD's own scores and those it passes on, each with its maker's authority.
func (m *metrics) scores() []intel.Score {
	var scores []intel.Score
	for _, list := range [][]metric{m.V31, m.V30, m.V40, m.V2} {
		for _, metric := range list {
			if score, ok := intel.ParseScore(metric.Data.Vector, authority(metric.Source)); ok {
				scores = append(scores, score)
			}
		}
	}
	return scores
}

// authority returns the maker of a score by the source's address: NVD's own; CISA's identifier as
// a publisher; else the CNA.
func authority(source string) intel.Authority {
	switch source {
	case "nvd@nist.gov":
		return intel.ByNVD
	case "134c704f-9b21-4f2e-91b3-4a467353bcc0":
		return intel.ByADP
	}
	return intel.ByCNA
}

// exploit reads CISA's KEV date and SSVC decision and the tags of references.
func (r *record) exploit() intel.Exploit {
	level := intel.NoExploit
	if r.CVE.ExploitAdded != "" {
		level = intel.ExploitVerified
	}
	for _, decision := range r.CVE.Metrics.SSVC {
		for _, option := range decision.Data.Options {
			level = max(level, intel.ExploitOf(option.Exploitation))
		}
	}
	for _, reference := range r.CVE.References {
		if intel.ShowsExploit(reference.URL, reference.Tags) {
			level = max(level, intel.ExploitPublic)
		}
	}
	return level
}

// words returns NVD's description in English, CISA's name of the flaw, and the addresses of exploits.
func (r *record) words() intel.Words {
	w := intel.Words{By: intel.ByNVD, Title: r.CVE.ExploitName}
	for _, d := range r.CVE.Descriptions {
		if d.Language == "en" {
			w.Description = d.Value
			break
		}
	}
	for _, reference := range r.CVE.References {
		if reference.URL != "" && intel.ShowsExploit(reference.URL, reference.Tags) {
			w.ExploitURLs = append(w.ExploitURLs, reference.URL)
		}
	}
	return w
}

// known returns NVD's copy of the CVE's entry in CISA's catalog; nil if there is none.
func (r *record) known() *intel.Exploited {
	if r.CVE.ExploitAdded == "" {
		return nil
	}
	return &intel.Exploited{Added: intel.ParseTime(r.CVE.ExploitAdded), Due: intel.ParseTime(r.CVE.ActionDue),
		Copied: true}
}
