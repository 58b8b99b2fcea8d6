package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// asked are the feeds that are asked about components, by what they have.
type asked struct {
	// feeds are all feeds, by name.
	feeds []coverage.Feed
	// records are the feeds of CVE records: each may name any CPE pair.
	records group
	// ecosystems are the feeds of each ecosystem.
	ecosystems map[string]group
}

// group is some feeds, by name.
type group struct {
	names []string
	// part says that all of them together have only a part of what is published.
	part bool
}

// askedOf lists feeds by what their tables have.
func askedOf(names []string, tables []*table.Table) asked {
	a := asked{ecosystems: map[string]group{}}
	var records []coverage.Feed
	for i, t := range tables {
		f := coverage.Describe(names[i], t)
		a.feeds = append(a.feeds, f)
		ecosystems, pairs := subjectsOf(t)
		for _, name := range ecosystems {
			a.ecosystems[name] = a.ecosystems[name].with(&f, name)
		}
		if f.Kind == intel.CVE5 || f.Kind == intel.NVD || f.Kind == "" && pairs {
			a.records.names = append(a.records.names, f.Name)
			records = append(records, f)
		}
	}
	a.records.names = distinctNames(a.records.names)
	a.records.part = isPart(records)
	return a
}

// isPart reports whether feeds of CVE records have a part of them together. What is not known to be one
// is none.
func isPart(records []coverage.Feed) bool {
	known := !slices.ContainsFunc(records, func(f coverage.Feed) bool { return f.Kind == "" })
	return known && len(records) > 0 && coverage.PartOfCVEs(records...) != ""
}

// subjectsOf lists the ecosystems of a table, and whether it names products.
func subjectsOf(t *table.Table) (ecosystems []string, pairs bool) {
	pairs = len(t.Titles.Vendor) > 0
	for _, key := range t.Subjects.Key {
		ecosystem, isPackage := subject.Ecosystem(t.Texts.Text(key))
		if !isPackage {
			pairs = true
		} else if n := len(ecosystems); n == 0 || ecosystems[n-1] != ecosystem {
			ecosystems = append(ecosystems, ecosystem)
		}
	}
	return distinctNames(ecosystems), pairs
}

// with returns the group with a feed that has an ecosystem: it is whole if one of its feeds is.
func (g group) with(f *coverage.Feed, ecosystem string) group {
	i := slices.IndexFunc(f.Ecosystems, func(e coverage.Ecosystem) bool { return e.Name == ecosystem })
	isPart := i >= 0 && f.Ecosystems[i].Part != ""
	return group{distinctNames(append(g.names, f.Name)), isPart && (g.part || len(g.names) == 0)}
}

func distinctNames(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
