package xccdf

import (
	"cmp"
	"encoding/xml"
	"github.com/muster-project/muster/internal/inventory/markup"
	"slices"
	"strings"
)

const (
	// maxReference bounds a reference, in bytes.
	maxReference = 120
	// maxReferences bounds the references of a rule; content of OpenSCAP has a hundred.
	maxReferences = 16
	// maxOfPublisher bounds the references to one publisher.
	maxOfPublisher = 4
)

// publishers say by the address of a reference what its text is a number of, those that people look for first. The
// addresses are those of the SCAP Security Guide.
var publishers = [...]struct{ address, name string }{
	{"cisecurity.org/benchmark", "CIS"},
	{"benchmarks.cisecurity.org", "CIS"},
	{"/stigs/downloads", "STIG"},
	{"/cci", ""}, // CCI-000366 says itself what it is
	{"800-53", "NIST SP 800-53"},
	{"pcisecuritystandards.org", "PCI DSS"},
	{"ssi.gouv.fr", "ANSSI"},
	{"800-171", "NIST SP 800-171"},
	{"NIST.CSWP", "NIST CSF"},
	{"cisecurity.org/controls", "CIS control"},
	{"iso.org/standard/54534", "ISO 27001"},
	{"title45", "HIPAA"},
	{"fbi.gov", "CJIS"},
	{"niap-ccevs.org", "NIAP"},
	{"nerc.com", "NERC CIP"},
	{"62443", "IEC 62443"},
	{"isaca.org", "COBIT"},
}

// references are those of a rule, by their rank.
type references struct{ all []reference }

type reference struct {
	rank int
	text string
}

// reference reads a reference, an identifier or the version of a rule.
func (x *reader) reference(e xml.StartElement, known *references) error {
	text, err := x.text(maxReference)
	text = strings.Join(strings.Fields(text), " ")
	if err != nil || text == "" {
		return err
	}
	known.add(e.Name.Local, markup.Attribute(e, "href")+markup.Attribute(e, "system"), text)
	return nil
}

// add adds a reference with its address. Only the best are kept.
func (r *references) add(kind, address, text string) {
	rank := len(publishers)
	for i, p := range publishers {
		if strings.Contains(address, p.address) {
			rank, text = i, strings.TrimSpace(p.name+" "+text)
			break
		}
	}
	if kind != "reference" {
		rank = -1 // an identifier is the rule's own
	}
	r.all = append(r.all, reference{rank, text})
	if len(r.all) > 8*maxReferences {
		r.trim()
	}
}

// trim leaves the best references.
func (r *references) trim() {
	slices.SortStableFunc(r.all, func(a, b reference) int { return cmp.Compare(a.rank, b.rank) })
	seen, of := map[reference]bool{}, map[int]int{}
	r.all = slices.DeleteFunc(r.all, func(one reference) bool {
		if of[one.rank]++; seen[one] || of[one.rank] > maxOfPublisher {
			return true
		}
		seen[one] = true
		return false
	})
	r.all = r.all[:min(len(r.all), maxReferences)]
}

// best returns the best references, in order.
func (r *references) best() []string {
	r.trim()
	var texts []string
	for _, one := range r.all {
		texts = append(texts, one.text)
	}
	return texts
}
