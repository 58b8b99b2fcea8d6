package collect

import (
	"context"
	"runtime"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// Files by which a folder is known to be the "/" of a Mac: of its system's volume, and of that with its data.
const (
	macVersionFile = "System/Library/CoreServices/SystemVersion.plist"
	macLocalNode   = "private/var/db/dslocal"
)

// machine is one source's view of a Linux machine.
type machine struct {
	*disk.Tree
	release  packages.Release
	warnings []Warning
}

// warn records what could not be read.
func (m *machine) warn(what string, err error) {
	m.warnings = append(m.warnings, Warning{What: what, Err: err})
}

// look reads one source of m with its own share of time and a limit on bytes. m gets the warnings
// of a source that has returned.
func look[T any](ctx context.Context, m *machine, config Config, bytes int64,
	read func(*machine) (T, error)) (T, error) {
	type result struct {
		value    T
		warnings []Warning
	}
	release := m.release
	r, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (result, error) {
		own := &machine{Tree: m.For(ctx, bytes), release: release}
		value, err := read(own)
		return result{value, own.warnings}, err
	})
	m.warnings = append(m.warnings, r.warnings...)
	return r.value, err
}

// isMac reports whether a copied machine is a Mac. Folders on Windows keep no links, modes and owners, which the
// settings of a Mac depend on.
func (m *machine) isMac() bool {
	return !m.Live && runtime.GOOS != "windows" && m.First(macVersionFile, macLocalNode) != ""
}
