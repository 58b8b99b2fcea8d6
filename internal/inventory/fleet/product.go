package fleet

import (
	"cmp"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// host is what installers know of a device.
type host struct {
	seed   uint64
	number int
	// user is the user's login, account the security identifier.
	user, account string
	// distribution is how packages are written, on Linux.
	distribution *distribution
}

// guid returns the identifier that installers gave something on the device.
func (h *host) guid(name string) string { return guid(h.seed, h.number, name) }

// product is a line in a role's table: what may be installed on its devices.
type product interface {
	// share is on how many percent of devices it is installed.
	share() int
	// versions are those that devices have, oldest first, never empty. A version "TITLE|FIELD"
	// shows TITLE in names and FIELD as the version.
	versions() []string
	// install appends the product's entries on a device at a version.
	install(list []inventory.Software, h *host, version string) []inventory.Software
}

// program is a product on Windows. A "{v}" in its name is the version.
type program struct {
	on           int
	vendor, name string
	// place is its main file below the folder for programs; it begins with "~\" if each user
	// installs it for himself.
	place string
	// key is the name of its uninstall key; empty for a GUID.
	key      string
	releases []string
}

func (p program) share() int         { return p.on }
func (p program) versions() []string { return p.releases }

// Where installers leave keys: uninstall below a root of the registry, bundles for the installer
// of another program, appPaths by the name of the main file, installed by the packed GUID.
const (
	uninstall = `\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\`
	bundles   = `HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\`
	appPaths  = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\`
	installed = `HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Installer\Products\`
)

func (p program) install(list []inventory.Software, h *host, version string) []inventory.Software {
	title, field := cutVersion(version)
	id := h.guid(p.name + title)
	key := strings.Replace(cmp.Or(p.key, id), "{v}", title, 1)
	s := inventory.Software{
		Kind: "windows", Vendor: p.vendor, Name: strings.Replace(p.name, "{v}", title, 1), Version: field,
	}
	if place, own := strings.CutPrefix(p.place, `~\`); own {
		s.DiskPaths = []string{`C:\Users\` + h.user + `\AppData\Local\` + place}
		s.RegistryPaths = []string{`HKEY_USERS\` + h.account + uninstall + key}
		return append(list, s)
	}
	s.DiskPaths = []string{`C:\ProgramData\Package Cache\` + id + `v` + field + `\setup.exe`}
	s.RegistryPaths = []string{`HKEY_LOCAL_MACHINE` + uninstall + key, bundles + id}
	if p.place != "" {
		s.DiskPaths = append(s.DiskPaths, `C:\Program Files\`+p.place)
		s.RegistryPaths = append(s.RegistryPaths, appPaths+p.place[strings.LastIndexByte(p.place, '\\')+1:])
	}
	if p.key == "" {
		s.RegistryPaths = append(s.RegistryPaths, installed+packed(id))
	}
	return append(list, s)
}

// application is a product on macOS. Apple's own are in the system's folder.
type application struct {
	on                   int
	vendor, name, bundle string
	releases             []string
}

func (a application) share() int         { return a.on }
func (a application) versions() []string { return a.releases }

func (a application) install(list []inventory.Software, h *host, version string) []inventory.Software {
	_, field := cutVersion(version)
	s := inventory.Software{Kind: "macos", Vendor: a.vendor, Name: a.name, Version: field, BundleID: a.bundle}
	bundle := a.name + ".app"
	if a.vendor == apple {
		s.DiskPaths = []string{"/System/Applications/" + bundle}
	} else {
		s.DiskPaths = []string{
			"/Users/" + h.user + "/Applications/" + bundle,
			"/Users/" + h.user + "/Library/Application Support/Software Center/Cache/" + h.guid(a.name) + "/" + bundle,
		}
	}
	return append(list, s)
}

const apple = "Apple"

// source is a source package of a Linux distribution with its binary packages. Package databases
// do not say where files are.
type source struct {
	on int
	// name is the source package, binaries its packages; none means one with the same name.
	name     string
	binaries []string
	releases []string
}

func (p source) share() int         { return p.on }
func (p source) versions() []string { return p.releases }

func (p source) install(list []inventory.Software, h *host, version string) []inventory.Software {
	if len(p.binaries) == 0 {
		return append(list, h.distribution.entry(p.name, p.name, version))
	}
	for _, name := range p.binaries {
		list = append(list, h.distribution.entry(name, p.name, version))
	}
	return list
}

// distribution is how a role's packages are written.
type distribution struct {
	kind, vendor string
	// namespace and distro are parts of package URLs.
	namespace, distro string
}

// entry makes the entry of a package.
func (r *distribution) entry(name, source, version string) inventory.Software {
	s := inventory.Software{Kind: r.kind, Vendor: r.vendor, Name: name, Version: version, SourcePackage: source}
	if r.kind == "rpm" {
		epoch, release, _ := strings.Cut(version, ":")
		s.SourceVersion = release
		s.PURL = "pkg:rpm/" + r.namespace + "/" + name + "@" + release + "?arch=x86_64&distro=" + r.distro
		if epoch != "0" {
			s.PURL += "&epoch=" + epoch
		}
		return s
	}
	s.SourceVersion = version
	s.PURL = "pkg:deb/" + r.namespace + "/" + name + "@" + strings.ReplaceAll(version, ":", "%3A") +
		"?arch=amd64&distro=" + r.distro
	return s
}

// cutVersion splits a version in a table into the one for titles and the field.
func cutVersion(version string) (title, field string) {
	title, field, found := strings.Cut(version, "|")
	if !found {
		return version, version
	}
	return title, field
}
