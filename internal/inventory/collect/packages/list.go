package packages

import (
	"encoding/json"
	"fmt"

	"github.com/muster-project/muster/internal/inventory"
)

// Limits of a list of packages.
const (
	MaxPackages = inventory.MaxSoftware
	MaxListed   = 12 << 20 // bytes in a report; with the facts below inventory.MaxReport
)

var (
	ErrTooMany = fmt.Errorf("more than %d packages are installed", MaxPackages)
	errTooLong = fmt.Errorf("the list of packages is longer than %d bytes", MaxListed)
)

// List is a list of installed software, within the limits of a report.
type List struct {
	Entries []inventory.Software
	bytes   int // in JSON
}

// Add appends an entry.
func (p *List) Add(s inventory.Software) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return p.Join(&List{[]inventory.Software{s}, len(text) + len(",")})
}

// Join appends another list.
func (p *List) Join(more *List) error {
	if p.Entries == nil {
		p.Entries = []inventory.Software{} // not nil, since a database was read
	}
	switch {
	case len(p.Entries)+len(more.Entries) > MaxPackages:
		return ErrTooMany
	case p.bytes+more.bytes > MaxListed:
		return errTooLong
	}
	p.Entries = append(p.Entries, more.Entries...)
	p.bytes += more.bytes
	return nil
}
