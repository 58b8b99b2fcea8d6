package extension

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// maxFound bounds the extensions of a machine.
const maxFound = 2_000

// What was left out; the words for people.
const (
	CutFolder = "folders of users that cannot be read"
	CutRecord = "records of extensions that cannot be read"
	CutMany   = "what comes after 2000 extensions"
)

// Found is what was found.
type Found struct {
	// Extensions are in order; their paths are names below the tree.
	Extensions []inventory.Software
	// Cut says what was left out.
	Cut []string
}

// chromiums are the folders of browsers of Chromium's family, in that of a user; they have folders of profiles.
func chromiums(system string) []string {
	switch system {
	case "linux":
		return []string{".config/google-chrome", ".config/chromium", ".config/microsoft-edge",
			".config/BraveSoftware/Brave-Browser", ".config/vivaldi", "snap/chromium/common/chromium"}
	case "darwin":
		const support = "Library/Application Support/"
		return []string{support + "Google/Chrome", support + "Chromium", support + "Microsoft Edge",
			support + "BraveSoftware/Brave-Browser", support + "Vivaldi"}
	}
	const local, data = "AppData/Local/", "/User Data"
	return []string{local + "Google/Chrome" + data, local + "Chromium" + data, local + "Microsoft/Edge" + data,
		local + "BraveSoftware/Brave-Browser" + data, local + "Vivaldi" + data}
}

// firefoxes are the folders of profiles of Firefox.
func firefoxes(system string) []string {
	switch system {
	case "linux":
		return []string{".mozilla/firefox", "snap/firefox/common/.mozilla/firefox"}
	case "darwin":
		return []string{"Library/Application Support/Firefox/Profiles"}
	}
	return []string{"AppData/Roaming/Mozilla/Firefox/Profiles"}
}

// editors are the folders of extensions of Visual Studio Code, its server, and relatives.
func editors() []string {
	return []string{".vscode/extensions", ".vscode-server/extensions", ".vscode-oss/extensions", ".cursor/extensions",
		".windsurf/extensions"}
}

// Find lists the extensions in folders of users, in which "*" stands for any name: "home/*". system is "linux",
// "darwin" or "windows". It fails if ctx ends.
func Find(ctx context.Context, tree *disk.Tree, system string, users ...string) (Found, error) {
	f := &finder{tree: tree, found: map[key][]string{}, cut: map[string]bool{}}
	for _, pattern := range users {
		for _, user := range f.folders(pattern) {
			for _, folder := range chromiums(system) {
				f.chromium(user + "/" + folder)
			}
			for _, folder := range firefoxes(system) {
				for _, profile := range f.folders(user + "/" + folder + "/*") {
					f.add(profile+"/extensions.json", ReadFirefox)
				}
			}
			for _, folder := range editors() {
				f.add(user+"/"+folder+"/extensions.json", ReadEditor)
			}
		}
		if err := context.Cause(ctx); err != nil {
			return Found{}, err
		}
	}
	return f.result(), nil
}

// finder looks through a machine.
type finder struct {
	tree  *disk.Tree
	found map[key][]string // the records of each
	cut   map[string]bool
}

// key tells extensions apart; those of two users are one, with both paths.
type key struct{ kind, vendor, name, version, id, purl string }

func (f *finder) folders(pattern string) []string {
	folders, unread := f.tree.Folders(pattern)
	f.cut[CutFolder] = f.cut[CutFolder] || unread
	return folders
}

// read returns the content of a record; nil if there is none, or if it cannot be read, which is told.
func (f *finder) read(name string) []byte {
	text, err := f.tree.Read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, disk.ErrDangling) {
		f.cut[CutRecord] = true
	}
	return text
}

// add adds the extensions of a record.
func (f *finder) add(name string, decode func([]byte) []inventory.Software) {
	if text := f.read(name); text != nil {
		f.keep(name, decode(text)...)
	}
}

func (f *finder) keep(record string, list ...inventory.Software) {
	for _, s := range list {
		k := key{s.Kind, s.Vendor, s.Name, s.Version, s.BundleID, s.PURL}
		if _, known := f.found[k]; !known && len(f.found) == maxFound {
			f.cut[CutMany] = true
			return
		}
		f.found[k] = append(f.found[k], record)
	}
}

// chromium adds the extensions of all profiles in a folder. An extension has a folder for each version that is still
// there; the ones before are removed at the next start.
func (f *finder) chromium(folder string) {
	for _, extension := range f.folders(folder + "/*/Extensions/*") {
		id := path.Base(extension)
		if !isID(id) {
			continue
		}
		for _, version := range f.folders(extension + "/*_*") {
			text := f.read(version + "/manifest.json")
			if text == nil {
				continue
			}
			s, ok := ReadManifest(id, text, func(language string) []byte {
				return f.read(version + "/_locales/" + language + "/messages.json")
			})
			if ok {
				f.keep(version+"/manifest.json", s)
			}
		}
	}
}

// isID reports whether a name is an id of Chromium: 32 letters from a to p. Temp and others are none.
func isID(name string) bool {
	return len(name) == 32 && strings.Trim(name, "abcdefghijklmnop") == ""
}

func (f *finder) result() (found Found) {
	for k, records := range f.found {
		slices.Sort(records)
		found.Extensions = append(found.Extensions, inventory.Software{Kind: k.kind, Vendor: k.vendor, Name: k.name,
			Version: k.version, BundleID: k.id, PURL: k.purl, DiskPaths: slices.Compact(records)})
	}
	slices.SortFunc(found.Extensions, func(a, b inventory.Software) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.BundleID, b.BundleID), cmp.Compare(a.Vendor, b.Vendor))
	})
	maps.DeleteFunc(f.cut, func(_ string, is bool) bool { return !is })
	found.Cut = slices.Sorted(maps.Keys(f.cut))
	return found
}
