package collect

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/library"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// exchangeSetup is the file of Exchange Server that every update replaces; maxSetup bounds it.
const (
	exchangeSetup = "ExSetup.exe"
	maxSetup      = 1 << 28
)

var errNoLocalFolder = errors.New("its folder is none of a local disk")

// exchangeBuild returns the build of Exchange Server with its security updates, which only its files tell.
func exchangeBuild(ctx context.Context, folder string, open func(dir string) (*os.Root, error)) (string, error) {
	folder = strings.TrimRight(folder, `\`)
	if !windows.IsLocalFolder(folder) {
		return "", errNoLocalFolder
	}
	root, err := open(folder + `\Bin`)
	if err != nil {
		return "", err
	}
	defer root.Close()
	file, err := disk.NewTree(ctx, root, disk.MaxSetting, false).Open(exchangeSetup, maxSetup)
	if err != nil {
		return "", err
	}
	defer file.Close()
	version, err := library.ReadVersion(file)
	return version.Number, err
}

// mendExchange gives the entries of Exchange Server its build, and beside it the one of its cumulative update, which
// they had. So whoever reads an entry knows that its version is that of files.
func mendExchange(list []inventory.Software, update, build string) {
	for i := range list {
		if s := &list[i]; s.Version == update && strings.HasPrefix(s.Name, "Microsoft Exchange Server") {
			s.Version, s.SourceVersion = build, update
		}
	}
}
