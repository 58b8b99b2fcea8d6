package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// asked are the feeds that are asked about components, by what they have.
type asked struct {
	// records are the feeds of CVE records, ascending: each may name any CPE pair.
	records []string
	// ecosystems has the feeds of each ecosystem, ascending.
	ecosystems map[string][]string
}

// askedOf lists feeds by what their tables have.
func askedOf(names []string, tables []*table.Table) asked {
	a := asked{ecosystems: map[string][]string{}}
	for i, t := range tables {
		records := len(t.Titles.Vendor) > 0
		last := ""
		for _, key := range t.Subjects.Key {
			ecosystem, isPackage := subject.Ecosystem(t.Texts.Text(key))
			if !isPackage {
				records = true
			} else if ecosystem != last {
				last = ecosystem
				a.ecosystems[ecosystem] = append(a.ecosystems[ecosystem], names[i])
			}
		}
		if records {
			a.records = append(a.records, names[i])
		}
	}
	a.records = distinctNames(a.records)
	for ecosystem, names := range a.ecosystems {
		a.ecosystems[ecosystem] = distinctNames(names)
	}
	return a
}

func distinctNames(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
