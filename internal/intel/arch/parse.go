package arch

import (
	"bytes"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// group has the fields of a group that are read.
type group struct {
	Name                         string
	Packages, Issues, Advisories []string
	Fixed, Severity, Status      string
}

// page is where the tracker shows groups and advisories.
const page = "https://security.archlinux.org/"

func decode(doc intel.Document) ([]intel.Record, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(doc.Data), []byte("[")) {
		return nil, intel.NotRecord(doc)
	}
	var records []intel.Record
	var odd error // the first
	err := intel.UnmarshalList(doc, func(at int, g *group) error {
		ranges, fix := g.says()
		if ranges == nil || !intel.IsAdvisory(g.Name) || len(g.Packages) == 0 || slices.Contains(g.Packages, "") {
			if odd == nil {
				odd = doc.Odd("group %d, %.40q: status %.40q, fixed in %.80q", at, g.Name, g.Status, g.Fixed)
			}
			return nil
		}
		records = append(records, g.record(ranges, fix))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return records, odd
}

// says returns which versions are affected, and what is said of a fix; no ranges if it says nothing that is known.
func (g *group) says() ([]intel.Range, intel.Fix) {
	until := intel.Range{High: g.Fixed}
	if _, err := version.Parse(version.Pacman, g.Fixed); g.Fixed != "" && err != nil {
		return nil, intel.Fix{}
	}
	switch g.Status {
	case "Fixed":
		if g.Fixed == "" {
			return nil, intel.Fix{}
		}
		return []intel.Range{until}, intel.Fix{Available: true}
	case "Testing", "Vulnerable": // a fix, if there is one, is not in the repositories that machines use
		return []intel.Range{until}, intel.Fix{State: intel.FixPending}
	case "Not affected":
		return []intel.Range{{Unaffected: true}}, intel.Fix{}
	case "Unknown":
		return []intel.Range{{Unaffected: true}}, intel.Fix{State: intel.FixInvestigated}
	}
	return nil, intel.Fix{}
}

// record is what a group says of its packages. A group without a CVE is a vulnerability of its own.
func (g *group) record(ranges []intel.Range, fix intel.Fix) intel.Record {
	ids := slices.DeleteFunc(slices.Clone(g.Issues), func(id string) bool { return !intel.IsCVE(id) })
	if len(ids) == 0 {
		ids = []string{g.Name}
	}
	slices.Sort(ids)
	record := intel.Record{Source: g.Name}
	for _, name := range g.Packages {
		p := intel.Package{CVEs: slices.Compact(ids), Ecosystem: "Arch Linux", Name: name, Own: true, Ranges: ranges, Fix: fix,
			Severity: intel.ParseSeverity(g.Severity)}
		if fix.Available {
			p.Fix.ID = g.advisory()
			p.Fix.Title, p.Fix.URL = name+" "+g.Fixed, page+p.Fix.ID
		}
		record.Packages = append(record.Packages, p)
	}
	return record
}

// advisory returns the advisory of the group, if it is one, else the group. Groups of several packages have an
// advisory for each, and do not say for which.
func (g *group) advisory() string {
	if len(g.Advisories) == 1 && strings.HasPrefix(g.Advisories[0], "ASA-") && intel.IsAdvisory(g.Advisories[0]) {
		return g.Advisories[0]
	}
	return g.Name
}
