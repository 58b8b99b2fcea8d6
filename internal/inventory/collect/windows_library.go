package collect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/library"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// maxLibraryBytes bounds what is read of the files of libraries in a program folder.
const maxLibraryBytes = 128 << 20

// cutRoot says that a program folder could not be looked into.
const cutRoot = "program folders that cannot be opened"

var errLibraries = errors.New("libraries are looked for on Windows and Linux alone, and on Windows not with a root folder")

// findLibraries looks for libraries in the program folders. Facts say what was left out. Libraries have no
// registry path: no installer lists them.
func findLibraries(ctx context.Context, folders []string,
	open func(dir string) (*os.Root, error)) (list []inventory.Software, facts map[string]string, err error) {
	var cut []string
	byVersion := map[string]*inventory.Software{}
	for _, folder := range folders {
		root, err := open(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			cut = append(cut, cutRoot)
			continue
		}
		found, err := library.Find(ctx, disk.NewTree(ctx, root, maxLibraryBytes, false).Walking())
		root.Close()
		if err != nil {
			return nil, nil, err
		}
		cut = append(cut, found.Cut...)
		for _, l := range found.Libraries {
			if byVersion[l.Version] == nil {
				byVersion[l.Version] = &inventory.Software{Kind: windows.Kind, Vendor: l.Vendor, Name: l.Name, Version: l.Version}
			}
			for _, file := range l.Files {
				path := folder + `\` + strings.ReplaceAll(file, "/", `\`)
				byVersion[l.Version].DiskPaths = append(byVersion[l.Version].DiskPaths, path)
			}
		}
	}
	for _, s := range byVersion {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b inventory.Software) int { return strings.Compare(a.Version, b.Version) })
	slices.Sort(cut)
	facts = map[string]string{}
	if len(cut) > 0 {
		facts["Cut"] = strings.Join(slices.Compact(cut), "; ")
	}
	return list, facts, nil
}
