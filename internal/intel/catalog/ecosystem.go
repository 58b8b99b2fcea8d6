package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/package-url/packageurl-go"
)

// language is a language's package ecosystem.
type language struct {
	// word is the type in package URLs; kinds are other names in reports.
	word  string
	kinds []string
	// ecosystem is OSV's name.
	ecosystem string
	// separator joins namespace and name.
	separator string
}

var languages = [...]language{
	{"golang", []string{"go", "go-module"}, "Go", "/"},
	{"npm", nil, "npm", "/"},
	{"pypi", []string{"python"}, "PyPI", "/"},
	{"maven", []string{"java-archive"}, "Maven", ":"},
	{"gem", []string{"rubygems"}, "RubyGems", "/"},
	{"nuget", []string{"dotnet"}, "NuGet", "/"},
	{"cargo", []string{"rust-crate", "crates.io"}, "crates.io", "/"},
	{"composer", []string{"packagist", "php-composer"}, "Packagist", "/"},
	{"hex", nil, "Hex", "/"},
	{"pub", nil, "Pub", "/"},
	{"hackage", nil, "Hackage", "/"},
	{"cran", nil, "CRAN", "/"},
	{"conan", nil, "ConanCenter", "/"},
	{"swift", nil, "SwiftURL", "/"},
	{"bitnami", nil, "Bitnami", "/"},
	{"julia", nil, "Julia", "/"},
}

// languageOf returns the ecosystem of a package URL's type or a report's kind.
func languageOf(word string) (language, bool) {
	for _, l := range languages {
		if l.word == word {
			return l, true
		}
		for _, kind := range l.kinds {
			if kind == word {
				return l, true
			}
		}
	}
	return language{}, false
}

// resolveLanguage resolves a package of a language: an exact identity, a known product if the
// catalog has advisories of the ecosystem. It is never matched by CPE, because products share
// names with packages.
func (c resolver) resolveLanguage(r *Component, l language, purl packageurl.PackageURL) resolution {
	name, installed := purl.Name, purl.Version
	if purl.Namespace != "" {
		name = purl.Namespace + l.separator + purl.Name
	}
	if name == "" {
		name = r.Name
		if l.ecosystem == "Maven" && r.Vendor != "" && !strings.Contains(name, ":") {
			name = r.Vendor + ":" + name
		}
	}
	if installed == "" {
		installed = r.Version
	}
	found := resolution{vendor: l.word, name: strings.ToLower(name), version: r.Version, rule: RuleNone}
	if !c.hasEcosystem(l.ecosystem) {
		return found
	}
	found.product, found.rule, found.isPackage = true, RulePURL, true
	found.pairs = []alias.Pair{{Subject: subject.Package(l.ecosystem, subject.PackageName(l.ecosystem, name))}}
	found.installed = installed
	if l.ecosystem == "Go" {
		found.installed = strings.TrimPrefix(strings.TrimPrefix(installed, "go"), "v")
	}
	found.purl = "pkg:" + l.word + "/" + strings.TrimPrefix(purl.Namespace+"/", "/") + purl.Name
	return found
}

func (c resolver) hasEcosystem(name string) bool {
	for _, known := range c.ecosystems {
		if known == name {
			return true
		}
	}
	return false
}
