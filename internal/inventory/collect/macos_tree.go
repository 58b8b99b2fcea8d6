//go:build !windows

package collect

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// Files by which a folder is known to be the "/" of a Mac: of its system's volume, and of that with its data.
const (
	macVersionFile = "System/Library/CoreServices/SystemVersion.plist"
	macLocalNode   = "private/var/db/dslocal"
	macNamesFile   = "Library/Preferences/SystemConfiguration/preferences.plist"
)

// isMac reports whether a copied machine is a Mac.
func (m *machine) isMac() bool { return !m.Live && m.First(macVersionFile, macLocalNode) != "" }

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
