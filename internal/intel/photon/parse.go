package photon

import (
	"bytes"
	"regexp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// ecosystem begins the names of releases.
const ecosystem = "Photon OS:"

// entry is what is said of a CVE in a package.
type entry struct {
	CVE     string   `json:"cve_id"`
	Package string   `json:"pkg"`
	Score   *float64 `json:"cve_score"`
	Fixed   string   `json:"res_ver"`
	Status  string
}

// release is the end of a version of Photon OS.
var release = regexp.MustCompile(`\.ph([0-9]+)$`)

func decode(doc intel.Document) ([]intel.Record, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(doc.Data), []byte("[")) {
		return nil, intel.NotRecord(doc)
	}
	var entries []entry
	number := ""
	err := intel.UnmarshalList(doc, func(_ int, e *entry) error {
		entries = append(entries, *e)
		m := release.FindStringSubmatch(e.Fixed)
		if m != nil && number != "" && m[1] != number {
			return doc.Odd("versions of two releases, %q and %q", number, m[1])
		}
		if m != nil {
			number = m[1]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if number == "" {
		return nil, doc.Odd("no version names the release")
	}
	var records []intel.Record
	var odd error // the first
	left := 0
	for i := range entries {
		p, ok := entries[i].says()
		if !ok {
			e := entries[i]
			left++
			if odd == nil {
				odd = doc.Odd("%.40q in %.80q: status %.40q, fixed in %.80q", e.CVE, e.Package, e.Status, e.Fixed)
			}
			continue
		}
		p.Ecosystem = ecosystem + number + ".0"
		records = append(records, intel.Record{Source: p.CVEs[0], Packages: []intel.Package{p}})
	}
	if left > 1 {
		odd = doc.Odd("%d entries say nothing that is read; the first: %w", left, odd)
	}
	return records, odd
}

// says returns which versions of a package are affected; false if that is not said, or not in a known form. An
// entry that is fixed in no version says nothing. Older lists have no status, and only what is fixed.
func (e *entry) says() (p intel.Package, ok bool) {
	if !intel.IsVulnerability(e.CVE) || e.Package == "" {
		return p, false
	}
	p = intel.Package{CVEs: []string{e.CVE}, Name: e.Package, Own: true}
	if e.Score != nil && *e.Score >= 0 && *e.Score <= 10 {
		p.Severity = intel.SeverityOf(*e.Score)
	}
	switch {
	case e.Status == "Not Affected":
		p.Ranges = []intel.Range{{Unaffected: true}}
		return p, true
	case (e.Status == "Fixed" || e.Status == "") && release.MatchString(e.Fixed):
		if _, err := version.Parse(version.RPM, e.Fixed); err != nil {
			return p, false
		}
		p.Ranges, p.Fix = []intel.Range{{High: e.Fixed}}, intel.Fix{Available: true}
		return p, true
	}
	return p, false
}
