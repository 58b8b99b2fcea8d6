package answer

import "math/bits"

// subset says which devices of a range are meant: a bit each, from the first on.
type subset struct {
	bits    []uint64
	devices int64
}

// Weight returns about how much memory it takes, in bytes.
func (s *subset) Weight() int64 { return 100 + 8*int64(len(s.bits)) }

func subsetOf(has []bool) *subset {
	s := &subset{bits: make([]uint64, (len(has)+63)/64)}
	for d, ok := range has {
		if ok {
			s.bits[d/64] |= 1 << (d % 64)
			s.devices++
		}
	}
	return s
}

func (s *subset) has(device int) bool { return s.bits[device/64]&(1<<(device%64)) != 0 }

// each calls yield with each device, ascending, until it returns false.
func (s *subset) each(yield func(device int) bool) {
	for i, word := range s.bits {
		for ; word != 0; word &= word - 1 {
			if !yield(i*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
