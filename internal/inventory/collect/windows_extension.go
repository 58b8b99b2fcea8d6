package collect

import (
	"context"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// findWindowsExtensions lists the extensions of the users of a Windows machine.
func findWindowsExtensions(ctx context.Context, folder string,
	open func(dir string) (*os.Root, error)) (list []inventory.Software, facts map[string]string, err error) {
	if !windows.IsLocalFolder(folder) {
		return nil, nil, errNoLocalFolder
	}
	root, err := open(folder)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	named := func(file string) string { return folder + `\` + strings.ReplaceAll(file, "/", `\`) }
	tree := disk.NewTree(ctx, root, maxExtensionBytes, false).Walking()
	list, cut, err := findExtensions(ctx, tree, "windows", named, "*")
	return list, cutFact(cut), err
}
