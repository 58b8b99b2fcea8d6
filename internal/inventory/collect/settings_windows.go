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

// MacDisks returns no reader.
func MacDisks() MacReader { return nil }

// readMac reads nothing.
func (m *machine) readMac(context.Context, Config, *os.Root) (*inventory.Report, []Warning, error) {
	return nil, nil, errMac
}
