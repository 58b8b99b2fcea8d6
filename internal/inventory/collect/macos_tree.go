//go:build !windows

package collect

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// macNamesFile has the names of a Mac.
const macNamesFile = "Library/Preferences/SystemConfiguration/preferences.plist"

// MacDisks returns the reader of the disks of Macs.
func MacDisks() MacReader {
	return func(ctx context.Context, tree *disk.Tree, config Config, root *os.Root) (*inventory.Report, []Warning, error) {
		return (&machine{Tree: tree}).collectMac(ctx, config, root)
	}
}

// readMac makes the report of a copied Mac, if this program reads its disk.
func (m *machine) readMac(ctx context.Context, config Config, root *os.Root) (*inventory.Report, []Warning, error) {
	read := config.Mac
	if read == nil && runtime.GOOS == "darwin" { // it is there for the machine itself
		read = MacDisks()
	}
	if read == nil {
		return nil, nil, errMac
	}
	return read(ctx, m.Tree, config, root)
}

// collectMac makes the report of the Mac with its "/" in a folder. It has settings and no software: that is known to
// system_profiler, which tells of the machine it runs on.
func (m *machine) collectMac(ctx context.Context, config Config, root *os.Root) (*inventory.Report, []Warning, error) {
	report := newReport(config)
	names := m.list(macNamesFile)
	report.Device = inventory.Device{
		Name: cmp.Or(config.Name, names["System:System:HostName"], names["System:Network:HostNames:LocalHostName"],
			config.Fallback),
		OSPlatform: inventory.MacOS,
		OSVersion:  m.list(macVersionFile)["ProductVersion"],
	}
	if report.Device.Name == "" {
		return nil, m.warnings, ErrNoName
	}
	warnings := append(m.warnings, macSettings{root: root}.add(ctx, config, report)...)
	if report.Facts == nil && len(warnings) == 0 {
		return nil, nil, fmt.Errorf("%w under %q", ErrNothing, config.Root)
	}
	return report, append(warnings, unidentified(report)...), nil
}

// list returns the texts of a property list, by path; none if it does not exist or cannot be read.
func (m *machine) list(file string) map[string]string {
	texts := map[string]string{}
	if !m.Exists(file) {
		return texts
	}
	data, err := m.Read(file)
	var values map[string]plist.Value
	if err == nil {
		values, err = plist.Parse(data)
	}
	if err != nil {
		m.warn(file, err)
	}
	for path, v := range values {
		if v.Kind == plist.Text {
			texts[path] = v.Text
		}
	}
	return texts
}
