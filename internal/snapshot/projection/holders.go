package projection

import "encoding/binary"

// Hold is a release that a device has, and the place of the device among those of the release.
type Hold struct{ Release, Place uint32 }

// Holders says which of some releases each device has.
type Holders struct {
	holds []Hold
	ends  []uint32 // by device
}

// Of returns the releases of a device, ascending: in the order of its rows.
func (h *Holders) Of(device int) []Hold {
	from, to := span(h.ends, device)
	return h.holds[from:to]
}

// Weight returns about how much memory it takes, in bytes.
func (h *Holders) Weight() int64 { return 100 + 8*int64(len(h.holds)) + 4*int64(len(h.ends)) }

// Holders returns which of some releases, ascending, each device has. It costs what the lists of these releases hold,
// and is not remembered.
func (p *Projection) Holders(releases []uint32) *Holders {
	h := &Holders{ends: make([]uint32, len(p.Devices))}
	for _, n := range releases {
		p.releases.each(int(n), func(d uint32) { h.ends[d]++ })
	}
	next, sum := make([]uint32, len(p.Devices)), uint32(0)
	for d := range h.ends {
		next[d] = sum
		sum += h.ends[d]
		h.ends[d] = sum
	}
	h.holds = make([]Hold, sum)
	for _, n := range releases {
		place := uint32(0)
		p.releases.each(int(n), func(d uint32) {
			h.holds[next[d]] = Hold{n, place}
			next[d]++
			place++
		})
	}
	return h
}

// AllHolders returns which releases each device has.
func (p *Projection) AllHolders() *Holders { return p.Holders(numbers(0, uint32(len(p.Releases)))) }

// HeldBy returns the releases of one device, ascending. It looks through all lists up to the device.
func (p *Projection) HeldBy(device int) (all []Hold) {
	for n := range p.Releases {
		if place, ok := p.releases.find(n, uint64(device)); ok {
			all = append(all, Hold{uint32(n), place})
		}
	}
	return all
}

// JudgedOf returns the outcomes of one device, by configuration.
func (p *Projection) JudgedOf(device int) (all []Judged) {
	for n := range len(p.Configurations) * OutcomeCount {
		if _, ok := p.outcomes.find(n, uint64(device)); ok {
			all = append(all, Judged{uint32(n / OutcomeCount), Outcome(n % OutcomeCount)})
		}
	}
	return all
}

// find returns the place of a device in a list; false if the list has not got it.
func (l *lists) find(n int, device uint64) (place uint32, ok bool) {
	data, next := l.of(n), uint64(0)
	for ; len(data) > 0; place++ {
		step, size := binary.Uvarint(data)
		if size <= 0 || next+step > device {
			return 0, false
		}
		if next+step == device {
			return place, true
		}
		data, next = data[size:], next+step+1
	}
	return 0, false
}
