package sofa

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// line has the fields of a major version that are read.
type line struct {
	SecurityReleases []release
}

// release has the fields of a release that are read.
type release struct {
	UpdateName, ProductName, ProductVersion string
	ReleaseDate, SecurityInfo               string
	CVEs                                    map[string]json.RawMessage
	ActivelyExploitedCVEs                   []string
}

func decode(doc intel.Document) ([]intel.Record, error) {
	if !strings.Contains(doc.Name, "#") {
		return nil, intel.NotRecord(doc)
	}
	var l line
	if err := intel.Unmarshal(doc, &l); err != nil {
		return nil, err
	}
	if len(l.SecurityReleases) == 0 {
		return nil, doc.Odd("no releases")
	}
	if !slices.ContainsFunc(l.SecurityReleases, func(r release) bool { return r.isMacOS() }) {
		return nil, intel.ErrNotRecord
	}
	of, next := subject.MacOSLine(l.SecurityReleases[0].ProductVersion)
	for i := range l.SecurityReleases {
		r := &l.SecurityReleases[i]
		if product, _ := subject.MacOSLine(r.ProductVersion); product == "" || product != of || !r.isMacOS() {
			return nil, doc.Odd("release %.40q, version %.40q: want releases of macOS before %.10q", r.UpdateName,
				r.ProductVersion, next)
		}
	}
	slices.SortStableFunc(l.SecurityReleases, func(a, b release) int {
		return compare(a.ProductVersion, b.ProductVersion)
	})
	return l.records(of, doc)
}

// isMacOS reports whether a release is one of macOS: lists of other systems have the same form.
func (r *release) isMacOS() bool {
	return r.ProductName == "macOS" || strings.HasPrefix(r.UpdateName, "macOS")
}

// records returns what releases, in order of version, say about a product. A CVE that several of them list was
// fixed by the first: later ones list it again when they say more about it.
func (l *line) records(product string, doc intel.Document) (records []intel.Record, err error) {
	newest := &l.SecurityReleases[len(l.SecurityReleases)-1]
	fixed := map[string]bool{}
	for i := range l.SecurityReleases {
		r := &l.SecurityReleases[i]
		for _, cve := range slices.Sorted(maps.Keys(r.CVEs)) {
			if !intel.IsCVE(cve) {
				err = doc.Odd("release %.40q: CVE %.40q: want a CVE identifier", r.UpdateName, cve)
				continue
			}
			if !fixed[cve] {
				fixed[cve] = true
				records = append(records, r.record(cve, product, newest))
			}
		}
	}
	return records, err
}

// record says that a release fixes a CVE: earlier releases of its major version are affected, later ones are
// not. The newest one is named, so that it shows which versions the list does not know.
func (r *release) record(cve, product string, newest *release) intel.Record {
	_, major, _ := strings.Cut(product, "_")
	a := intel.Affected{
		CVE: cve, Part: "o", Vendor: "apple", Product: product, By: intel.ByDistribution, Assigner: "apple",
		Fix: intel.Fix{Title: newest.update(), URL: r.article(), Available: true},
		Versions: []intel.Range{
			{Low: r.ProductVersion, Unaffected: true}, {Exact: newest.ProductVersion, Unaffected: true},
		},
	}
	if compare(major, r.ProductVersion) < 0 { // else the first release has the fix
		a.Versions = append(a.Versions, intel.Range{Low: major, High: r.ProductVersion})
	}
	record := intel.Record{Source: r.UpdateName, Affected: []intel.Affected{a}}
	record.Published = intel.ParseTime(r.ReleaseDate)
	record.Modified = record.Published
	if slices.Contains(r.ActivelyExploitedCVEs, cve) {
		record.CVE = &intel.CVE{ID: cve, Exploit: intel.ExploitVerified}
	}
	return record
}

// update names a release by the number of Apple's article about it ("126353"), else by its own name. An
// article about a release without CVEs is about something else: the list of all releases.
func (r *release) update() string {
	article := r.article()
	if article == "" || len(r.CVEs) == 0 {
		return r.UpdateName
	}
	return article[strings.LastIndex(article, "/")+1:]
}

// article returns the address of Apple's article about a release; "" if there is none.
func (r *release) article() string {
	u, err := url.Parse(r.SecurityInfo)
	if err != nil || u.Scheme != "https" || u.Host != "support.apple.com" || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	number := strings.TrimPrefix(u.Path[strings.LastIndex(u.Path, "/")+1:], "HT")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return r.SecurityInfo
}

// compare compares two versions of macOS.
func compare(a, b string) int { return slices.Compare(version.Key(a), version.Key(b)) }
