package scan

import (
	"io"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/vdr"
)

// WriteVDR writes the Vulnerability Disclosure Report of results at the time now; version is the program's. One
// machine is what the report is about. Of several each is a component with its software below it.
func WriteVDR(out io.Writer, version string, results []*Result, now time.Time) error {
	head := vdr.Head{Version: version, Time: now}
	var list []vdr.Component
	var found []*vdr.Vulnerability
	known := map[string]*vdr.Vulnerability{}
	for n, r := range results {
		machine := vdr.Component{Type: "device", Ref: vdr.RefOf("machine", strconv.Itoa(n)), Name: r.Device.Name,
			Properties: r.looked()}
		if software := r.affected(n); len(results) == 1 {
			head.Component, list = &machine, software
		} else {
			machine.Components = software
			list = append(list, machine)
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			if known[f.CVE] == nil {
				known[f.CVE] = vdr.Of(f.facts())
				found = append(found, known[f.CVE])
			}
			f.addTo(known[f.CVE], n)
		}
	}
	w := vdr.NewWriter(out, head)
	for i := range list {
		if err := w.Component(&list[i]); err != nil {
			return err
		}
	}
	for _, v := range found {
		if err := w.Vulnerability(v); err != nil {
			return err
		}
	}
	return w.End()
}

// software is the reference of a finding's software on the machine with a number.
func (f *Finding) software(machine int) string {
	return vdr.RefOf("software", strconv.Itoa(machine), f.Vendor, f.Name, f.Version)
}

// affected lists the software with findings, each once.
func (r *Result) affected(machine int) []vdr.Component {
	list, seen := []vdr.Component{}, map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		ref := f.software(machine)
		if !seen[ref] {
			seen[ref] = true
			id := r.Identifiers[[3]string{f.Vendor, f.Name, f.Version}]
			list = append(list, vdr.Component{Type: "application", Ref: ref, Publisher: f.Vendor, Name: f.Name,
				Version: f.Version, CPE: id.CPE, PURL: id.PURL})
		}
	}
	return list
}

// looked says how far the machine was assessed: a report without vulnerabilities may mean that nobody looked.
func (r *Result) looked() []vdr.Property {
	c := &r.Coverage
	list := []vdr.Property{{Name: "muster:coverage", Value: c.State.String()}}
	if c.Reason != coverage.NoReason {
		list = append(list, vdr.Property{Name: "muster:coverage:reason", Value: c.Reason.String()})
	}
	return append(list, vdr.Property{Name: "muster:software", Value: strconv.FormatInt(c.Software.Sum(), 10)},
		vdr.Property{Name: "muster:software:notAssessed", Value: strconv.FormatInt(c.Software.Of(coverage.NotAssessed), 10)})
}

// facts are what is known of the CVE of a finding.
func (f *Finding) facts() vdr.Facts {
	return vdr.Facts{ID: f.CVE, Severity: f.Severity, Score: f.CVSS, Vector: f.Vector, Exploitability: f.Exploit,
		KEV: f.KEV, EPSS: f.EPSS, Published: f.Published, Updated: f.Updated}
}

// addTo notes that a machine's software is affected, and what mends it.
func (f *Finding) addTo(v *vdr.Vulnerability, machine int) {
	v.Affect(f.software(machine), f.Version)
	v.Mend(f.Name, vdr.UpdateTo(f.FixVersion), "", "")
	v.Mend(f.Name, f.update(), f.FixID, f.FixURL)
}
