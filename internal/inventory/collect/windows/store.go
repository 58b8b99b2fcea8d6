package windows

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

const (
	// userPackages has a key for each package of a user, below his hive.
	userPackages = `\Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages`
	allPackages  = software + `\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore`
)

// sharedPackages have the packages that are there for all users: those that were provisioned, and those that come
// with Windows.
var sharedPackages = [...]string{allPackages + `\Applications`, allPackages + `\InboxApplications`}

// publishers are makers of store packages by the id in the names of their packages, which is a hash of their
// certificate's subject.
var publishers = map[string]string{
	"8wekyb3d8bbwe": microsoft, // CN=Microsoft Corporation
	"cw5n1h2txyewy": microsoft, // CN=Microsoft Windows
}

// storeName is the full name of a store package: "Microsoft.WindowsCamera_2017.1117.80.0_x64__8wekyb3d8bbwe".
type storeName struct {
	name, version, architecture string
	// resource is empty for what runs, "~" for a bundle, else says what the package has: "split.language-fr".
	resource  string
	publisher string
}

// parseStoreName parses the full name of a package; ok is false if it is none.
func parseStoreName(text string) (n storeName, ok bool) {
	parts := strings.Split(text, "_")
	if len(parts) != 5 || slices.Contains([]string{parts[0], parts[1], parts[2], parts[4]}, "") {
		return storeName{}, false
	}
	return storeName{parts[0], parts[1], parts[2], parts[3], parts[4]}, true
}

// family is the package family, which versions and architectures share.
func (n storeName) family() string { return n.name + "_" + n.publisher }

// isCode reports whether a package runs. System applications have the resource id "neutral".
func (n storeName) isCode() bool { return n.resource == "" || strings.EqualFold(n.resource, "neutral") }

// StorePackages lists AppX and MSIX packages: what users have, then what is there for all users and that no user has.
func StorePackages(r *Reader) []inventory.Software {
	list, have := []inventory.Software{}, map[string]bool{}
	for _, user := range r.people() {
		for _, key := range r.keys(users + `\` + user + userPackages) {
			if name, ok := parseStoreName(key.Name()); ok && name.isCode() {
				have[name.family()] = true
				list = append(list, storePackage(key, name))
			}
		}
		if len(list) > packages.MaxPackages {
			r.fail(users+`\`+user, packages.ErrTooMany)
			break
		}
	}
	for _, place := range sharedPackages {
		for _, key := range r.keys(place) {
			name, ok := parseStoreName(key.Name())
			if ok && (name.isCode() || name.resource == "~") && !have[name.family()] {
				list = append(list, storePackage(key, name))
			}
		}
	}
	return list
}

// storePackage makes the entry of a package. Its display name may be a reference into the package's resources, which
// is no name.
func storePackage(key Key, name storeName) inventory.Software {
	s := inventory.Software{
		Kind: Kind, Vendor: publishers[strings.ToLower(name.publisher)], Name: key.first("DisplayName"),
		Version: name.version, BundleID: name.family(), RegistryPaths: []string{key.Path},
	}
	if s.Name == "" || strings.HasPrefix(s.Name, "@{") || strings.HasPrefix(s.Name, "ms-resource:") {
		s.Name = name.name
	}
	folder := key.first("PackageRootFolder")
	if manifest := key.first("Path"); folder == "" && manifest != "" {
		folder = manifest[:max(strings.LastIndexByte(manifest, '\\'), 0)]
	}
	if folder != "" {
		s.DiskPaths = []string{folder}
	}
	return s
}
