package trend

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// Ages counts findings by the UTC day on which they were first seen, in days since 1970.
type Ages map[int64]int64

// DayOf returns the UTC day of a time.
func DayOf(t time.Time) int64 { return t.UTC().Truncate(24*time.Hour).Unix() / (24 * 60 * 60) }

// Add adds other, so many times. A day without findings is absent.
func (a Ages) Add(other Ages, times int64) {
	for day, n := range other {
		if a[day] += n * times; a[day] == 0 {
			delete(a, day)
		}
	}
}

// Sum is the number of findings.
func (a Ages) Sum() (n int64) {
	for _, one := range a {
		n += one
	}
	return n
}

// Sound reports whether these are the ages of so many findings.
func (a Ages) Sound(findings int64) bool {
	for _, n := range a {
		if n < 0 {
			return false
		}
	}
	return a.Sum() == findings
}

// openClasses are the days at which the classes of Open begin.
var openClasses = [...]int64{0, 7, 30, 90, 180}

// Class counts findings that have been open for From days or more, and at most To; To is -1 if there is no bound.
type Class struct{ From, To, Findings int64 }

// Open returns how long findings have been open, in whole UTC days up to that of now. One that was first seen later is
// in the first class.
func (a Ages) Open(now time.Time) []Class {
	all := make([]Class, len(openClasses))
	for i, from := range openClasses {
		all[i] = Class{From: from, To: -1}
		if i+1 < len(openClasses) {
			all[i].To = openClasses[i+1] - 1
		}
	}
	for day, n := range a {
		age, i := DayOf(now)-day, 0
		for i+1 < len(openClasses) && age >= openClasses[i+1] {
			i++
		}
		all[i].Findings += n
	}
	return all
}

// Opened says how a range changes the ages of its group.
type Opened struct {
	// New are those of the findings of devices whose rows were made, Gone those of the rows that these devices had in the
	// group before, and of devices that left.
	New  Ages `json:"new,omitempty"`
	Gone Ages `json:"gone,omitempty"`
	// Copied says that the rows of other devices are as they were.
	Copied bool `json:"copied,omitempty"`
}

// AgesByGroup has the ages of RBAC groups. A group whose ages are not known is absent.
type AgesByGroup map[int64]Ages

// Encode returns the ages as the database keeps them: version; of each group by number, as the difference to the one
// before, the number of days and each day, as the difference to the one before, with its findings.
func (by AgesByGroup) Encode() []byte {
	dst, last := []byte{version}, int64(0)
	for _, group := range slices.Sorted(maps.Keys(by)) {
		dst = binary.AppendVarint(dst, group-last)
		last = group
		dst = binary.AppendUvarint(dst, uint64(len(by[group])))
		before := int64(0)
		for _, day := range slices.Sorted(maps.Keys(by[group])) {
			dst = binary.AppendVarint(binary.AppendVarint(dst, day-before), by[group][day])
			before = day
		}
	}
	return dst
}

// DecodeAges reads what Encode returned.
func DecodeAges(data []byte) (AgesByGroup, error) {
	r, group, by := reader{rest: data}, int64(0), AgesByGroup{}
	r.version()
	for r.err == nil && len(r.rest) > 0 {
		group += r.varint()
		n := r.uvarint()
		if n > uint64(len(r.rest)) {
			r.fail("%d days", n)
			break
		}
		of, day := Ages{}, int64(0)
		for range n {
			day += r.varint()
			of[day] += r.varint()
		}
		by[group] = of
	}
	return by, r.end()
}
