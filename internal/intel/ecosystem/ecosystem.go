package ecosystem

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// Kind is what an ecosystem consists of.
type Kind uint8

// The kinds.
const (
	// Linux is the packages of a Linux distribution.
	Linux Kind = iota
	// Language is the packages of a language, or others that a package URL names.
	Language
	// Other is everything else. Reports contain none of it, so nothing can use its advisories.
	Other
)

// Naming is which name of a package an ecosystem's advisories use.
type Naming uint8

// The namings.
const (
	// ByName is the name of a package that is built from no other.
	ByName Naming = iota
	// BySource is the name of the source package.
	BySource
	// ByBinary is the name of the package that is installed.
	ByBinary
	// ByEither is the name of the source package or of the one that is installed.
	ByEither
)

// Ecosystem is a row of the table.
type Ecosystem struct {
	// Name is OSV's, without what follows the colon.
	Name string
	// Suffix is the form of what follows the colon, in the words of the schema; empty if nothing
	// does. In brackets if it may be absent.
	Suffix string
	Kind   Kind
	// PURL is the type of its package URLs, for distributions with the namespace; empty if there is
	// none.
	PURL string
	// Kinds are other words for PURL in reports.
	Kinds []string
	// Separator joins namespace and name of a package URL to the ecosystem's name of the package.
	Separator string
	// Scheme orders its versions. Generic means that their order is not known: then nothing is
	// found.
	Scheme version.Scheme
	// Named is the name that advisories use.
	Named Naming
	// NoEpochs says that its packages never have an epoch, so that the version of a source package,
	// which is known without its epoch, can be compared.
	NoEpochs bool
	// Own is the kind of the feed in which its publisher says itself what it knows; empty if muster reads none.
	// Such a feed has the ecosystem's name; with OwnByRelease each release has one, and the name with the release.
	Own          string
	OwnByRelease bool
	// OwnOpen says that such a feed has what is not fixed, too.
	OwnOpen bool
	// OwnUnseen says that such a feed was checked on its specification only: none as it is published was at hand.
	OwnUnseen bool
	// Beside is the kind of a feed in which its publisher says itself what is not fixed, and not what is: it is
	// wanted beside the advisories.
	Beside string
	// NotInOSV says that OSV publishes no advisories of it.
	NotInOSV bool
}

// ecosystems is the table, in the order of the schema.
var ecosystems = [...]Ecosystem{
	{Name: "AlmaLinux", Suffix: "[major]", PURL: "rpm/almalinux", Scheme: version.RPM, Named: ByBinary},
	{Name: "Alpaquita", Suffix: "release or stream", PURL: "apk/alpaquita", Scheme: version.Alpine, Named: BySource},
	{Name: "Alpine", Suffix: "v and branch", PURL: "apk/alpine", Scheme: version.Alpine, Named: BySource,
		Own: "secdb", OwnByRelease: true},
	{Name: "Amazon Linux", Suffix: "release", PURL: "rpm/amzn", Scheme: version.RPM, Named: ByBinary, Own: "updateinfo",
		OwnByRelease: true, OwnUnseen: true, NotInOSV: true},
	{Name: "Android", Kind: Other},
	{Name: "Arch Linux", PURL: "alpm/arch", Scheme: version.Pacman, Named: ByEither, Own: "arch", OwnOpen: true,
		NotInOSV: true},
	{Name: "Azure Linux", Suffix: "major", PURL: "rpm/azurelinux", Scheme: version.RPM, Named: ByEither,
		Own: "oval", OwnByRelease: true, OwnOpen: true},
	{Name: "BellSoft Hardened Containers", Suffix: "release or stream", PURL: "apk/bellsoft-hardened-containers",
		Scheme: version.Alpine, Named: BySource},
	{Name: "Bioconductor", Kind: Language, PURL: "bioconductor", Scheme: version.SemVer},
	{Name: "Bitnami", Kind: Language, PURL: "bitnami", Separator: "/", Scheme: version.SemVer},
	{Name: "Chainguard", PURL: "apk/chainguard", Scheme: version.Alpine, Named: ByEither, Own: "secdb"},
	{Name: "CleanStart", PURL: "apk/cleanstart", Named: ByEither},
	{Name: "ConanCenter", Kind: Language, PURL: "conan", Separator: "/", Scheme: version.SemVer},
	{Name: "CRAN", Kind: Language, PURL: "cran", Scheme: version.CRAN},
	{Name: "crates.io", Kind: Language, PURL: "cargo", Kinds: []string{"rust-crate", "crates.io"},
		Scheme: version.SemVer},
	{Name: "Debian", Suffix: "[major or series]", PURL: "deb/debian", Scheme: version.Debian, Named: BySource,
		Own: "debian", OwnOpen: true},
	{Name: "Docker Hardened Images", Kind: Other, Scheme: version.SemVer},
	{Name: "Echo", PURL: "deb/echo", Scheme: version.Debian, Named: BySource},
	{Name: "Fedora", Suffix: "release", PURL: "rpm/fedora", Scheme: version.RPM, Named: ByEither, Own: "bodhi",
		OwnByRelease: true, NotInOSV: true},
	{Name: "FreeBSD", Suffix: "[ports, base or kernel, and release]", Kind: Other},
	{Name: "GHC", Kind: Other, Scheme: version.SemVer},
	{Name: "GitHub Actions", Kind: Language, PURL: "githubactions", Separator: "/"},
	{Name: "Go", Kind: Language, PURL: "golang", Kinds: []string{"go", "go-module"}, Separator: "/",
		Scheme: version.SemVer},
	{Name: "Hackage", Kind: Language, PURL: "hackage", Scheme: version.Hackage},
	{Name: "Hex", Kind: Language, PURL: "hex", Separator: "/", Scheme: version.SemVer},
	{Name: "Julia", Kind: Language, PURL: "julia", Scheme: version.SemVer},
	{Name: "Kubernetes", Kind: Other},
	{Name: "Linux", Kind: Other},
	{Name: "Mageia", Suffix: "release", PURL: "rpm/mageia", Scheme: version.RPM, Named: BySource},
	{Name: "Maven", Suffix: "[repository]", Kind: Language, PURL: "maven", Kinds: []string{"java-archive"},
		Separator: ":", Scheme: version.Maven},
	{Name: "MinimOS", PURL: "apk/minimos", Scheme: version.Alpine, Named: ByEither},
	{Name: "npm", Kind: Language, PURL: "npm", Separator: "/", Scheme: version.SemVer},
	{Name: "NuGet", Kind: Language, PURL: "nuget", Kinds: []string{"dotnet"}, Scheme: version.NuGet},
	{Name: "opam", Kind: Language, PURL: "opam"},
	{Name: "openEuler", Suffix: "release-LTS and service pack", PURL: "rpm/openeuler", Scheme: version.RPM,
		Named: BySource},
	{Name: "openSUSE", Suffix: "PRETTY_NAME without openSUSE", PURL: "rpm/opensuse", Scheme: version.RPM,
		Named: BySource, NoEpochs: true},
	{Name: "openSUSE rpm", Suffix: "as of openSUSE", PURL: "rpm/opensuse", Scheme: version.RPM,
		Named: ByBinary, Own: "oval", OwnByRelease: true, NotInOSV: true},
	{Name: "Oracle Linux", Suffix: "major", PURL: "rpm/oracle", Scheme: version.RPM, Named: ByBinary, Own: "oval",
		NotInOSV: true},
	{Name: "OSS-Fuzz", Kind: Other},
	{Name: "Packagist", Suffix: "[repository]", Kind: Language, PURL: "composer",
		Kinds: []string{"packagist", "php-composer"}, Separator: "/", Scheme: version.Packagist},
	{Name: "Photon OS", Suffix: "release", PURL: "rpm/photon", Scheme: version.RPM, Named: ByEither,
		Own: "photon", OwnByRelease: true, NotInOSV: true},
	{Name: "Pub", Kind: Language, PURL: "pub", Scheme: version.Pub},
	{Name: "PyPI", Kind: Language, PURL: "pypi", Kinds: []string{"python"}, Scheme: version.PyPI},
	{Name: "Red Hat", Suffix: "CPE of the product", PURL: "rpm/redhat", Scheme: version.RPM, Named: ByEither,
		Own: "csaf", OwnOpen: true, OwnUnseen: true},
	{Name: "Rocky Linux", Suffix: "[major]", PURL: "rpm/rocky", Scheme: version.RPM, Named: ByEither},
	{Name: "Root", Suffix: "ecosystem and release", Kind: Other},
	{Name: "RubyGems", Kind: Language, PURL: "gem", Kinds: []string{"rubygems"}, Scheme: version.RubyGems},
	{Name: "SUSE", Suffix: "PRETTY_NAME without SUSE", PURL: "rpm/suse", Scheme: version.RPM, Named: BySource,
		NoEpochs: true},
	{Name: "SUSE rpm", Suffix: "as of SUSE", PURL: "rpm/suse", Scheme: version.RPM, Named: ByBinary, Own: "oval",
		NotInOSV: true},
	{Name: "SwiftURL", Kind: Language, PURL: "swift", Separator: "/", Scheme: version.SemVer},
	{Name: "Ubuntu", Suffix: "release, LTS, with Pro before it", PURL: "deb/ubuntu", Scheme: version.Debian,
		Named: BySource, Beside: "ubuntu"},
	{Name: "VSCode", Suffix: "[repository]", Kind: Language, PURL: "vscode-extension",
		Kinds: []string{"vscode", "vscode_extension"}, Separator: ".", Scheme: version.SemVer},
	{Name: "Wolfi", PURL: "apk/wolfi", Scheme: version.Alpine, Named: ByEither, Own: "secdb"},
}

// All returns the table's rows, in its order.
func All() []Ecosystem { return ecosystems[:] }

// Of returns the row of an ecosystem, with or without its release ("Debian:12", "Go"); ok is false
// if the schema does not list it.
func Of(name string) (e Ecosystem, ok bool) {
	name, _, _ = strings.Cut(name, ":")
	all := All()
	for i := range all {
		if all[i].Name == name {
			return all[i], true
		}
	}
	return Ecosystem{}, false
}

// SchemeOf returns the order of an ecosystem's versions; ok is false if it is not known, so that
// no versions can be compared.
func SchemeOf(name string) (scheme version.Scheme, ok bool) {
	e, _ := Of(name)
	return e.Scheme, e.Scheme != version.Generic
}

// LanguageOf returns the ecosystem of a package URL's type or of a report's kind, if it is one of
// languages.
func LanguageOf(word string) (e Ecosystem, ok bool) {
	if word == "" {
		return Ecosystem{}, false
	}
	for i := range ecosystems {
		if e := &ecosystems[i]; e.Kind == Language && e.is(word) {
			return *e, true
		}
	}
	return Ecosystem{}, false
}

func (e *Ecosystem) is(word string) bool {
	for _, kind := range e.Kinds {
		if kind == word {
			return true
		}
	}
	return e.PURL == word
}

// Within returns those of the known ecosystems, which are sorted, that are this one, with a suffix
// or without: the repositories of a language share their names.
func (e Ecosystem) Within(known []string) []string {
	return append(matching(known, e.Name, "", false), matching(known, e.Name+":", "", true)...)
}

// matching returns those of known, which are sorted, that are begin or, if open, begin with begin
// and end with end.
func matching(known []string, begin, end string, open bool) []string {
	var names []string
	first, _ := slices.BinarySearch(known, begin)
	for _, name := range known[first:] {
		rest, ok := strings.CutPrefix(name, begin)
		if !ok {
			break
		}
		if open && strings.HasSuffix(rest, end) || !open && rest == "" {
			names = append(names, name)
		}
	}
	return names
}
