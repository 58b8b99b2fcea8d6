// Package suggest lists the feeds that a fleet needs: what its software wants, by the newest snapshot,
// beside the feeds that are there.
package suggest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/msrc"
)

// State says what of a feed is there.
type State string

// The states.
const (
	// Missing says that no feed has what the fleet needs.
	Missing State = "missing"
	// Part says that the feeds that have it are a part of what is published.
	Part State = "part"
	// Old says that the feed is older than its limit.
	Old State = "old"
)

// Feed is a feed to import.
type Feed struct {
	Kind intel.Kind
	// Name is that under which a refresh fetches it: an ecosystem for kind osv.
	Name string
	// URL is where it is published, for sites that carry files in.
	URL   string
	State State
	// Devices is how many devices need it; 0 if that is not known.
	Devices int64
	// For are the ecosystems that these devices want, with their releases, ascending; none for other
	// kinds than osv.
	For []string
	// Has says which part of it is there (Part).
	Has string
}

// ByHand reports whether no publisher is asked for a feed of that name: it can only be imported.
func (f *Feed) ByHand() bool {
	return !f.Kind.Advises() && f.Name != nameOf(f.Kind) && !(f.Kind == intel.MSRC && f.Name == msrc.Listed)
}

// Fleet is what is known of a fleet and its feeds.
type Fleet struct {
	// Devices is how many there are, Wants what their software wants (coverage.Answer.Wants).
	Devices int64
	Wants   []counts.Wanted
	// Have are the catalog's feeds, Old the names of those that are older than their limit.
	Have []coverage.Feed
	Old  []string
}

// Feeds lists the feeds that a fleet needs, those that most devices need first. CVE records, NVD, KEV,
// endoflife.date, EPSS and lists of exploits are suggested to every fleet: they give scores, and say what is
// exploited and by what, what is no longer supported and what is likely to be exploited. Microsoft's updates and
// Apple's releases are suggested to the devices that they are about. Advisories are suggested by
// ecosystem without the release, since OSV publishes one archive of all releases
// (https://google.github.io/osv.dev/data/, "Ecosystem naming").
func (f Fleet) Feeds() []Feed {
	needed := map[[2]string]*Feed{}
	need := func(kind intel.Kind, name string) *Feed {
		key := [2]string{string(kind), name}
		if needed[key] == nil {
			needed[key] = &Feed{Kind: kind, Name: name, URL: feeds.Address(kind, name)}
		}
		return needed[key]
	}
	for _, kind := range [...]intel.Kind{intel.CVE5, intel.NVD, intel.KEV, intel.EOL, intel.EPSS,
		intel.Metasploit, intel.ExploitDB, intel.Nuclei} {
		f.needKind(kind, f.Devices, need)
	}
	for _, w := range f.Wants {
		if kind := intel.Kind(w.Name); kind == intel.SOFA || kind == intel.MSRC {
			f.needKind(kind, min(w.Devices, f.Devices), need)
		}
		if !slices.Contains(feeds.Kinds(), intel.Kind(w.Name)) {
			f.needEcosystem(w, need)
		}
	}
	for _, have := range f.Have {
		if slices.Contains(f.Old, have.Name) {
			if n := need(have.Kind, have.Name); n.State == "" {
				n.State = Old
			}
		}
	}
	var list []Feed
	for _, n := range needed {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(a, b Feed) int {
		return cmp.Or(cmp.Compare(b.Devices, a.Devices), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// nameOf returns the name under which the feed of a kind with one publisher is fetched.
func nameOf(kind intel.Kind) string {
	switch kind {
	case intel.CVE5:
		return "cvelistV5"
	case intel.EOL:
		return "endoflife"
	}
	return string(kind)
}

// needKind notes a feed that so many devices need, if there is none of its kind that is whole.
func (f Fleet) needKind(kind intel.Kind, devices int64, need func(intel.Kind, string) *Feed) {
	state, has := Missing, ""
	for _, have := range f.Have {
		if have.Kind != kind {
			continue
		}
		if have.Part == "" {
			return
		}
		state, has = Part, have.Part
	}
	n := need(kind, nameOf(kind))
	n.State, n.Has, n.Devices = state, has, devices
}

// needEcosystem notes the feed of an ecosystem that some devices want.
func (f Fleet) needEcosystem(w counts.Wanted, need func(intel.Kind, string) *Feed) {
	base, _, _ := strings.Cut(w.Name, ":")
	note := func(n *Feed) {
		n.Devices = min(n.Devices+w.Devices, f.Devices)
		n.For = append(n.For, w.Name)
		slices.Sort(n.For)
		n.State = cmp.Or(n.State, Missing)
	}
	e, _ := ecosystem.Of(w.Name)
	isBeside := func(have coverage.Feed) bool { return have.Kind == intel.Kind(e.Beside) }
	if e.Beside != "" && !slices.ContainsFunc(f.Have, isBeside) {
		note(need(intel.Kind(e.Beside), base))
	}
	n := need(feeds.For(w.Name))
	note(n)
	for _, have := range f.Have {
		for _, e := range have.Ecosystems {
			if e.Part != "" && (e.Name == w.Name || w.Name == base && strings.HasPrefix(e.Name, base+":")) {
				n.State, n.Has = Part, e.Name+": "+e.Part
			}
		}
	}
}
