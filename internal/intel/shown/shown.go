// Package shown finds the component behind the names that rows show: rows do not say what a piece of software was.
package shown

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/windows"
	"github.com/muster-project/muster/internal/inventory"
)

// platforms are those of which software without a platform in its name may be.
var platforms = [...]string{"Windows11", inventory.MacOS, inventory.Linux}

// Component returns a component that is shown as vendor, name and version and has all of some CVEs, so that it stands
// for those that rows show so: the operating system of this name, the package of a language, or the product of this CPE
// pair, on one platform. A package of a distribution is found only if its release is known: system is the version of a
// device's operating system, "" if several may be meant. ok is false if there is none: rows do not say what a component
// was.
func Component(c *catalog.Catalog, system, vendor, name, version string, cves []string) (r catalog.Component, ok bool) {
	for _, r := range append(packages(system, vendor, name, version), candidates(c, vendor, name, version)...) {
		v := c.Verdict(r)
		if v.Product && v.Vendor == vendor && v.Name == name && v.Version == version && has(v, cves) {
			return r, true
		}
	}
	return catalog.Component{}, false
}

// has reports whether CVEs are among the hits.
func has(v *catalog.Verdict, cves []string) bool {
	compare := func(h catalog.Hit, id string) int { return strings.Compare(h.CVE, id) }
	for _, cve := range cves {
		if _, ok := slices.BinarySearchFunc(v.Hits, cve, compare); !ok {
			return false
		}
	}
	return true
}

// packages are the components that may be shown so on a Linux distribution: a package whose source has its name, or
// whose advisories do.
func packages(system, vendor, name, version string) []catalog.Component {
	id, _, ok := inventory.Distribution(system)
	if !ok || inventory.PackageVendor(id) != vendor {
		return nil
	}
	platform, release := catalog.PlatformClass(inventory.Linux, system)
	return []catalog.Component{{Kind: "deb", Name: strings.TrimSuffix(name, inventory.PackageSuffix), Version: version,
		OSPlatform: platform, OSVersion: release}} // deb stands for the kinds of packages of all distributions
}

// candidates are the components that may be shown as vendor, name and version.
func candidates(c *catalog.Catalog, vendor, name, version string) (all []catalog.Component) {
	system := ""
	switch {
	case vendor == "microsoft" && strings.HasPrefix(name, "windows_"):
		system = windows.Platform(name)
	case vendor == "apple" && name == "macos":
		system = inventory.MacOS
	}
	if system != "" {
		return []catalog.Component{{Kind: "os", Name: system, Version: version, OSPlatform: system}}
	}
	if _, isLanguage := ecosystem.LanguageOf(vendor); isLanguage { // or a maker of this name, as of python/python
		all = append(all, catalog.Component{Kind: vendor, Name: name, Version: version, OSPlatform: inventory.Linux})
	}
	pairs := append(catalog.Shown(c, vendor, name), alias.Pair{Subject: subject.CPE("a", vendor, name)})
	for _, pair := range pairs {
		fields := strings.SplitN(pair.Subject, ":", 3)
		if len(fields) != 3 || fields[0] != "a" {
			continue
		}
		cpe := "cpe:2.3:a:" + quoted(fields[1]) + ":" + quoted(fields[2]) + ":*:*:*:*:" +
			cmp.Or(quoted(pair.Edition), "*") + ":*:*:*"
		for _, platform := range platforms {
			all = append(all, catalog.Component{Version: version, CPE: cpe, OSPlatform: platform})
		}
	}
	return all
}

// quoted writes a text as an attribute of a CPE.
func quoted(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 128 && !strings.ContainsRune("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
