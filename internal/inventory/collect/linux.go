package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/inventory"
)

// machine is a Linux machine that is being collected.
type machine struct {
	*tree
	release  release
	warnings []Warning
}

// warn notes what could not be read.
func (m *machine) warn(what string, err error) {
	m.warnings = append(m.warnings, Warning{What: what, Err: err})
}

// collectTree makes the report of the Linux machine whose "/" is config.Root.
func collectTree(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	files, err := openTree(config.Root)
	if err != nil {
		return nil, nil, err
	}
	defer files.close()
	m := &machine{tree: files}
	m.release = m.findRelease(config)

	report := newReport(config)
	if report.Software, err = m.software(ctx); err != nil {
		return nil, m.warnings, err
	}
	report.Facts = m.facts()
	if report.Software == nil && report.Facts == nil && len(m.warnings) == 0 {
		return nil, nil, fmt.Errorf("%w under %q", ErrNothing, config.Root)
	}
	report.Device, err = m.device(config, report.Software)
	if err != nil {
		return nil, m.warnings, err
	}
	return report, m.warnings, ctx.Err()
}

// packageManager lists what a package manager installed. It returns the name of
// the file that an error is about, and fs.ErrNotExist when the machine has no such
// package manager.
type packageManager func(context.Context) ([]inventory.Software, string, error)

// software lists the packages of every database that is there; nil when there
// is none, or when one could not be read (see the package comment).
func (m *machine) software(ctx context.Context) ([]inventory.Software, error) {
	var all []inventory.Software
	complete := true
	for _, read := range []packageManager{m.dpkg, m.apk, m.rpm} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found, name, err := read(ctx)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			m.warn(name, fmt.Errorf("no software is reported: %w", err))
			complete = false
			continue
		}
		if all == nil {
			all = []inventory.Software{} // there is a database, maybe an empty one
		}
		all = append(all, found...)
	}
	if !complete {
		return nil, nil
	}
	return all, nil
}

// device says which machine it is.
func (m *machine) device(config Config, software []inventory.Software) (inventory.Device, error) {
	name := config.Name
	if name == "" {
		name = m.hostName()
	}
	if name == "" {
		return inventory.Device{}, ErrNoName
	}
	return inventory.Device{
		ID:             inventory.DeriveID(m.machineID(), name),
		Name:           name,
		OSPlatform:     inventory.Linux,
		OSVersion:      inventory.OSVersion(m.release.ID, m.release.Version),
		OSArchitecture: m.architecture(software),
	}, nil
}
