package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/update"
	"github.com/muster-project/muster/internal/version"
)

// The kinds of entries that are resolved differently; see inventory.Software.
const (
	kindSystem  = "os"
	kindWindows = "windows"
)

// resolver resolves components to products of a catalog.
type resolver struct{ *Catalog }

// resolution is what a component was resolved to, and the keys for matching.
type resolution struct {
	// vendor, name and version are shown in rows.
	vendor, name, version string
	product               bool
	rule                  string
	// system marks the entry for the operating system itself.
	system bool
	// distribution marks that of a Linux distribution: not a product, only covered or not.
	distribution bool
	// channels are the ecosystems, with releases, whose advisories judge a package.
	channels []string
	// lack is what is missing for assessing the component, as far as resolving it showed that.
	lack lack

	// pairs are the subjects whose rules apply to installed, the version in the form used by
	// rules. Without a version no rule applies.
	pairs     []alias.Pair
	installed string
	// compared are the versions to compare with the rules of each pair, where they may differ: a
	// source package has its own. Empty: installed, with all.
	compared []string
	// before, if not empty, bounds the rules that apply: their upper end is not beyond it. A
	// Windows build is fixed by a higher revision of the same build.
	before string
	// until, if not empty, is the first version after the line of macOS: an update ends below it.
	until string
	// target is the other software that the component runs in, ecosystem OSV's name of the ecosystem
	// that it is a package of, and edition its sw_edition, all from its CPE; empty if unknown.
	target, ecosystem, edition string
	// exact says that the component's own identifier or a curated title led to the product, and not a
	// name.
	exact bool
	// ofEntry says that updates do not change the version.
	ofEntry bool
	// unadvised says that the package's ecosystem has no advisories in the catalog, only CVE records.
	unadvised bool
	// streams is the module stream of a package.
	streams ecosystem.Stream

	// updates is what is known of a system's updates; nil if no feed has any. untold is how many CVEs neither its
	// build nor its list of updates tells, byUpdates says that updates told of some.
	updates   *update.State
	untold    int
	byUpdates bool

	// lifecycle is a slug; if empty, the pairs or purl lead to it.
	lifecycle, purl string
	// cycleVersion is the version to look for among cycles; if empty, installed.
	cycleVersion string
	// cyclePrefix is the beginning of the names of this product's cycles.
	cyclePrefix string
}

// lack is why a component cannot be assessed, or only with the advisories of another distribution.
type lack struct {
	reason coverage.Reason
	// wants is Answer.Wants.
	wants string
}

// unresolved returns the resolution of a component without a product code: it keeps its cleaned
// words.
func unresolved(r *Component) resolution {
	vendor := subject.CleanVendor(r.Vendor)
	return resolution{
		vendor: subject.JoinWords(vendor), name: subject.DisplayName(vendor, r.Name),
		version: shownVersion(r, r.Version), rule: RuleNone,
	}
}

// shownVersion pads Windows file versions like Microsoft's service.
func shownVersion(r *Component, v string) string {
	if r.Kind == kindWindows {
		return version.PadFour(v)
	}
	return v
}

// versionFor returns the version to compare with the rules of a pair.
func (r *resolution) versionFor(pair int) string {
	if len(r.compared) > 0 {
		return r.compared[pair]
	}
	return r.installed
}

// alike returns how many pairs, from one on, are compared with the same version in the same way: as
// packages, or as CPE pairs.
func (r *resolution) alike(first int) int {
	n := 1
	for first+n < len(r.pairs) && r.versionFor(first+n) == r.versionFor(first) &&
		isPackage(r.pairs[first+n].Subject) == isPackage(r.pairs[first].Subject) {
		n++
	}
	return n
}

// isPackage reports whether a subject is a package of an ecosystem.
func isPackage(key string) bool { return strings.HasPrefix(key, subject.PackagePrefix) }
