package macos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// Kinds of software.
const (
	Kind     = "macos"
	KindBrew = "brew"
)

// MaxFiles bounds the bytes that are read of a Mac's files.
const MaxFiles = 64 << 20

// receiptsFolder has a property list for each package of an installer.
const receiptsFolder = "private/var/db/receipts"

// stores are where Homebrew keeps what it has installed, on Apple's processors and on Intel's: kegs of formulas, which
// have a receipt each, and casks, whose versions have one together.
var stores = [...]struct{ folder, receipt string }{
	{"opt/homebrew/Cellar", "INSTALL_RECEIPT.json"},
	{"usr/local/Cellar", "INSTALL_RECEIPT.json"},
	{"opt/homebrew/Caskroom", "../.metadata/INSTALL_RECEIPT.json"},
	{"usr/local/Caskroom", "../.metadata/INSTALL_RECEIPT.json"},
}

// AddBundles adds the bundle ids to applications.
func AddBundles(tree *disk.Tree, applications []inventory.Software) {
	for i := range applications {
		a := &applications[i]
		if a.Kind != Kind || a.BundleID != "" || len(a.DiskPaths) == 0 {
			continue
		}
		if values, err := readInfo(tree, a.DiskPaths[0]); err == nil {
			a.BundleID = strings.TrimSpace(values["CFBundleIdentifier"])
		}
	}
}

// readInfo reads what an application says of itself.
func readInfo(tree *disk.Tree, folder string) (map[string]string, error) {
	data, err := tree.Read(strings.TrimPrefix(path.Join(folder, "Contents/Info.plist"), "/"))
	if err != nil {
		return nil, err
	}
	return plist.Strings(data)
}

// Receipts lists what installers have installed beside applications.
func Receipts(tree *disk.Tree, applications []inventory.Software) ([]inventory.Software, error) {
	have := map[string]bool{}
	for _, a := range applications {
		have[strings.ToLower(a.BundleID)] = true
	}
	names, err := tree.List(receiptsFolder)
	if err != nil {
		return nil, fmt.Errorf("listing receipts: %w", err)
	}
	list := []inventory.Software{}
	for _, name := range names {
		if !strings.HasSuffix(name, ".plist") || strings.HasPrefix(name, "com.apple.") {
			continue
		}
		data, err := tree.Read(path.Join(receiptsFolder, name))
		if err != nil {
			return nil, fmt.Errorf("reading receipt %q: %w", name, err)
		}
		values, err := plist.Strings(data)
		if err != nil {
			return nil, fmt.Errorf("reading receipt %q: %w", name, err)
		}
		id, folder := values["PackageIdentifier"], strings.Trim(values["InstallPrefixPath"], "/")
		if id == "" || have[strings.ToLower(id)] || !isOwnFolder(folder) || !tree.Exists(folder) {
			continue
		}
		list = append(list, inventory.Software{Kind: Kind, Name: id, Version: values["PackageVersion"], BundleID: id,
			DiskPaths: []string{"/" + folder}})
	}
	return list, nil
}

// isOwnFolder reports whether a folder is likely to be that of one package: it is not at the top, and none that
// packages share.
func isOwnFolder(folder string) bool {
	if !fs.ValidPath(folder) || !strings.Contains(folder, "/") {
		return false
	}
	switch path.Base(folder) {
	case "local", "bin", "sbin", "lib", "libexec", "share", "etc", "Utilities", "Extensions", "Frameworks", "Shared",
		"LaunchDaemons", "LaunchAgents", "PrivilegedHelperTools", "Application Support", "Internet Plug-Ins",
		"PreferencePanes":
		return false
	}
	return true
}

// kegRevision is Homebrew's own revision behind a keg's version: "3.3.1_1". Casks have none.
var kegRevision = regexp.MustCompile(`_[0-9]+$`)

// Homebrew lists the kegs and casks of Homebrew.
func Homebrew(tree *disk.Tree) ([]inventory.Software, error) {
	list := []inventory.Software{}
	for _, store := range stores {
		names, err := folders(tree, store.folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing Homebrew's %q: %w", store.folder, err)
		}
		for _, name := range names {
			folder := path.Join(store.folder, name)
			versions, err := folders(tree, folder)
			if err != nil {
				return nil, fmt.Errorf("listing the versions in %q: %w", folder, err)
			}
			for _, version := range versions {
				list = append(list, brewed(tree, store.receipt, path.Join(folder, version)))
			}
		}
	}
	return list, nil
}

// folders lists the folders in a folder that are not hidden, nor what Homebrew puts aside while it upgrades a cask.
func folders(tree *disk.Tree, dir string) (names []string, err error) {
	entries, err := tree.Entries(dir)
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".upgrading") {
			names = append(names, name)
		}
	}
	return names, err
}

// brewed makes the entry of a keg or a version of a cask. Its vendor is the tap that has it, if the receipt names one.
func brewed(tree *disk.Tree, receiptName, folder string) inventory.Software {
	var receipt struct {
		Source struct {
			Tap string `json:"tap"`
		} `json:"source"`
	}
	if data, err := tree.Read(path.Join(folder, receiptName)); err == nil {
		_ = json.Unmarshal(data, &receipt) // a receipt of another form names no tap
	}
	parent, installed := path.Split(folder)
	name, version := path.Base(parent), installed
	var qualifiers packageurl.Qualifiers
	if strings.Contains(parent, "/Caskroom/") { // formulas and casks may share a name
		qualifiers = packageurl.Qualifiers{{Key: "type", Value: "cask"}}
	} else {
		version = kegRevision.ReplaceAllString(installed, "")
	}
	return inventory.Software{Kind: KindBrew, Vendor: receipt.Source.Tap, Name: name, Version: version,
		PURL:      packageurl.NewPackageURL(KindBrew, "", name, installed, qualifiers, "").ToString(),
		DiskPaths: []string{"/" + folder}}
}
