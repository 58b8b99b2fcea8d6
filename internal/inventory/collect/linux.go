package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// collectTree makes the report of the machine with its "/" in config.Root: a Linux machine or a Mac.
func collectTree(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	root, err := within(ctx, config.Time/sourceShare, func(context.Context) (*os.Root, error) {
		return disk.OpenRoot(config.Root)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRoot, err)
	}
	defer root.Close()
	live := filepath.Clean(config.Root) == "/"
	m := &machine{Tree: disk.NewTree(ctx, root, 0, live)}
	if own := (&machine{Tree: m.For(ctx, disk.MaxSettings)}); own.isMac() {
		return own.readMac(ctx, config, root)
	}
	who := m.identify(ctx, config)
	m.release = who.release
	report := newReport(config)
	if report.Software = m.software(ctx, config); who.releaseUnread && report.Software != nil {
		m.warn("software", errors.New("no software is reported: the distribution is unknown because its file could not be read"))
		report.Software = nil
	}
	m.facts(ctx, config, report)
	if config.Libraries {
		m.addLanguages(ctx, config, report)
	}
	if config.Extensions {
		if err := addExtensions(ctx, config, root, "linux", report, "home/*", "root"); err != nil {
			m.warn("extensions", err)
		}
	}
	if report.Software == nil && report.Facts == nil && len(m.warnings) == 0 {
		return nil, nil, fmt.Errorf("%w under %q", ErrNothing, config.Root)
	}
	if who.name = cmp.Or(who.name, config.Fallback); who.name == "" {
		return nil, m.warnings, ErrNoName
	}
	report.Device = inventory.Device{
		ID:             who.id,
		Name:           who.name,
		OSPlatform:     inventory.Linux,
		OSVersion:      inventory.OSVersion(m.release.ID, m.release.Version),
		OSArchitecture: m.architecture(report.Software),
	}
	return report, append(m.warnings, unidentified(report)...), nil
}

// software lists the packages of every existing database; nil if there is none, or if one could
// not be read (see the package comment).
func (m *machine) software(ctx context.Context, config Config) []inventory.Software {
	type found struct {
		*packages.List
		file string
	}
	var all *packages.List
	complete := true
	for _, manager := range packages.Managers() {
		list, err := look(ctx, m, config, disk.MaxRead, func(own *machine) (found, error) {
			list, file, err := manager.Read(&packages.Machine{Tree: own.Tree, Release: own.release})
			return found{list, file}, err
		})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && all == nil {
			all = &packages.List{} // there is a database, perhaps an empty one
		}
		if err == nil {
			err = all.Join(list.List)
		}
		if err != nil {
			m.warn(cmp.Or(list.file, manager.Name), fmt.Errorf("no software is reported: %w", err))
			complete = false
		}
	}
	if all == nil || !complete {
		return nil
	}
	return all.Entries
}
