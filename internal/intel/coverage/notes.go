package coverage

import (
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// Notes says what people should know of a feed when it is imported: that no device can use it, or
// some of it, and why; that it is a part of what its publisher lists.
func Notes(f Feed) []string {
	var notes []string
	if note := f.useless(); note != "" {
		notes = append(notes, note)
	}
	if f.Part != "" && f.Usable() {
		means := "what it alone judges is partly assessed"
		switch f.Kind {
		case intel.EPSS:
			means = "other CVEs have no score"
		case intel.Metasploit, intel.ExploitDB, intel.Nuclei:
			means = "of other CVEs it knows no exploit"
		case intel.MSRC:
			means = "of other CVEs no update is known"
		}
		notes = append(notes, "this is a part of what its publisher lists ("+f.Part+"): "+means)
	}
	return notes
}

// Usable reports whether any software on any device could be judged by the feed.
func (f *Feed) Usable() bool {
	for _, e := range f.Ecosystems {
		if e.Useless() == "" {
			return true
		}
	}
	if f.Kind == intel.CVE5 || f.Kind == intel.NVD {
		return f.Products > 0
	}
	return !f.Kind.Advises()
}

// useless says what of a feed no device can use; "" if everything may be used.
func (f *Feed) useless() string {
	switch {
	case f.Kind.Advises() && len(f.Ecosystems) == 0:
		return "no device can use this feed: no advisory names a package"
	case (f.Kind == intel.CVE5 || f.Kind == intel.NVD) && f.Products == 0:
		return "no device can use this feed: no record names a product with versions"
	}
	reasons, count := map[string][]string{}, 0
	var order []string
	for _, e := range f.Ecosystems {
		if reason := e.Useless(); reason != "" {
			if reasons[reason] == nil {
				order = append(order, reason)
			}
			reasons[reason] = append(reasons[reason], e.Name)
			count++
		}
	}
	if count == 0 {
		return ""
	}
	var texts []string
	for _, reason := range order {
		texts = append(texts, some(reasons[reason])+": "+reason)
	}
	begin := "no device can use this feed: "
	if count < len(f.Ecosystems) {
		begin = fmt.Sprintf("no device can use %d of its %d ecosystems: ", count, len(f.Ecosystems))
	}
	return begin + strings.Join(texts, "; ")
}

// Useless says why no device can use the advisories of an ecosystem; "" if one may.
func (e *Ecosystem) Useless() string {
	known, ok := ecosystem.Of(e.Name)
	_, ordered := ecosystem.SchemeOf(e.Name)
	switch {
	case !ok:
		return "muster does not know the ecosystem"
	case known.Kind == ecosystem.Other:
		return "reports contain none of its software"
	case !ordered:
		return "the order of its versions is not known"
	case known.Kind == ecosystem.Linux && !ecosystem.Judges(e.Name):
		return "no distribution that muster knows is judged by it"
	case e.Usable == 0:
		return "its advisories state commits, and no versions"
	}
	return ""
}

// some lists the first of some names, which come from outside.
func some(names []string) string {
	const most, longest = 5, 80
	var listed []string
	for _, name := range names[:min(len(names), most)] {
		listed = append(listed, strings.ToValidUTF8(name[:min(len(name), longest)], "\uFFFD"))
	}
	if len(names) > most {
		listed = append(listed, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(listed, ", ")
}
