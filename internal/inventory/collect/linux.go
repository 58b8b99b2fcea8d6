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
)

// machine is a Linux machine that is being collected, as one source sees it.
type machine struct {
	*tree
	release  release
	warnings []Warning
}

// warn notes what could not be read.
func (m *machine) warn(what string, err error) {
	m.warnings = append(m.warnings, Warning{What: what, Err: err})
}

// look reads one source of m on its own, with its own share of time and a limit on
// the bytes it reads. The warnings of a source that has returned are m's.
func look[T any](ctx context.Context, m *machine, config Config, bytes int64, read func(*machine) (T, error)) (T, error) {
	type result struct {
		value    T
		warnings []Warning
	}
	root, own := m.root, &machine{tree: &tree{live: m.live}, release: m.release}
	r, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (result, error) {
		own.disk = newDisk(ctx, root, bytes)
		value, err := read(own)
		return result{value, own.warnings}, err
	})
	m.warnings = append(m.warnings, r.warnings...)
	return r.value, err
}

// collectTree makes the report of the Linux machine whose "/" is config.Root.
func collectTree(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	root, err := within(ctx, config.Time/sourceShare, func(context.Context) (*os.Root, error) {
		return openRoot(config.Root)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("opening root folder %q: %w", config.Root, err)
	}
	defer root.Close()
	live := filepath.Clean(config.Root) == "/"
	m := &machine{tree: &tree{disk: newDisk(ctx, root, 0), live: live}}
	who := m.identify(ctx, config)
	m.release = who.release
	report := newReport(config)
	if report.Software = m.software(ctx, config); who.releaseUnread && report.Software != nil {
		m.warn("software", errors.New("none is reported: without its distribution a package means nothing, and what says it could not be read"))
		report.Software = nil
	}
	report.Facts = m.facts(ctx, config)
	if report.Software == nil && report.Facts == nil && len(m.warnings) == 0 {
		return nil, nil, fmt.Errorf("%w under %q", ErrNothing, config.Root)
	}
	if who.name == "" {
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

// packageManager lists what a package manager installed. It returns the name of
// the file that an error is about, and fs.ErrNotExist when the machine has no such
// package manager.
type packageManager struct {
	name string
	read func(*machine) (*packages, string, error)
}

// packageManagers are those that a Linux machine is asked for.
func packageManagers() []packageManager {
	return []packageManager{{"dpkg", (*machine).dpkg}, {"apk", (*machine).apk}, {"rpm", (*machine).rpm}}
}

// software lists the packages of every database that is there; nil when there
// is none, or when one could not be read (see the package comment).
func (m *machine) software(ctx context.Context, config Config) []inventory.Software {
	type found struct {
		*packages
		file string
	}
	var all *packages
	complete := true
	for _, manager := range packageManagers() {
		list, err := look(ctx, m, config, maxRead, func(own *machine) (found, error) {
			list, file, err := manager.read(own)
			return found{list, file}, err
		})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && all == nil {
			all = &packages{} // there is a database, maybe an empty one
		}
		if err == nil {
			err = all.join(list.packages)
		}
		if err != nil {
			m.warn(cmp.Or(list.file, manager.name), fmt.Errorf("no software is reported: %w", err))
			complete = false
		}
	}
	if all == nil || !complete {
		return nil
	}
	return all.list
}
