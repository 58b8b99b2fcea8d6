package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/extension"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// maxExtensionBytes bounds what is read of records of extensions.
const maxExtensionBytes = 256 << 20

// errNoList says that what was asked for beside the software is not reported: the software is one section.
var errNoList = errors.New("not looked for, since no software is reported")

// findExtensions lists the extensions in folders of users. named returns the path of a file of the tree.
func findExtensions(ctx context.Context, tree *disk.Tree, system string, named func(string) string,
	users ...string) (list []inventory.Software, cut []string, err error) {
	found, err := extension.Find(ctx, tree, system, users...)
	if err != nil {
		return nil, nil, err
	}
	for i := range found.Extensions {
		paths := found.Extensions[i].DiskPaths
		for j := range paths {
			paths[j] = named(paths[j])
		}
	}
	return found.Extensions, found.Cut, nil
}

// below returns the path of a file of the tree of a machine with "/".
func below(file string) string { return "/" + file }

// addExtensions adds the extensions of all users to a report of a machine with "/", and what was left out as facts. If
// they could not be looked for to the end, no software is reported: what an earlier report said would look removed.
func addExtensions(ctx context.Context, config Config, root *os.Root, system string, report *inventory.Report,
	users ...string) error {
	if report.Software == nil {
		return errNoList
	}
	type result struct {
		list []inventory.Software
		cut  []string
	}
	found, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (r result, err error) {
		tree := disk.NewTree(ctx, root, maxExtensionBytes, true).Walking()
		r.list, r.cut, err = findExtensions(ctx, tree, system, below, users...)
		return r, err
	})
	if err == nil {
		err = addFound(report, "extensions", found.list, found.cut)
	}
	if err != nil {
		report.Software = nil
		return fmt.Errorf("no software is reported: %w", err)
	}
	return nil
}

// addFound adds entries to a report's software, and what was left out of them as facts.
func addFound(report *inventory.Report, family string, list []inventory.Software, cut []string) error {
	all := &packages.List{}
	for _, s := range slices.Concat(report.Software, list) {
		if err := all.Add(s); err != nil {
			return err
		}
	}
	if len(all.Entries) > 0 || report.Software != nil {
		report.Software = all.Entries
	}
	if report.Facts == nil {
		report.Facts = inventory.Facts{}
	}
	report.Facts[family] = cutFact(cut)
	return nil
}

// cutFact has what was left out.
func cutFact(cut []string) map[string]string {
	if len(cut) == 0 {
		return map[string]string{}
	}
	return map[string]string{"Cut": strings.Join(cut, "; ")}
}
