package secdb

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// The publishers, by their ecosystems.
const (
	alpine     = "Alpine"
	wolfi      = "Wolfi"
	chainguard = "Chainguard"
)

// isBranch is the name of a release of Alpine, or of what is not released.
var isBranch = regexp.MustCompile(`^(v[0-9]+\.[0-9]+|edge)$`)

// entry is a member of the list of packages.
type entry struct {
	Pkg struct {
		Name string
		// Fixes are the flaws that a version fixed.
		Fixes map[string][]string `json:"secfixes" yaml:"secfixes"`
	}
}

// list is a whole document.
type list struct {
	Repository string `yaml:"reponame"`
	Branch     string `yaml:"distroversion"`
	Origin     string `yaml:"urlprefix"`
	Packages   []entry
}

// never is the version of flaws that a package never had.
const never = "0"

func decode(doc intel.Document) ([]intel.Record, error) {
	if doc.Listing == nil {
		return decodeList(doc)
	}
	where := ecosystemOf(doc.Listing)
	if where == "" {
		return nil, doc.Odd("repository %.80q of %.80q, release %.40q: no publisher that is known, or named after the list",
			doc.Listing.Repository, doc.Listing.Origin, doc.Listing.Branch)
	}
	var e entry
	if err := intel.Unmarshal(doc, &e); err != nil {
		return nil, err
	}
	return e.records(where, doc)
}

// decodeList decodes a document in YAML.
func decodeList(doc intel.Document) ([]intel.Record, error) {
	if !intel.IsYAML(doc.Name) {
		return nil, intel.NotRecord(doc)
	}
	var l list
	var odd error
	if err := yaml.Unmarshal(doc.Data, &l); err != nil {
		if odd = doc.Odd("%w", err); !isShape(err) {
			return nil, odd
		}
	}
	listing := &intel.Listing{Repository: l.Repository, Branch: l.Branch, Origin: l.Origin}
	where := ecosystemOf(listing)
	if where == "" {
		return nil, doc.Odd("repository %.80q of %.80q, release %.40q: no publisher that is known", l.Repository, l.Origin,
			l.Branch)
	}
	var records []intel.Record
	for i := range l.Packages {
		some, err := l.Packages[i].records(where, doc)
		records, odd = append(records, some...), cmp.Or(odd, err)
	}
	for i := range records {
		records[i].Listing = listing
	}
	return records, odd
}

// isShape reports whether an error is about single values of another shape: all others were decoded.
func isShape(err error) bool {
	_, is := errors.AsType[*yaml.TypeError](err)
	return is
}

// ecosystemOf returns the ecosystem that a list is of; empty if it is not known.
func ecosystemOf(l *intel.Listing) string {
	u, err := url.Parse(l.Origin)
	if err != nil {
		return ""
	}
	switch host := u.Hostname(); {
	case within(host, "alpinelinux.org") && isBranch.MatchString(l.Branch):
		return alpine + ":" + l.Branch
	case within(host, "wolfi.dev"):
		return wolfi
	case within(host, "cgr.dev"):
		return chainguard
	}
	return ""
}

func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

var errNoName = errors.New("the package has no name")

// records returns what is said of a package: a record for each flaw. A version that cannot be compared is left out
// and told.
func (e *entry) records(where string, doc intel.Document) (records []intel.Record, odd error) {
	if e.Pkg.Name == "" {
		return nil, doc.Odd("%w", errNoName)
	}
	said := map[string]*intel.Package{}
	for _, v := range slices.Sorted(maps.Keys(e.Pkg.Fixes)) {
		r, fix := intel.Range{High: v}, intel.Fix{Available: true}
		if v == never {
			r, fix = intel.Range{Unaffected: true}, intel.Fix{}
		} else if _, err := version.Parse(version.Alpine, v); err != nil || v == "" {
			odd = doc.Odd("package %.80q: version %.80q cannot be compared", e.Pkg.Name, v)
			continue
		}
		for _, id := range flaws(e.Pkg.Fixes[v]) {
			p := said[id]
			if p == nil {
				p = &intel.Package{CVEs: []string{id}, Ecosystem: where, Name: e.Pkg.Name, Own: true}
				said[id] = p
			}
			p.Ranges, p.Fix.Available = append(p.Ranges, r), p.Fix.Available || fix.Available
		}
	}
	for _, id := range slices.Sorted(maps.Keys(said)) {
		records = append(records, intel.Record{Source: id, Packages: []intel.Package{*said[id]}})
	}
	return records, odd
}

// beginsWithCVE is a word that begins with a CVE, also in a slip of the pen, and goes on with the number of a patch or
// the end of its file's name: "CVE_2019-2426", "CVE-2017-17434-1", "CVE-2019-19451.patch".
var beginsWithCVE = regexp.MustCompile(`^CVE[-_]([0-9]{4}-[0-9]{4,})(?:[^0-9].*)?$`)

// flaws returns the vulnerabilities that a list names. Of a line with CVEs only these count: what follows are other
// names, and words. Ids of GitHub and of Chainguard are mostly other names of the CVEs in the list, so they
// count where it has none.
func flaws(lines []string) (ids []string) {
	aliases := []string{}
	for _, line := range lines {
		var others []string
		found := false
		for _, word := range strings.Fields(line) {
			word = strings.Trim(word, ",;()")
			if m := beginsWithCVE.FindStringSubmatch(word); m != nil {
				word = "CVE-" + m[1]
			}
			switch {
			case intel.IsCVE(word):
				ids, found = append(ids, word), true
			case strings.HasPrefix(word, "GHSA-") || strings.HasPrefix(word, "CGA-"):
				aliases = append(aliases, word)
			case intel.IsVulnerability(word) && strings.ToUpper(word) == word:
				others = append(others, word)
			}
		}
		if !found {
			ids = append(ids, others...)
		}
	}
	if !slices.ContainsFunc(ids, intel.IsCVE) {
		for _, id := range aliases {
			if strings.HasPrefix(id, "GHSA-") && intel.IsVulnerability(id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// IsBeginning reports whether a text begins as a list in YAML does.
func IsBeginning(text []byte) bool {
	return !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) &&
		bytes.Contains(text, []byte("\nreponame: ")) && bytes.Contains(text, []byte("\npackages:"))
}
