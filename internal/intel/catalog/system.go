package catalog

import (
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/update"
	"github.com/muster-project/muster/internal/intel/windows"

	"github.com/muster-project/muster/internal/inventory"

	"github.com/package-url/packageurl-go"
)

// resolveSystem resolves the entry for the operating system itself.
func (c resolver) resolveSystem(r *Component) resolution {
	if r.Name == inventory.MacOS {
		return c.resolveMacOS(r)
	}
	if strings.HasPrefix(r.Name, "Windows") {
		return resolveWindows(r)
	}
	if r.Name == inventory.Linux {
		of := *r
		of.Version = "0" // stands for its packages, which have one
		found := c.resolvePackage(&of, packageurl.PackageURL{})
		found.product, found.rule, found.distribution = false, RuleNone, true
		return found
	}
	found := unresolved(r)
	found.lack.reason = coverage.ReleaseUnknown
	return found
}

// resolveMacOS resolves to macOS and, where Apple's releases are known, first to its release line.
func (c resolver) resolveMacOS(r *Component) resolution {
	found := resolution{
		system: true,
		vendor: "apple", name: "macos", version: r.Version, product: true, rule: RuleSystem, installed: r.Version,
		pairs:     []alias.Pair{{Subject: "o:apple:macos"}, {Subject: "o:apple:mac_os_x"}},
		lifecycle: "macos", cycleVersion: r.Version,
	}
	if line, next := subject.MacOSLine(r.Version); line != "" && len(c.asked.Releases.Names) > 0 {
		found.until = next
		found.pairs = append([]alias.Pair{{Subject: subject.CPE("o", "apple", line)}}, found.pairs...)
	}
	return found
}

// resolveWindows resolves by platform and build: products share builds, and the ranges of one
// release contain every older build, so the product must be right before versions are compared.
func resolveWindows(r *Component) resolution {
	found := resolution{
		system: true, vendor: "microsoft", name: windows.Name(r.Name), version: r.Version, product: true, rule: RuleSystem,
		lifecycle: "windows", cycleVersion: r.Version, cyclePrefix: windows.Cycle(r.Name),
	}
	if strings.HasPrefix(r.Name, "WindowsServer") {
		found.lifecycle = "windows-server"
	}
	d := update.DeviceOf(r.Version, "")
	parts, ok := alias.Numbers(d.Build, 3)
	if !ok {
		found.lack.reason = coverage.NoBuildRevision
		return found
	}
	if d.Revision == 0 {
		// Programs that ask an old interface get revision 0, which no update has.
		found.lack.reason = coverage.NoBuildRevision
	} else {
		found.installed = r.Version
	}
	prefix := strconv.Itoa(parts[0]) + "." + strconv.Itoa(parts[1]) + "."
	found.before = prefix + strconv.Itoa(parts[2]+1)
	for _, name := range windows.Products(r.Name, parts[2]) {
		found.pairs = append(found.pairs, alias.Pair{Subject: subject.CPE("o", "microsoft", name)})
	}
	if len(found.pairs) == 0 && d.Revision > 0 {
		found.lack.reason = unknownBuild(parts[2])
	}
	return found
}

// unknownBuild returns why a build that is not a known release cannot be assessed.
func unknownBuild(build int) coverage.Reason {
	if build <= windows.NewestBuild() {
		return coverage.ReleaseUnknown
	}
	return coverage.BuildNewer
}
