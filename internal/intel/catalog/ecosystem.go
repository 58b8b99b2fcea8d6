package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"

	"github.com/package-url/packageurl-go"
)

// resolveLanguage resolves a package of a language: an exact identity, a known product if the
// catalog has advisories of the ecosystem, or a CVE record that names the package. With advisories it
// is never matched by CPE, because products share names with packages.
func (c resolver) resolveLanguage(r *Component, l ecosystem.Ecosystem, purl packageurl.PackageURL) resolution {
	installed := purl.Version
	name := l.PackageName(purl.Namespace, purl.Name, purl.Subpath)
	if purl.Name == "" {
		name = r.Name
		if l.Name == "Maven" && r.Vendor != "" && !strings.Contains(name, ":") {
			name = r.Vendor + ":" + name
		}
	}
	if installed == "" || version.IsRange(installed) {
		installed = r.Version
	}
	found := resolution{vendor: l.PURL, name: strings.ToLower(name), version: r.Version, rule: RuleNone}
	known := l.Within(c.ecosystems)
	if len(known) == 0 {
		// Without advisories of the ecosystem what CVE records say of this package counts.
		found.lack = lack{coverage.NoEcosystemFeed, l.Name}
		found.pairs = c.namesakes(l, purl.Namespace, name)
		_, isKnown := c.findSubject(subject.Package(l.Name, name))
		if !isKnown && len(found.pairs) == 0 {
			return found
		}
		found.ecosystem, found.unadvised = l.Name, true
		if isKnown {
			known = []string{l.Name}
		}
	} else {
		found.channels = known
	}
	found.product, found.rule, found.installed = true, RulePURL, l.Version(name, installed)
	if l.Scheme == version.Generic { // its versions have no known order
		found.channels, found.lack.reason = nil, coverage.NoEcosystemFeed
	}
	for _, one := range known {
		found.pairs = append(found.pairs, alias.Pair{Subject: subject.Package(one, c.moduleName(one, name, found.installed))})
	}
	found.purl = "pkg:" + l.PURL + "/" + strings.TrimPrefix(purl.Namespace+"/", "/") + purl.Name
	return found
}

// moduleName returns a package's name with the major version that the path of a Go module ends in,
// if it was left out ("github.com/cespare/xxhash" at 2.2.0) and the catalog knows the module.
func (c resolver) moduleName(of, name, installed string) string {
	if whole, ok := ecosystem.Module(of, name, installed); ok {
		if _, known := c.findSubject(subject.Package(of, whole)); known {
			return whole
		}
	}
	return name
}
