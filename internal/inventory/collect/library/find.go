package library

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Limits of looking for libraries.
const (
	maxDepth = 8       // folders below the one where looking begins
	maxFound = 1_000   // files of libraries
	maxFile  = 1 << 28 // bytes of a file; only headers and the resource are read
)

// What the bounds left out. They say no numbers, so that a report stays the same while files come and go.
const (
	CutDepth  = "folders more than 8 below a program folder"
	CutFolder = "folders that cannot be read, or have more than 10000 files"
	CutFile   = "libraries that cannot be read"
	CutMany   = "what comes after 500000 files, or 1000 libraries"
)

// Library is a library at a version, with its files.
type Library struct {
	Vendor, Name, Version string
	Files                 []string // slash-separated, below the folder
}

// Found is what was found in a folder. Cut says what the bounds left out, in order.
type Found struct {
	Libraries []Library
	Cut       []string
}

// finder looks for libraries in one folder after the other, those that are near first.
type finder struct {
	tree  *disk.Tree
	found map[string]*Library
	files int
	cut   map[string]bool
}

// Find looks for libraries in a folder and below it. It follows no links. The error is that of the tree's
// context: what was found until then depends on how busy the machine is, so it counts for nothing.
func Find(ctx context.Context, tree *disk.Tree) (Found, error) {
	f := &finder{tree: tree, found: map[string]*Library{}, cut: map[string]bool{}}
	folders := []string{"."}
	for depth := 0; len(folders) > 0 && !f.cut[CutMany]; depth++ {
		if depth > maxDepth {
			f.cut[CutDepth] = true
			break
		}
		var below []string
		for _, folder := range folders {
			below = append(below, f.look(folder)...)
			if err := context.Cause(ctx); err != nil {
				return Found{}, err
			}
		}
		folders = below
	}
	return f.result(), nil
}

// look reads the libraries in a folder, and returns the folders in it.
func (f *finder) look(folder string) (folders []string) {
	entries, err := f.tree.Entries(folder)
	if errors.Is(err, disk.ErrMany) || f.cut[CutMany] {
		f.cut[CutMany] = true
		return nil
	}
	if err != nil {
		f.cut[CutFolder] = true
		return nil
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		switch {
		case entry.IsDir():
			folders = append(folders, name)
		case entry.Type().IsRegular() && isOpenSSL(entry.Name()):
			f.read(name)
		}
	}
	return folders
}

// isOpenSSL reports whether a file has a name that builds of OpenSSL give: libcrypto-3-x64.dll, libssl-1_1.dll,
// and before 1.1 libeay32.dll and ssleay32.dll.
func isOpenSSL(name string) bool {
	name, ok := strings.CutSuffix(strings.ToLower(name), ".dll")
	return ok && (strings.HasPrefix(name, "libcrypto") || strings.HasPrefix(name, "libssl") || name == "libeay32" ||
		name == "ssleay32")
}

// read adds a file if its resource says that it is OpenSSL: LibreSSL and others have files of the same names.
func (f *finder) read(name string) {
	file, err := f.tree.Open(name, maxFile)
	var version Version
	if err == nil {
		version, err = ReadVersion(file)
		file.Close()
	}
	switch {
	case errors.Is(err, errNoExecutable) || errors.Is(err, errNoVersion):
		return
	case err != nil:
		f.cut[CutFile] = true
		return
	case !strings.Contains(version.Texts["ProductName"], "OpenSSL"):
		return
	}
	if f.files++; f.files > maxFound {
		f.cut[CutMany] = true
		return
	}
	number := version.release()
	if f.found[number] == nil {
		f.found[number] = &Library{Vendor: "The OpenSSL Project", Name: "OpenSSL", Version: number}
	}
	f.found[number].Files = append(f.found[number].Files, name)
}

// release returns the version in the maker's own spelling, with letters ("1.1.1w"), if the resource has it.
func (v Version) release() string {
	text := strings.TrimSpace(v.Texts["ProductVersion"])
	if text != "" && len(text) < 64 && text[0] >= '0' && text[0] <= '9' {
		return text
	}
	return v.Number
}

// result returns what was found, in order.
func (f *finder) result() (all Found) {
	for _, library := range f.found {
		slices.Sort(library.Files)
		all.Libraries = append(all.Libraries, *library)
	}
	slices.SortFunc(all.Libraries, func(a, b Library) int { return strings.Compare(a.Version, b.Version) })
	for cut := range f.cut {
		all.Cut = append(all.Cut, cut)
	}
	slices.Sort(all.Cut)
	return all
}
