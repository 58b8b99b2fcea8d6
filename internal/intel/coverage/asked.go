package coverage

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// Asked are the feeds that are asked about components, by what they have.
type Asked struct {
	// Feeds are all feeds, by name.
	Feeds []Feed
	// Records are the feeds of CVE records: each may name any CPE pair.
	Records Group
	// Releases are the feeds of Apple's releases of macOS, Updates those of Microsoft's updates.
	Releases, Updates Group
	// Ecosystems are the feeds of each ecosystem.
	Ecosystems map[string]Group
}

// Group is some feeds, by name.
type Group struct {
	Names []string
	// Part says that all of them together have only a part of what is published.
	Part bool
}

// Completed returns the answer on a piece of software. Of an operating system it names the maker's own list that would
// tell more, where no feed has it and nothing else is wanted: Microsoft's updates, Apple's releases.
func (a Asked) Completed(answer Answer, isSystem bool, platform string) Answer {
	if !isSystem || answer.Wants != "" || answer.Reason == ReleaseUnknown || answer.Reason == BuildNewer {
		return answer
	}
	kind := intel.Kind("")
	switch {
	case strings.HasPrefix(platform, "Windows"):
		kind = intel.MSRC
	case platform == "macOS":
		kind = intel.SOFA
	}
	if !slices.ContainsFunc(a.Feeds, func(f Feed) bool { return f.Kind == kind }) {
		answer.Wants = string(kind)
	}
	return answer
}

// AskedOf lists feeds by what their tables have.
func AskedOf(names []string, tables []*table.Table) Asked {
	a := Asked{Ecosystems: map[string]Group{}}
	var records []Feed
	for i, t := range tables {
		f := Describe(names[i], t)
		a.Feeds = append(a.Feeds, f)
		ecosystems, pairs := subjectsOf(t)
		for _, name := range ecosystems {
			a.Ecosystems[name] = a.Ecosystems[name].with(f.Name, isPartOf(&f, name))
		}
		switch f.Kind {
		case intel.SOFA:
			a.Releases = a.Releases.with(f.Name, f.Part != "")
		case intel.MSRC:
			a.Updates = a.Updates.with(f.Name, f.Part != "")
		}
		if f.Kind == intel.CVE5 || f.Kind == intel.NVD || f.Kind == "" && pairs {
			a.Records.Names = append(a.Records.Names, f.Name)
			records = append(records, f)
		}
	}
	a.Records.Names = Distinct(a.Records.Names)
	a.Records.Part = isPart(records)
	return a
}

// isPart reports whether feeds of CVE records have a part of them together. What is not known to be one
// is none.
func isPart(records []Feed) bool {
	known := !slices.ContainsFunc(records, func(f Feed) bool { return f.Kind == "" })
	return known && len(records) > 0 && PartOfCVEs(records...) != ""
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
	return Distinct(ecosystems), pairs
}

// with returns the group with a feed: it is whole if one of its feeds is.
func (g Group) with(name string, isPart bool) Group {
	return Group{Distinct(append(g.Names, name)), isPart && (g.Part || len(g.Names) == 0)}
}

// isPartOf reports whether a feed has only a part of an ecosystem.
func isPartOf(f *Feed, ecosystem string) bool {
	i := slices.IndexFunc(f.Ecosystems, func(e Ecosystem) bool { return e.Name == ecosystem })
	return i >= 0 && f.Ecosystems[i].Part != ""
}

// Distinct sorts names, and keeps each once.
func Distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
