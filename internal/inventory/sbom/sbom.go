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

// Source is the source of a report that was made of an SBOM.
const Source = "sbom"

// ErrNoDevice says that a document names no device and that the caller did not
// either. It is a parse.ErrInvalid too.
var ErrNoDevice = fmt.Errorf("%w: no device named", parse.ErrInvalid)

// Identity says which device an SBOM is of. What is empty is taken from the
// document, as far as it knows.
type Identity struct {
	DeviceName     string
	DeviceID       string
	OSPlatform     string
	OSVersion      string
	OSArchitecture string
}

// sbom is what the SBOM formats have in common.
type sbom struct {
	// device is the name of the device the document is of, if it says so.
	device string
	// system is the osVersion that an operating-system component names.
	system string
	// components are in the document's order.
	components []component
}

// component is one component of an SBOM, as the document writes it.
type component struct {
	name, version string
	// vendor is who published it, in the publisher's own words.
	vendor string
	// purl is as written; cpe is empty where the document gives several,
	// which are then a generator's guesses (matching.md, section 1.1).
	purl, cpe string
	// source names the source package, where the document does so outside of
	// the package URL.
	source upstream
}

// upstream is the source package of a distribution package; version is empty
// where it is the package's own.
type upstream struct{ name, version string }

// add adds a component.
func (s *sbom) add(c component) error {
	if len(s.components) == maxComponents {
		return crowded(maxComponents, "components that are software")
	}
	s.components = append(s.components, c)
	return nil
}

// crowded says that an SBOM holds too many things of a sort.
func crowded(limit int, things string) error {
	return &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d %s", limit, things), Err: parse.ErrTooLarge}
}

// maxComponents bounds the components of a document that are software. Documents
// put together from several runs list a package several times.
const maxComponents = 40_000

// installed is a component whose package URL has been read. Of the URL only what
// is used is held: a long one may have thousands of qualifiers.
type installed struct {
	component
	url
}

// url is what is used of a package URL.
type url struct {
	kind, namespace, name, version string
	arch, distro, epoch, upstream  string
}

// maxQualifiers bounds the qualifiers of a package URL; real ones have some five.
const maxQualifiers = 64

// readURL reads a package URL; it is empty where that cannot be read.
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

// report makes the report of an SBOM. Its time stays absent, since what counts
// is that the device is said to have these components now, and not when the
// document was made.
func (s *sbom) report(id Identity) (*inventory.Report, error) {
	name := cmp.Or(id.DeviceName, s.device)
	if name == "" {
		return nil, fmt.Errorf("%w: the document does not say which device it is of, so the parameter deviceName must", ErrNoDevice)
	}
	list := s.installed()
	arch, err := chooseArchitecture(list, id.OSArchitecture)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c installed) bool { return !runsOn(c.arch, arch) })
	distro := commonDistro(list)
	version := cmp.Or(id.OSVersion, osVersionOf(distro), s.system)
	r := &inventory.Report{
		Device: inventory.Device{
			ID: id.DeviceID, Name: name, OSArchitecture: cmp.Or(id.OSArchitecture, arch),
			OSVersion: version, OSPlatform: cmp.Or(id.OSPlatform, platformOf(version)),
		},
		Source:   Source,
		Software: softwareOf(list, version),
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// installed returns the components that a device can have installed: no
// container images, no source packages, no signing keys that rpm keeps beside
// its packages.
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

// plausiblePURL keeps of the package URLs that cannot be read those of images,
// which are known by their type alone.
func plausiblePURL(purl string) string {
	if isImage(purl) {
		return purl
	}
	return ""
}

// isImage tells whether a package URL names a container image.
func isImage(purl string) bool {
	return strings.HasPrefix(purl, "pkg:oci/") || strings.HasPrefix(purl, "pkg:docker/")
}

// spellArchitecture returns the word of the wire contract for an architecture;
// it is empty for packages of every architecture.
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

// chooseArchitecture returns the architecture whose packages are meant: the
// one asked for, else the only one there is. 32-bit packages beside 64-bit ones
// are one system.
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
		return "", parse.Invalid("osArchitecture", "is missing, and the document has packages for %s", parse.Clip(strings.Join(all, ", "), inventory.MaxName))
	}
	return strings.Join(all, ""), nil
}

// runsOn tells whether packages of one architecture belong to a system of
// another.
func runsOn(arch, system string) bool {
	return arch == "" || system == "" || arch == system || arch == "x86" && system == "x64"
}

// commonDistro returns the distro qualifier that most components have, of
// equally many the first in order.
func commonDistro(list []installed) string {
	count := map[string]int{}
	for _, c := range list {
		if c.distro != "" {
			count[c.distro]++
		}
	}
	best := ""
	for _, distro := range slices.Sorted(maps.Keys(count)) {
		if best == "" || count[distro] > count[best] {
			best = distro
		}
	}
	return best
}

// osVersionOf spells the osVersion that a distro qualifier means: "rhel-9.6"
// is "enterprise_linux_9.6". It is empty where the qualifier is a code name or
// a distribution not known here.
func osVersionOf(distro string) string {
	id, version := distro, ""
	if i := strings.LastIndexByte(distro, '-'); i >= 0 && i+1 < len(distro) && distro[i+1] >= '0' && distro[i+1] <= '9' {
		id, version = distro[:i], distro[i+1:]
	}
	if !inventory.IsDistribution(id) {
		return ""
	}
	version, _, _ = strings.Cut(version, " ")
	return inventory.OSVersion(id, version)
}

// platformOf returns the osPlatform that goes with an osVersion, if it names a
// Linux distribution.
func platformOf(osVersion string) string {
	if _, _, ok := inventory.Distribution(osVersion); ok {
		return inventory.Linux
	}
	return ""
}

// softwareOf makes the software of the components; it is never nil. Documents
// that were put together from several runs list a package several times under
// URLs of differing detail: the most detailed one stays.
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

// isMoreDetailed tells whether a says more than b about the same package.
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
		return inventory.Software{Kind: inventory.DefaultKind, Vendor: c.vendor, Name: c.component.name, Version: c.component.version, CPE: c.cpe}
	case "deb", "rpm", "apk":
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

// kindOf returns the kind for a type of package URL: the same word but for Go.
func kindOf(purlType string) string {
	if purlType == "golang" {
		return "go"
	}
	return purlType
}

// distributionPackage makes the software entry of a package of a Linux
// distribution. It has no CPE: such packages are matched by their
// distribution's feed only (matching.md, section 0).
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

// packageVendor returns the vendor word of a package from its own distro
// qualifier, else from the namespace of its URL, else from the device's
// osVersion.
func packageVendor(namespace, distro, osVersion string) string {
	if id, _, ok := inventory.Distribution(osVersionOf(distro)); ok {
		return inventory.PackageVendor(id)
	}
	if namespace != "" {
		return inventory.PackageVendor(namespace)
	}
	id, _, _ := inventory.Distribution(osVersion)
	return inventory.PackageVendor(id)
}

// withEpoch writes a version as the package manager does: with its epoch,
// which rpm always has ("0:5.14.0-427.42.1.el9_4", contract.md, section 4) and
// dpkg only where it is not 0. Package URLs hold it apart.
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

// readUpstream reads the upstream qualifier: the file name of a source rpm, or
// the name of a source package and, after an @, its version where that is not
// the package's own.
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

// readDocument reads a whole SBOM, at most inventory.MaxReport bytes. A reader that knows
// its length, as those of package bytes do, is copied once.
func readDocument(r io.Reader) (string, error) {
	var text strings.Builder
	if known, ok := r.(interface{ Len() int }); ok {
		text.Grow(min(known.Len(), inventory.MaxReport+1))
	}
	n, err := io.Copy(&text, io.LimitReader(r, inventory.MaxReport+1))
	if err != nil {
		return "", fmt.Errorf("reading the document: %w", err)
	}
	if n > inventory.MaxReport {
		return "", &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d bytes", inventory.MaxReport), Err: parse.ErrTooLarge}
	}
	return strings.TrimPrefix(text.String(), "\uFEFF"), nil
}
