package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/support"
	"github.com/muster-project/muster/internal/inventory"
)

// Component is a piece of software as a device reports it, without what differs from device to
// device: the question that the catalog answers. Equal components get equal verdicts, so it is
// comparable and serves as a cache key.
type Component struct {
	Kind, Vendor, Name, Version  string
	CPE, PURL, BundleID          string
	SourcePackage, SourceVersion string
	// OSPlatform and OSVersion are the device's, reduced to what may decide a verdict
	// (PlatformClass). The entry for the operating system itself has Kind "os" and the full build
	// in Version.
	OSPlatform, OSVersion string
	// Architecture is the device's ("x64"), and Hotfixes are its installed updates (update.List); both only in
	// the entry for Windows itself.
	Architecture, Hotfixes string
}

// Verdict is everything the catalog knows about a component. It is immutable
// and shared by every device that has the component.
type Verdict struct {
	// Vendor, Name and Version are the display identity of contract.md,
	// section 4: lower case, words joined by "_", Windows file versions padded
	// to four parts.
	Vendor, Name, Version string
	// Product is false if no exact key leads to a product: the component belongs to the export of
	// software without a product code.
	Product bool
	// Hits are the CVEs that affect the component, by CVE id, each once.
	Hits []Hit
	// VersionEnd and ProductEnd are the end of support of this release line and of the whole
	// product.
	VersionEnd, ProductEnd support.End
	// Coverage says whether the component was assessed, and by which feeds.
	Coverage coverage.Answer
	// Rule names how the component was resolved ("alias", "purl", "pair", "none").
	Rule string
	// Fingerprint changes whenever anything shown in a row does: all of the above except Rule and
	// Hit.Source, which only explain.
	Fingerprint [16]byte
}

// Hit is one CVE that affects a component.
type Hit struct {
	CVE string
	// Score is the chosen CVSS base score; Scored is false if none is known.
	Score  float64
	Scored bool
	// Severity is the word that counts where no score is known: the advisory's, else that of the
	// CVE's record.
	Severity intel.Severity
	Exploit  intel.Exploit
	// Published is when the CVE was; none if it is not known.
	Published intel.Month
	Fix       intel.Fix
	// Source names the feed and the document of the statement, for people.
	Source string
}

// The ways in which a component is resolved, as in Verdict.Rule.
const (
	RuleOverride     = "override"     // the operator's table
	RuleSystem       = "os"           // the operating system by its build
	RuleDistribution = "distribution" // a package of a distribution with a feed in the catalog
	RulePURL         = "purl"         // a package of a language ecosystem
	RuleCPE          = "cpe"          // the CPE that came with the component
	RuleBundle       = "bundle"       // the macOS bundle id
	RuleAlias        = "alias"        // a curated title
	RulePattern      = "pattern"      // a curated pattern of titles
	RuleMined        = "mined"        // a title that CVE records write beside a CPE
	RulePair         = "pair"         // the normalised vendor and name are a known pair
	RuleMaker        = "maker"        // its name, by another name of its maker
	RuleExcluded     = "excluded"     // curated: known not to be a product
	RuleNone         = "none"         // no exact key
)

// PlatformClass reduces a device's platform to what may decide a verdict, so that devices which
// cannot differ share verdicts. Windows and macOS keep no version (their own entry has it). Linux
// keeps the distribution and the part of its release that its feeds distinguish
// ("enterprise_linux_9" for 9.4).
func PlatformClass(osPlatform, osVersion string) (string, string) {
	if osPlatform != inventory.Linux {
		return osPlatform, ""
	}
	id, release, ok := inventory.Distribution(osVersion)
	if !ok {
		return osPlatform, strings.ToLower(osVersion) // an unknown distribution is not an unnamed one
	}
	return osPlatform, inventory.OSVersion(id, ecosystem.DistributionOf(id).Class(release))
}

// hitBytes is about the size of a hit.
const hitBytes = 150

// weigh returns the weight of a verdict in the cache: one, plus one per hit, plus the size of long texts, all in
// units of hitBytes. So the whole stays under 100 MB.
func weigh(r Component, v *Verdict) int { return 1 + len(v.Hits) + r.bytes()/hitBytes }

// bytes is the size of a component's texts, which its verdict repeats.
func (r *Component) bytes() int {
	return len(r.Kind) + len(r.Vendor) + len(r.Name) + len(r.Version) + len(r.CPE) + len(r.PURL) + len(r.BundleID) +
		len(r.SourcePackage) + len(r.SourceVersion) + len(r.OSPlatform) + len(r.OSVersion) + len(r.Architecture) +
		len(r.Hotfixes)
}
