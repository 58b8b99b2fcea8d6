package collect

import (
	"context"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
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
