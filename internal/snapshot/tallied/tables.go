package tallied

import (
	"encoding/binary"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// Tables are what devices of a sheet share, each once. The zero Tables are empty.
type Tables struct {
	Asked  []Asked
	Checks []counts.Checks

	asked, checked map[string]uint32 // places, by Asked.Key and by the bytes of checks
	buf            []byte
}

// Add returns the place of the feeds that a device was judged by, 0 if nobody looked at it, and one more than the
// place of what checks said of it, 0 if that was not counted.
func (t *Tables) Add(d *coverage.Device) (asked, checked uint32) {
	if t.asked == nil {
		t.asked, t.checked = map[string]uint32{}, map[string]uint32{}
	}
	if d.Known() {
		asked = t.ask(Asked{Feeds: d.Feeds, Wants: d.Wants})
	}
	if d.Checks.Known() {
		checked = t.check(&d.Checks) + 1
	}
	return asked, checked
}

func (t *Tables) ask(a Asked) uint32 {
	key := a.Key()
	i, ok := t.asked[key]
	if !ok {
		i = uint32(len(t.Asked))
		t.Asked = append(t.Asked, a)
		t.asked[key] = i
	}
	return i
}

func (t *Tables) check(c *counts.Checks) uint32 {
	t.buf = AppendChecks(t.buf[:0], []counts.Checks{*c})
	i, ok := t.checked[string(t.buf)]
	if !ok {
		i = uint32(len(t.Checks))
		t.Checks = append(t.Checks, *c)
		t.checked[string(t.buf)] = i
	}
	return i
}

// AppendDevice encodes the coverage of a device of a sheet, with the places that Tables.Add returned.
func AppendDevice(dst []byte, d *coverage.Device, asked, checked uint32) []byte {
	dst = AppendState(dst, d.State, d.Reason)
	dst = binary.AppendUvarint(dst, uint64(asked))
	dst = AppendTallies(dst, d.Software)
	return binary.AppendUvarint(dst, uint64(checked))
}

// Devices reads the coverage of devices of a sheet with some tables.
type Devices struct {
	Tables
	// Checked says that the sheet has checks.
	Checked bool
	// tallied is one array for all devices.
	tallied coverage.Tallies
}

// Room makes room for a number of devices.
func (t *Devices) Room(devices int) { t.tallied = make(coverage.Tallies, 0, 2*devices) }

// Device decodes what AppendDevice encodes.
func (t *Devices) Device(r *packed.Reader) (d coverage.Device, asked, checked uint32) {
	d.State, d.Reason = State(r)
	i := r.Uvarint()
	if d.Known() && i >= uint64(len(t.Asked)) {
		r.Fail("feeds %d, but the sheet has %d", i, len(t.Asked))
	}
	from := len(t.tallied)
	t.tallied = Tallies(r, t.tallied)
	if r.Err != nil {
		return d, 0, 0
	}
	if d.Known() {
		d.Feeds, d.Wants = t.Asked[i].Feeds, t.Asked[i].Wants
	}
	d.Software = t.tallied[from:len(t.tallied):len(t.tallied)]
	if !t.Checked {
		return d, uint32(i), 0
	}
	n := r.Uvarint()
	switch {
	case n > uint64(len(t.Checks)):
		r.Fail("checks %d, but the sheet has %d", n, len(t.Checks))
	case n > 0:
		d.Checks = t.Checks[n-1]
	}
	return d, uint32(i), uint32(n)
}
