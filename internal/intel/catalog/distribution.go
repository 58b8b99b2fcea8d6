package catalog

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// A distribution's packages are matched by its own feed and never by CPE: its fixes have its own
// versions.

// packageSuffix is what Microsoft's service adds to package names of some distributions, seen for Ubuntu and not for
// Red Hat (matching.md, 4.1).
func packageSuffix(id string) string {
	if id == "debian" || id == "ubuntu" {
		return inventory.PackageSuffix
	}
	return ""
}

// resolvePackage resolves a distribution's package: an exact identity, a known product if the
// catalog has the distribution's advisories.
func (c resolver) resolvePackage(r *Component, purl packageurl.PackageURL) resolution {
	id, release, ok := distributionOf(r, purl)
	if !ok {
		found := unresolved(r)
		found.lack.reason = coverage.NoDistributionFeed
		if r.OSVersion == "" && purl.Qualifiers.Map()["distro"] == "" {
			found.lack.reason = coverage.ReleaseUnknown
		}
		return found
	}
	d := ecosystem.DistributionOf(id).On(purl.Qualifiers.Map()["base"])
	release = d.Class(release)
	found := resolution{
		vendor: inventory.PackageVendor(id), name: strings.ToLower(r.Name) + packageSuffix(id), version: r.Version,
		rule: RuleNone, lifecycle: d.Lifecycle, cycleVersion: release, installed: versionOf(purl.Type, r.Version),
	}
	channels := d.Select(c.ecosystems, release, r.Version)
	if found.lack = lackOf(d, release, channels); d.Made(r.Version) {
		found.lack = lack{reason: coverage.NoDistributionFeed} // and nobody has advisories of it
	}
	installed := ecosystem.Installed{
		Name: r.Name, Version: found.installed, Source: r.SourcePackage, SourceVersion: r.SourceVersion,
	}
	for _, channel := range channels {
		found.product, found.rule = true, RuleDistribution
		if channel.Scheme != version.Generic {
			found.channels = append(found.channels, channel.Full)
		}
		if channel.Scheme == version.RPM {
			found.streams = ecosystem.StreamOf(r.Version, strings.Contains(r.Version, subject.ModuleMark),
				purl.Qualifiers.Map()["rpmmod"])
		}
		for _, name := range c.advised(channel, installed) {
			if channel.Scheme == version.RPM {
				name.Version = rpmInstalled(name.Version, channel.StandsIn)
			}
			found.pairs = append(found.pairs, alias.Pair{Subject: subject.Package(channel.Full, name.Name)})
			found.compared = append(found.compared, name.Version)
		}
	}
	if len(channels) > 0 && len(found.channels) == 0 {
		found.lack = lack{reason: coverage.NoDistributionFeed} // whose versions can be compared
	}
	return found
}

// lackOf returns what is missing for assessing a release of a distribution by some channels, if
// anything is: its feed, or the release.
func lackOf(d ecosystem.Distribution, release string, channels []ecosystem.Channel) lack {
	wanted, named := d.Wanted(release)
	switch {
	case slices.ContainsFunc(channels, func(c ecosystem.Channel) bool { return !c.Paid && !c.StandsIn }):
		return lack{}
	case len(channels) > 0 && channels[0].StandsIn && len(d.Channels) == 0:
		return lack{reason: coverage.StandIn} // and nothing better is published
	case len(channels) > 0 && channels[0].StandsIn:
		return lack{coverage.StandIn, wanted}
	case !named:
		return lack{reason: coverage.ReleaseUnknown}
	}
	return lack{coverage.NoDistributionFeed, wanted}
}

// advised returns the names by which a channel's advisories may know a package. Where the report does
// not name its source, the sources from which advisories say that it was built are asked, too.
func (c resolver) advised(channel ecosystem.Channel, p ecosystem.Installed) []ecosystem.Advised {
	names := channel.Advised(p)
	if p.Source != "" || channel.Named == ecosystem.ByBinary {
		return names
	}
	for _, t := range c.tables {
		for _, source := range t.SourcesOf(channel.Name, p.Name) {
			p.Source = source
			for _, name := range channel.Advised(p) {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// distributionOf returns the distribution of a package: the device's, or else the one in its
// package URL ("distro=debian-12"). One that is not known counts if the report says whose packages it takes.
func distributionOf(r *Component, purl packageurl.PackageURL) (id, release string, ok bool) {
	if id, release, ok = inventory.Distribution(r.OSVersion); ok {
		return id, release, ok
	}
	named := purl.Qualifiers.Map()
	if id, release, ok = inventory.Distribution(inventory.Distro(purl.Namespace, named["distro"])); !ok && named["base"] != "" {
		return purl.Namespace, "", purl.Namespace != ""
	}
	return id, release, ok
}

// versionOf returns the version of a package to compare. That of rpm has its epoch, 0 or not, if the report's
// source knows it.
func versionOf(kind, installed string) string {
	if kind == "rpm" && installed != "" && !strings.Contains(installed, ":") {
		return version.UnknownEpoch + installed
	}
	return installed
}

// rpmInstalled returns the version of an installed rpm to compare. If AlmaLinux stands in, ".alma"
// at the end of a fixed version is AlmaLinux's own rebuild of the same package, so the installed
// version counts as having it.
func rpmInstalled(installed string, standIn bool) string {
	installed = subject.WithoutModule(installed)
	if standIn && strings.Contains(installed, ".el") && !strings.Contains(installed, ".alma") {
		installed += ".alma.999999"
	}
	return installed
}
