package ubuntu

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/inventory"
)

// The limits of a document: the largest, of flaws in many kernels, have tens of thousands of products.
const (
	maxDocument = 128 << 20
	maxValues   = 5_000_000
)

// author is who writes the documents.
const author = "Canonical Ltd."

// namespace begins the address of the format.
const namespace = "https://openvex.dev/ns"

// IsDocument reports whether a text, of which the end may be missing, begins a document of this feed. has are the
// paths of its members.
func IsDocument(text []byte, has map[string]bool) bool {
	return has["@context"] && has["statements.products"] && bytes.Contains(text, []byte(namespace)) &&
		bytes.Contains(text, []byte(`"`+author+`"`))
}

// document has the fields of a document that are read.
type document struct {
	Context    string      `json:"@context"`
	Author     string      `json:"author"`
	Timestamp  string      `json:"timestamp"`
	Statements []statement `json:"statements"`
}

// statement is what is said of one CVE in some products.
type statement struct {
	Vulnerability struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"vulnerability"`
	Timestamp string `json:"timestamp"`
	Products  []struct {
		ID string `json:"@id"`
	} `json:"products"`
	Status        string `json:"status"`
	Notes         string `json:"status_notes"`
	Justification string `json:"justification"`
	Action        string `json:"action_statement"`
}

var errAuthor = errors.New("the document is not one of Canonical's")

// decode reads a document.
func decode(doc intel.Document) ([]intel.Record, error) {
	var d document
	if err := intel.UnmarshalUpTo(doc, &d, maxValues); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(d.Context, namespace) || len(d.Statements) == 0 {
		return nil, intel.NotRecord(doc)
	}
	if d.Author != author {
		return nil, doc.Odd("%w: %.80q", errAuthor, d.Author)
	}
	return d.records(), nil
}

// records makes the records of a document, in the order in which it names CVEs.
func (d *document) records() []intel.Record {
	var order []string
	said := map[string]*issue{}
	for i := range d.Statements {
		s := &d.Statements[i]
		cve := s.Vulnerability.Name
		if !intel.IsCVE(cve) {
			continue // a name of the tracker's own
		}
		if said[cve] == nil {
			order = append(order, cve)
			said[cve] = &issue{cve: cve, words: s.Vulnerability.Description, said: map[matter]verdict{}}
		}
		said[cve].add(s)
	}
	var records []intel.Record
	for _, cve := range order {
		if r := said[cve].record(); len(r.Packages) > 0 {
			r.Modified = intel.ParseTime(d.Timestamp)
			records = append(records, r)
		}
	}
	return records
}

// issue is what a document says of one CVE.
type issue struct {
	cve, words string
	said       map[matter]verdict
	first      time.Time
}

// matter is a source package of a release, with or without Ubuntu Pro.
type matter struct {
	release, source string
	isPro           bool
}

// verdict is what is said of every version of a package.
type verdict struct {
	status status
	state  intel.FixState
}

// status is whether a package is affected.
type status uint8

const (
	fixed status = iota + 1
	sound
	affected
)

// add notes what a statement says.
func (i *issue) add(s *statement) {
	v, ok := s.verdict()
	if !ok {
		return
	}
	if t := intel.ParseTime(s.Timestamp); i.first.IsZero() || t.Before(i.first) {
		i.first = t
	}
	for _, p := range s.Products {
		m, ok := matterOf(p.ID)
		if was := i.said[m]; ok && was.status < v.status { // who is affected in one way is affected
			i.said[m] = v
		}
	}
}

// verdict reads a statement; false if it says nothing of a package's versions: the package is not in the release, or
// the status is none of OpenVEX.
func (s *statement) verdict() (v verdict, ok bool) {
	switch s.Status {
	case "fixed":
		return verdict{status: fixed}, true
	case "not_affected":
		return verdict{status: sound}, s.Justification != "component_not_present"
	case "under_investigation":
		if strings.Contains(s.Notes, "deferred") {
			return verdict{affected, intel.FixDeferred}, true
		}
		return verdict{sound, intel.FixInvestigated}, true
	case "affected":
		return verdict{affected, stateOf(s.Action)}, true
	}
	return verdict{}, false
}

// stateOf reads what is done about a flaw, by the words with which Canonical begins: "… is no longer supported", "… the
// Ubuntu Security Team decided to not fix it", "… needs fixing". What follows quotes notes of people.
func stateOf(action string) intel.FixState {
	action, _, _ = strings.Cut(action, "CVE Notes")
	switch {
	case strings.Contains(action, "no longer supported"):
		return intel.FixEnded
	case strings.Contains(action, "decided to not fix"):
		return intel.FixDeclined
	case strings.Contains(action, "deferred"):
		return intel.FixDeferred
	}
	return intel.FixPending
}

// matterOf reads the package URL of a product; false if it is no source package of a release of Ubuntu that devices
// have: the FIPS variants and those for some hardware are not told from others by what devices report.
func matterOf(purl string) (matter, bool) {
	p, err := packageurl.FromString(purl)
	if err != nil || p.Type != "deb" || p.Namespace != "ubuntu" {
		return matter{}, false
	}
	q := p.Qualifiers.Map()
	pocket, _, isPocket := strings.Cut(q["distro"], "/")
	isPro := isPocket && strings.HasPrefix(pocket, "esm-")
	if q["arch"] != "source" || isPocket && !isPro {
		return matter{}, false
	}
	id, release, ok := inventory.Distribution(inventory.Distro("ubuntu", q["distro"]))
	return matter{release, p.Name, isPro}, ok && id == "ubuntu" && release != ""
}

// record makes the record of what was noted.
func (i *issue) record() intel.Record {
	r := intel.Record{Source: i.cve, Published: i.first}
	for m, v := range i.said {
		if v, ok := i.settled(m, v); ok {
			r.Packages = append(r.Packages, m.statement(i.cve, v))
		}
	}
	slices.SortFunc(r.Packages, func(a, b intel.Package) int {
		return cmp.Or(cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name))
	})
	if i.words != "" {
		r.CVE = &intel.CVE{ID: i.cve, Words: intel.Words{By: intel.ByDistribution, Description: i.words}}
	}
	return r
}

// settled returns the verdict that counts; false for none. A release whose free support has ended is no longer looked
// at, but with Ubuntu Pro it is: then what is said there counts for both, as far as it is about the flaw and not
// about a fix.
func (i *issue) settled(m matter, v verdict) (verdict, bool) {
	if v.state == intel.FixEnded && !m.isPro {
		if pro, ok := i.said[matter{m.release, m.source, true}]; ok {
			return pro, pro.status == sound
		}
	}
	return v, v.status != fixed
}

func (m matter) statement(cve string, v verdict) intel.Package {
	name, _ := ecosystem.DistributionOf("ubuntu").Wanted(m.release)
	if m.isPro {
		name = "Ubuntu:Pro:" + m.release + ":LTS"
	}
	return intel.Package{CVEs: []string{cve}, Ecosystem: name, Name: m.source, Own: true,
		Ranges: []intel.Range{{Unaffected: v.status == sound}}, Fix: intel.Fix{State: v.state}}
}
