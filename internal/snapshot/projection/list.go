package projection

import "encoding/binary"

// list is a list of devices: the differences between their numbers.
type list struct {
	n    int64
	next uint32 // the number after the last
	data []byte
}

func (l *list) add(device uint32) {
	l.data = binary.AppendUvarint(l.data, uint64(device-l.next))
	l.next = device + 1
	l.n++
}

// eachOf calls yield with each device of a list.
func eachOf(data []byte, yield func(uint32)) {
	next := uint64(0)
	for len(data) > 0 {
		step, n := binary.Uvarint(data)
		if n <= 0 {
			return
		}
		data = data[n:]
		yield(uint32(next + step))
		next += step + 1
	}
}

// lists are lists of devices, as differences between their numbers.
type lists struct {
	ends []uint32
	data []byte
}

func (l *lists) append(data []byte) {
	l.data = append(l.data, data...)
	l.ends = append(l.ends, uint32(len(l.data)))
}

// of returns a list.
func (l *lists) of(n int) []byte {
	from := uint32(0)
	if n > 0 {
		from = l.ends[n-1]
	}
	return l.data[from:l.ends[n]]
}

// each calls yield with each device of a list.
func (l *lists) each(n int, yield func(device uint32)) { eachOf(l.of(n), yield) }

// check checks that a list has count devices below limit.
func (l *lists) check(n int, count int64, limit int) bool {
	data, next, found := l.of(n), uint64(0), int64(0)
	for len(data) > 0 {
		step, size := binary.Uvarint(data)
		if size <= 0 || step >= uint64(limit) || next+step >= uint64(limit) {
			return false
		}
		data, next = data[size:], next+step+1
		found++
	}
	return found == count
}
