package rule

import (
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/table"
)

// Within says of each rule whether its update is one of a release line, which ends below a version: what ends a
// range later is a release of another line, and nothing to install on this one. An update of the line that
// a rule does not name is the one that the line's maker recommends in all of them, its newest. Without a
// version nothing is changed.
func (c *Compiled) Within(until string) {
	end, ok := NewOrder(c.Scheme, c.Versions).Place(until)
	if !ok || until == "" {
		return
	}
	end &^= 1 // where a range ends that excludes the version
	newest, ofMaker := "", func(r Rule) bool { return r.Trust == table.TrustVendor && r.Fix.Title != "" }
	if i := slices.IndexFunc(c.Rules, ofMaker); i >= 0 {
		newest = c.Rules[i].Fix.Title
	}
	for i := range c.Rules {
		switch r := &c.Rules[i]; {
		case r.Unaffected || !r.Fix.Available || r.High == PlaceLast:
		case r.High >= end:
			r.Fix = intel.Fix{Severity: r.Fix.Severity}
		case r.Fix.Title == "":
			r.Fix.Title = newest
		}
	}
}
