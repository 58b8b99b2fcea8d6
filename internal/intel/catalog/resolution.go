package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// The kinds of entries that the resolver treats apart; see inventory.Software.
const (
	kindSystem  = "os"
	kindWindows = "windows"
)

// resolver resolves releases to what a catalog knows.
type resolver struct{ *Catalog }

// resolution is what a release was resolved to, and what to match it by.
type resolution struct {
	// vendor, name and version are shown.
	vendor, name, version string
	product               bool
	rule                  string

	// pairs are the subjects whose rules apply to installed, the version in the
	// form that rules use. Without a version nothing applies.
	pairs     []pair
	installed string
	// before, if not empty, bounds the rules that apply: their upper end is not
	// beyond it. A build of Windows is fixed by a higher revision of itself.
	before string
	// target is other software that the release runs in, as its CPE says.
	target  string
	streams streams

	// lifecycle is a slug; if empty, the pairs or purl lead to it.
	lifecycle, purl string
	// cycleVersion is looked for among the cycles; empty: installed.
	cycleVersion string
	// cyclePrefix begins the names of the cycles of this product alone.
	cyclePrefix string
}

// unresolved is a release without a product code: it keeps its cleaned words.
func unresolved(r *Release) resolution {
	vendor := subject.CleanVendor(r.Vendor)
	return resolution{
		vendor: subject.JoinWords(vendor), name: subject.DisplayName(vendor, r.Name), version: shownVersion(r, r.Version), rule: RuleNone,
	}
}

// shownVersion pads Windows file versions as the service does.
func shownVersion(r *Release, v string) string {
	if r.Kind == kindWindows {
		return version.PadFour(v)
	}
	return v
}

// streams says which module stream a package is of.
type streams struct {
	// module is false for a package of no module.
	module bool
	// name is "nodejs:18" where the report says so.
	name string
	// upstream is the package's version without epoch and release.
	upstream string
}

// agree reports whether rules of a stream apply. Where the report does not name
// the stream, the package's version must begin with the stream's: nodejs 18.12.1
// is of nodejs:18. Streams that are no versions ("container-tools:rhel8") agree
// only by name.
func (s streams) agree(stream string) bool {
	switch {
	case !s.module || stream == "":
		return !s.module && stream == ""
	case s.name != "":
		return s.name == stream
	}
	_, number, _ := strings.Cut(stream, ":")
	return number != "" && strings.Trim(number, "0123456789.") == "" &&
		(s.upstream == number || strings.HasPrefix(s.upstream, number+"."))
}
