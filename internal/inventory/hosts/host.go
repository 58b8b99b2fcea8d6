package hosts

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// maxHosts bounds the hosts of a document.
const maxHosts = 10_000

// host is a host as a tool tells of it.
type host struct {
	name   string
	system system
	arch   string
	// read says that software was asked for; software is what was found.
	read     bool
	software []row
	// addresses are those in networks, as written.
	addresses []inventory.Address
	// contact is when the tool last heard of the host; "" if it does not say.
	contact string
	// entries are software from tables that are not of osquery's form.
	entries []inventory.Software
	// patches are updates of Windows; nil if nobody asked for them.
	patches []string
}

// row is a row of a table of software, by column, with the table's name.
type row struct {
	table   string
	columns map[string]string
}

// report makes the report of a host.
func (h *host) report(source string) (*inventory.Report, error) {
	d := inventory.Device{Name: h.name, OSArchitecture: architecture(h.arch)}
	d.OSPlatform, d.OSVersion = h.system.read()
	if d.OSPlatform == "" {
		d.OSPlatform = h.guessed()
	}
	r := &inventory.Report{Device: d, Source: source, Hotfixes: h.patches, Addresses: reached(h.addresses)}
	if h.read {
		if r.Software = h.entries; r.Software == nil {
			r.Software = []inventory.Software{}
		}
		for i := range h.software {
			if s, ok := h.software[i].entry(&h.system); ok {
				r.Software = append(r.Software, s)
			}
		}
	}
	if h.name == "" {
		return nil, parse.Invalid("device", "a host has no name: %s", nameIt)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("host %q: %w", parse.Clip(h.name, 100), err)
	}
	return r, nil
}

// reached returns the addresses by which others reach a host, the best first; nil if there are none. Texts that
// are no addresses are left out.
func reached(written []inventory.Address) (all []inventory.Address) {
	var ranks [3][]inventory.Address
	for _, a := range written {
		ip, err := netip.ParseAddr(strings.TrimSpace(a.IP))
		ip = ip.Unmap().WithZone("")
		if rank, ok := inventory.RankAddress(ip); err == nil && ok {
			ranks[rank] = append(ranks[rank], inventory.Address{IP: ip.String(), MAC: a.MAC})
		}
	}
	for _, rank := range ranks {
		all = append(all, rank...)
	}
	return all[:min(len(all), inventory.MaxAddresses)]
}

// nameIt says what to do about a document of one host that does not name it.
const nameIt = "give one with --name, or the parameter deviceName"

// guessed returns the platform of a host that does not say its system, by its software.
func (h *host) guessed() string {
	for _, s := range h.software {
		switch s.table {
		case debPackages, rpmPackages, apkPackages, pacmanPackages:
			return inventory.Linux
		case apps:
			return inventory.MacOS
		}
	}
	return ""
}

// architecture returns the wire contract's name of an architecture.
func architecture(arch string) string {
	switch arch = strings.ToLower(arch); arch {
	case "amd64", "x86_64", "x86_64h", "64-bit":
		return "x64"
	case "i386", "i686", "x86", "32-bit":
		return "x86"
	case "aarch64", "arm64", "arm64e":
		return "arm64"
	}
	return arch
}

// The tables that are read, by osquery's names, which Fleet has as sources. The columns of the last two, which
// osquery does not have, are name, version and arch.
const (
	debPackages    = "deb_packages"
	rpmPackages    = "rpm_packages"
	programs       = "programs"
	apps           = "apps"
	apkPackages    = "apk_packages"
	pacmanPackages = "pacman_packages"
)

// entry makes an entry of software; ok is false for a row without a name.
func (r *row) entry(on *system) (s inventory.Software, ok bool) {
	c := r.columns
	if c["name"] == "" {
		return s, false
	}
	switch r.table {
	case debPackages:
		return r.deb(on)
	case rpmPackages:
		return r.rpm(on)
	case apkPackages:
		return r.plain("apk", on), true
	case pacmanPackages:
		return r.plain("alpm", on), true
	case programs:
		return inventory.Software{Kind: "windows", Vendor: c["publisher"], Name: c["name"], Version: c["version"]}, true
	}
	name := strings.TrimSuffix(c["name"], ".app")
	return inventory.Software{Kind: "macos", Name: name, Version: cmp.Or(c["bundle_short_version"], c["version"]),
		BundleID: c["bundle_identifier"]}, true
}

// deb makes the entry of a package of dpkg.
func (r *row) deb(on *system) (inventory.Software, bool) {
	c := r.columns
	if !inventory.DpkgInstalled(c["status"]) {
		return inventory.Software{}, false
	}
	s := r.plain("deb", on)
	source, version, _ := strings.Cut(c["source"], "(")
	s.SourcePackage = cmp.Or(strings.TrimSpace(source), s.Name)
	s.SourceVersion = cmp.Or(strings.TrimSpace(strings.TrimSuffix(version, ")")), s.Version)
	return s, true
}

// plain makes the entry of a package whose row has the version in one column, and the source package in none.
func (r *row) plain(kind string, on *system) inventory.Software {
	c := r.columns
	return inventory.Software{Kind: kind, Vendor: inventory.PackageVendor(on.id()), Name: c["name"], Version: c["version"],
		PURL: on.purl(kind, on.id(), c["name"], c["version"], map[string]string{"arch": c["arch"]})}
}

// rpm makes the entry of a package of rpm. A version without a release cannot be compared: it is left out, and
// coverage says so. An epoch of which the tool does not tell is left out, too, rather than taken for 0.
func (r *row) rpm(on *system) (inventory.Software, bool) {
	c := r.columns
	s := inventory.Software{Kind: "rpm", Vendor: inventory.PackageVendor(on.id()), Name: c["name"]}
	if c["version"] == "" || c["release"] == "" || s.Name == "gpg-pubkey" {
		return s, s.Name != "gpg-pubkey"
	}
	evr, qualifiers := c["version"]+"-"+c["release"], map[string]string{"arch": c["arch"], "upstream": c["source"]}
	epoch, known := c["epoch"]
	if epoch != "" && epoch != "0" {
		qualifiers["epoch"] = epoch
	}
	s.Version = evr
	if known {
		s.Version = cmp.Or(epoch, "0") + ":" + evr
	}
	s.PURL = on.purl("rpm", inventory.RPMNamespace(on.id()), s.Name, evr, qualifiers)
	s.SourcePackage, s.SourceVersion = inventory.SourceOfRPM(c["source"])
	return s, true
}

func (s *system) purl(kind, namespace, name, version string, qualifiers map[string]string) string {
	qualifiers["distro"] = s.distro()
	for key, value := range qualifiers {
		if value == "" {
			delete(qualifiers, key)
		}
	}
	url := packageurl.NewPackageURL(kind, namespace, name, version, packageurl.QualifiersFromMap(qualifiers), "")
	return url.ToString()
}
