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

// cellars are where Homebrew keeps what it has installed: on Apple's processors, and on Intel's.
var cellars = [...]string{"opt/homebrew/Cellar", "usr/local/Cellar"}

// AddBundles adds the bundle ids to applications.
func AddBundles(tree *disk.Tree, applications []inventory.Software) {
	for i := range applications {
		a := &applications[i]
		if a.Kind != Kind || a.BundleID != "" || len(a.DiskPaths) == 0 {
			continue
		}
		data, err := tree.Read(strings.TrimPrefix(path.Join(a.DiskPaths[0], "Contents/Info.plist"), "/"))
		if err != nil {
			continue
		}
		if values, err := parsePlist(data); err == nil {
			a.BundleID = strings.TrimSpace(values["CFBundleIdentifier"])
		}
	}
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
		values, err := parsePlist(data)
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

// kegRevision is Homebrew's own revision behind a version: "3.3.1_1".
var kegRevision = regexp.MustCompile(`_[0-9]+$`)

// Homebrew lists the kegs of Homebrew.
func Homebrew(tree *disk.Tree) ([]inventory.Software, error) {
	list := []inventory.Software{}
	for _, cellar := range cellars {
		formulas, err := folders(tree, cellar)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing Homebrew's cellar: %w", err)
		}
		for _, formula := range formulas {
			kegs, err := folders(tree, path.Join(cellar, formula))
			if err != nil {
				return nil, fmt.Errorf("listing the kegs of %q: %w", formula, err)
			}
			for _, keg := range kegs {
				list = append(list, brewed(tree, cellar, formula, keg))
			}
		}
	}
	return list, nil
}

// folders lists the folders in a folder that are not hidden.
func folders(tree *disk.Tree, dir string) (names []string, err error) {
	entries, err := tree.Entries(dir)
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// brewed makes the entry of a keg. Its vendor is the tap that has the formula, if the receipt names it.
func brewed(tree *disk.Tree, cellar, formula, keg string) inventory.Software {
	var receipt struct {
		Source struct {
			Tap string `json:"tap"`
		} `json:"source"`
	}
	folder := path.Join(cellar, formula, keg)
	if data, err := tree.Read(path.Join(folder, "INSTALL_RECEIPT.json")); err == nil {
		_ = json.Unmarshal(data, &receipt) // a receipt of another form names no tap
	}
	version := kegRevision.ReplaceAllString(keg, "")
	return inventory.Software{Kind: KindBrew, Vendor: receipt.Source.Tap, Name: formula, Version: version,
		PURL:      packageurl.NewPackageURL(KindBrew, "", formula, keg, nil, "").ToString(),
		DiskPaths: []string{"/" + folder}}
}
