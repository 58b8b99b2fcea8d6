package sbom

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Source is the source of reports made from SBOMs.
const Source = "sbom"

// ErrNoDevice says that neither the document nor the caller named a device. It is a
// parse.ErrInvalid, too.
var ErrNoDevice = fmt.Errorf("%w: no device named", parse.ErrInvalid)

// Identity identifies the device of an SBOM. Empty fields are taken from the document, if it has
// them.
type Identity struct {
	DeviceName     string
	DeviceID       string
	OSPlatform     string
	OSVersion      string
	OSArchitecture string
}

// sbom is the common content of the SBOM formats.
type sbom struct {
	// device is the name of the device of the document, if it has one.
	device string
	// system is the osVersion from an operating-system component.
	system string
	// components are in the document's order.
	components []component
}

// component is one component of an SBOM, as written in the document.
type component struct {
	// id is the component's in the document, if it is needed to tell who owns it.
	id            string
	name, version string
	// vendor is the publisher, in its own words.
	vendor string
	// purl is as written. cpe is empty if the document gives several, which are a generator's
	// guesses (matching.md, section 1.1).
	purl, cpe string
	// place is where the record of the component lies, below "/", if that is a folder of the system.
	place string
	// source names the source package, if the document does so outside of the package URL.
	source upstream
}

// upstream is the source package of a distribution package; version is empty if it is the
// package's own.
type upstream struct{ name, version string }

// add adds a component.
func (s *sbom) add(c component) error {
	if len(s.components) == maxComponents {
		return crowded(maxComponents, "components that are software")
	}
	s.components = append(s.components, c)
	return nil
}

// crowded returns the error for too many things in an SBOM.
func crowded(limit int, things string) error {
	return &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d %s", limit, things),
		Err: parse.ErrTooLarge}
}

// maxComponents bounds the components of a document that are software. Documents merged from
// several runs list a package several times.
const maxComponents = 40_000

// installed is a component with a parsed package URL. It holds only the parts of the URL that are
// used: a long one may have thousands of qualifiers.
type installed struct {
	component
	url
}

// url has the parts of a package URL that are used.
type url struct {
	kind, namespace, name, version string
	arch, distro, epoch, upstream  string
}

// maxQualifiers bounds the qualifiers of a package URL; real ones have about five.
const maxQualifiers = 64

// readURL parses a package URL; the result is empty if it is invalid.
func readURL(purl string) (u url, ok bool) {
	if strings.Count(purl, "&") >= maxQualifiers {
		return url{}, false
	}
	read, err := packageurl.FromString(purl)
	if err != nil {
		return url{}, false
	}
	u = url{kind: read.Type, namespace: read.Namespace, name: read.Name, version: read.Version}
	for _, q := range read.Qualifiers {
		switch q.Key {
		case "arch":
			u.arch = q.Value
		case "distro":
			u.distro = q.Value
		case "epoch":
			u.epoch = q.Value
		case "upstream":
			u.upstream = q.Value
		}
	}
	return u, true
}

// report makes the report of an SBOM. Its time stays absent: the device is reported to have these
// components now, and not when the document was made.
func (s *sbom) report(id Identity) (*inventory.Report, error) {
	name := cmp.Or(id.DeviceName, s.device)
	if name == "" {
		return nil, fmt.Errorf("%w: the document names no device, so the parameter deviceName is required", ErrNoDevice)
	}
	list := dropBrought(s.installed())
	arch, err := chooseArchitecture(list, id.OSArchitecture)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c installed) bool { return !runsOn(c.arch, arch) })
	version := cmp.Or(id.OSVersion, commonDistro(list), s.system)
	r := &inventory.Report{
		Device: inventory.Device{
			ID: id.DeviceID, Name: name, OSArchitecture: cmp.Or(id.OSArchitecture, arch),
			OSVersion: version, OSPlatform: cmp.Or(id.OSPlatform, platformOf(version)),
		},
		Source:   Source,
		Software: softwareOf(list, version),
	}
	nameSources(r.Software)
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// installed returns the components that a device can have installed, without container images,
// source packages and signing keys, which rpm keeps among its packages.
func (s *sbom) installed() []installed {
	list := make([]installed, 0, len(s.components))
	for _, c := range s.components {
		u, ok := readURL(c.purl)
		if !ok {
			c.purl = plausiblePURL(c.purl)
		}
		isKey := u.kind == "rpm" && u.name == "gpg-pubkey"
		if isImage(c.purl) || isKey || u.arch == "src" || u.arch == "source" || u.arch == "nosrc" {
			continue
		}
		u.arch = spellArchitecture(u.arch)
		list = append(list, installed{c, u})
	}
	return list
}

// dropBrought drops the packages of languages that packages of the distribution bring.
func dropBrought(list []installed) []installed {
	if !slices.ContainsFunc(list, func(c installed) bool { return c.place != "" }) {
		return list
	}
	d := distribution{kinds: map[string]bool{}, packages: map[string]bool{}}
	for _, c := range list {
		d.add(c.url.kind, c.url.namespace, c.url.name, c.url.version)
	}
	return slices.DeleteFunc(list, func(c installed) bool {
		return d.brings(c.url.kind, c.url.name, c.url.version, c.place)
	})
}

// plausiblePURL keeps invalid package URLs only of images, which are recognized by their type.
func plausiblePURL(purl string) string {
	if isImage(purl) {
		return purl
	}
	return ""
}

// isImage reports whether a package URL names a container image.
func isImage(purl string) bool {
	return strings.HasPrefix(purl, "pkg:oci/") || strings.HasPrefix(purl, "pkg:docker/")
}

// spellArchitecture returns the wire contract's name of an architecture; empty for packages of
// every architecture.
func spellArchitecture(arch string) string {
	switch arch = strings.ToLower(arch); arch {
	case "noarch", "all", "any":
		return ""
	case "amd64", "x86_64", "x86-64":
		return "x64"
	case "i386", "i486", "i586", "i686", "386":
		return "x86"
	case "aarch64":
		return "arm64"
	}
	return arch
}

// chooseArchitecture returns the architecture to use: the one asked for, else the only one there
// is. 32-bit packages beside 64-bit ones belong to one system.
func chooseArchitecture(list []installed, asked string) (string, error) {
	if asked != "" {
		return spellArchitecture(asked), nil
	}
	found := map[string]bool{}
	for _, c := range list {
		found[c.arch] = true
	}
	delete(found, "")
	if found["x64"] {
		delete(found, "x86")
	}
	all := slices.Sorted(maps.Keys(found))
	if len(all) > 1 {
		return "", parse.Invalid("osArchitecture", "is missing, and the document has packages for %s",
			parse.Clip(strings.Join(all, ", "), inventory.MaxName))
	}
	return strings.Join(all, ""), nil
}

// runsOn reports whether packages of one architecture belong to a system of another.
func runsOn(arch, system string) bool {
	return arch == "" || system == "" || arch == system || arch == "x86" && system == "x64"
}

// commonDistro returns the osVersion that the package URLs of most components name; of equally many
// the first in order. It is empty if most have one that is not understood.
func commonDistro(list []installed) string {
	count := map[string]int{}
	for _, c := range list {
		if c.distro != "" {
			count[inventory.Distro(c.namespace, c.distro)]++
		}
	}
	best := ""
	for _, version := range slices.Sorted(maps.Keys(count)) {
		if count[version] > count[best] {
			best = version
		}
	}
	return best
}

// systemOf returns the osVersion of an operating-system component, whose version may be a code name.
func systemOf(name, version string) string {
	return cmp.Or(inventory.Distro("", name+"-"+version), inventory.OSVersion(name, version))
}

// platformOf returns the osPlatform for an osVersion, if it names a Linux distribution.
func platformOf(osVersion string) string {
	if _, _, ok := inventory.Distribution(osVersion); ok {
		return inventory.Linux
	}
	return ""
}

// softwareOf makes software from the components; the result is never nil. Documents merged from
// several runs list a package several times, with URLs of differing detail: the most detailed one
// stays.
func softwareOf(list []installed, osVersion string) []inventory.Software {
	type key struct{ kind, vendor, name, version, arch string }
	all, at := []inventory.Software{}, map[key]int{}
	for _, c := range list {
		s := c.software(osVersion)
		k := key{s.Kind, s.Vendor, s.Name, s.Version, c.arch}
		i, found := at[k]
		switch {
		case !found:
			at[k] = len(all)
			all = append(all, s)
		case isMoreDetailed(s, all[i]):
			all[i] = s
		}
	}
	return all
}

// nameSources names the source packages that a document leaves out because they are the packages themselves:
// those of dpkg, apk and pacman, if it names the source of some package of that kind. Every source rpm has a
// name of its own.
func nameSources(list []inventory.Software) {
	names := map[string]bool{}
	for i := range list {
		names[list[i].Kind] = names[list[i].Kind] || list[i].SourcePackage != ""
	}
	for i := range list {
		s := &list[i]
		if s.SourcePackage == "" && names[s.Kind] && s.Kind != "rpm" && isDistribution(s.Kind) {
			s.SourcePackage, s.SourceVersion = s.Name, s.Version
		}
	}
}

// isMoreDetailed reports whether a says more than b about the same package.
func isMoreDetailed(a, b inventory.Software) bool {
	if (a.SourcePackage == "") != (b.SourcePackage == "") {
		return b.SourcePackage == ""
	}
	return cmp.Or(cmp.Compare(len(a.PURL), len(b.PURL)), strings.Compare(a.PURL, b.PURL)) > 0
}

// software makes the software entry of a component.
func (c *installed) software(osVersion string) inventory.Software {
	switch c.url.kind {
	case "":
		return inventory.Software{Kind: inventory.DefaultKind, Vendor: c.vendor, Name: c.component.name,
			Version: c.component.version, CPE: c.cpe}
	case "deb", "rpm", "apk", "alpm":
		return c.distributionPackage(osVersion)
	}
	return inventory.Software{
		Kind:    kindOf(c.url.kind),
		Vendor:  cmp.Or(c.url.namespace, c.vendor),
		Name:    cmp.Or(c.url.name, c.component.name),
		Version: cmp.Or(c.url.version, c.component.version),
		CPE:     c.cpe,
		PURL:    c.purl,
	}
}

// kindOf returns the kind for a type of package URL: the same word, except for Go.
func kindOf(purlType string) string {
	if purlType == "golang" {
		return "go"
	}
	return purlType
}

// distributionPackage makes the entry for a package of a Linux distribution. It has no CPE: such
// packages are only matched by their distribution's feed (matching.md, section 0).
func (c *installed) distributionPackage(osVersion string) inventory.Software {
	s := inventory.Software{
		Kind:    c.url.kind,
		Vendor:  packageVendor(c.url.namespace, c.distro, osVersion),
		Name:    c.url.name,
		Version: withEpoch(c.url.kind, c.epoch, cmp.Or(c.url.version, c.component.version)),
		PURL:    c.purl,
	}
	source := c.source
	if source.name == "" {
		source = readUpstream(c.url.kind, c.upstream)
		source.version = withEpoch(c.url.kind, c.epoch, source.version)
	}
	if source.name != "" {
		s.SourcePackage = source.name
		s.SourceVersion = cmp.Or(source.version, s.Version)
	}
	return s
}

// packageVendor returns the vendor of a package from its own distro qualifier, else from the
// namespace of its URL, else from the device's osVersion.
func packageVendor(namespace, distro, osVersion string) string {
	if id, _, ok := inventory.Distribution(inventory.Distro(namespace, distro)); ok {
		return inventory.PackageVendor(id)
	}
	if namespace != "" {
		return inventory.PackageVendor(namespace)
	}
	id, _, _ := inventory.Distribution(osVersion)
	return inventory.PackageVendor(id)
}

// withEpoch returns a version as the package manager writes it: with its epoch, which rpm always
// has ("0:5.14.0-427.42.1.el9_4", contract.md, section 4) and dpkg only if it is not 0. Package
// URLs have it in a qualifier.
func withEpoch(kind, epoch, version string) string {
	if before, _, ok := strings.Cut(version, ":"); version == "" || ok && strings.Trim(before, "0123456789") == "" {
		return version
	}
	switch {
	case kind == "rpm":
		return cmp.Or(epoch, "0") + ":" + version
	case kind == "deb" && epoch != "" && epoch != "0":
		return epoch + ":" + version
	}
	return version
}

// readUpstream parses the upstream qualifier: the file name of a source rpm, or the name of a
// source package and, after an @, its version if it is not the package's own.
func readUpstream(kind, qualifier string) upstream {
	if kind != "rpm" {
		name, version, _ := strings.Cut(qualifier, "@")
		return upstream{name, version}
	}
	file := strings.TrimSuffix(qualifier, ".src.rpm")
	release := strings.LastIndexByte(file, '-')
	version := strings.LastIndexByte(file[:max(release, 0)], '-')
	if version <= 0 {
		return upstream{name: file}
	}
	return upstream{file[:version], file[version+1:]}
}

// readDocument reads a whole SBOM, in UTF-8 or UTF-16, of at most inventory.MaxReport bytes in
// UTF-8. A reader with a known length, such as those of package bytes, is copied once.
func readDocument(r io.Reader) (string, error) {
	var text strings.Builder
	if known, ok := r.(interface{ Len() int }); ok {
		text.Grow(min(known.Len(), inventory.MaxReport+1))
	}
	n, err := io.Copy(&text, io.LimitReader(parse.UTF8Reader(r), inventory.MaxReport+1))
	if err != nil {
		return "", fmt.Errorf("reading the document: %w", err)
	}
	if n > inventory.MaxReport {
		return "", &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d bytes", inventory.MaxReport),
			Err: parse.ErrTooLarge}
	}
	return text.String(), nil
}
