package collect

import (
	"context"
	"errors"
	"os"

	"github.com/muster-project/muster/internal/inventory"
)

var errFacts = errors.New("settings of a Linux machine are not read on Windows: its copies keep no links, modes and owners")

// facts reads nothing: a copy on Windows has no links, and they decide what a machine starts and reads.
func (m *machine) facts(context.Context, Config, *inventory.Report) {
	if m.Exists("etc/passwd") {
		m.warn("facts", errFacts)
	}
}

// isMac is false: folders on Windows keep no links, modes and owners, which the settings of a Mac depend on.
func (m *machine) isMac() bool { return false }

// collectMac is not called.
func (m *machine) collectMac(context.Context, Config, *os.Root) (*inventory.Report, []Warning, error) {
	return nil, nil, ErrNothing
}
