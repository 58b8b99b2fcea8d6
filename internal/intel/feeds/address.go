package feeds

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// For returns kind and name of the feed that has an ecosystem, with or without its release: the feed that its
// publisher makes itself, which says most, else OSV's, which has all releases.
func For(name string) (kind intel.Kind, feed string) {
	e, _ := ecosystem.Of(name)
	base, _, _ := strings.Cut(name, ":")
	switch {
	case e.Own == "":
		return intel.OSV, base
	case e.OwnByRelease:
		return intel.Kind(e.Own), name
	}
	return intel.Kind(e.Own), base
}

// Address returns where people find the files of a feed: the file itself where there is one, else the
// page that links to its files. name is that of the feed, the ecosystem for kind osv.
func Address(kind intel.Kind, name string) string {
	switch {
	case name == "vulnrichment":
		return "https://github.com/cisagov/vulnrichment"
	case name == "overrides":
		return "https://github.com/anchore/nvd-data-overrides"
	}
	feed, err := New(kind, Config{Ecosystem: name})
	if err != nil {
		return ""
	}
	return feed.Address()
}
