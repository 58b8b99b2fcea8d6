package settings

import (
	"fmt"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// Machine is one family's view of a Mac.
type Machine struct {
	*facts.Machine
	// Run runs one of macOS's own tools and returns what it printed; nil: the machine is a copy, and none is run.
	Run func(program string, arguments ...string) (string, error)
	// Major is the first number of the version of macOS; 0: unknown.
	Major int
	// Host is the machine's hardware UUID, by which settings "ByHost" are named; "": unknown.
	Host string
}

// Family is one family of facts and how to read it: nil if it was not asked, an error if nothing of it could be read.
type Family struct {
	Name string
	Read func(*Machine) (*facts.Found, error)
}

// MaxFiles bounds the bytes that are read of a family's files.
const MaxFiles = 32 << 20

// unknown says that a key, or facts.Any, is not known, and what did not tell it.
func (m *Machine) unknown(found *facts.Found, key, source string, err error) {
	m.Warn(fmt.Errorf("%s: %w", source, err))
	if _, have := found.Unread[key]; !have {
		found.Unread.Set(key, source+": "+facts.Told(err))
	}
}
