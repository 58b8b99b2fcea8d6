// Package subset has sets of the devices of a range, a bit each.
package subset

import "math/bits"

// Set says which devices of a range are meant: a bit each, from the first on.
type Set struct {
	bits    []uint64
	devices int64
}

// Devices is how many they are.
func (s *Set) Devices() int64 { return s.devices }

// Weight returns about how much memory it takes, in bytes.
func (s *Set) Weight() int64 { return 100 + 8*int64(len(s.bits)) }

// Of returns the set of the devices that have something.
func Of(has []bool) *Set {
	s := &Set{bits: make([]uint64, (len(has)+63)/64)}
	for d, ok := range has {
		if ok {
			s.bits[d/64] |= 1 << (d % 64)
			s.devices++
		}
	}
	return s
}

// Has reports whether a device is in it.
func (s *Set) Has(device int) bool { return s.bits[device/64]&(1<<(device%64)) != 0 }

// Each calls yield with each device, ascending, until it returns false.
func (s *Set) Each(yield func(device int) bool) {
	for i, word := range s.bits {
		for ; word != 0; word &= word - 1 {
			if !yield(i*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
