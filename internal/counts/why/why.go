// Package why says of each row of a delta why its finding is Fixed (doc/decision/0162). Rows are those of the exports,
// which have no such field: so the reasons of a range stand beside them, in the order of its rows, as Runs.
package why

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Reason is why a finding is Fixed.
type Reason uint8

// The reasons, as counts.Fixed counts them. Unknown is that of rows of which nobody said it.
const (
	Unknown Reason = iota
	OnDevice
	DeviceGone
	NotAssessed
	Moved
	Excepted
)

// names are the reasons as the API has them, texts as people read them.
var (
	names = [...]string{"", "onDevice", "deviceGone", "notAssessed", "moved", "excepted"}
	texts = [...]string{"not known", "on the device", "device gone", "no longer assessed", "moved", "excepted"}
)

// All lists the reasons.
func All() []Reason { return []Reason{OnDevice, DeviceGone, NotAssessed, Moved, Excepted} }

// String is the reason as the API has it; empty for Unknown.
func (r Reason) String() string { return names[r] }

// Text is the reason for people.
func (r Reason) Text() string { return texts[r] }

// Parse reads a reason as the API has it.
func Parse(name string) (Reason, error) {
	if at := slices.Index(names[1:], name); at >= 0 {
		return Reason(at + 1), nil
	}
	return Unknown, fmt.Errorf("reason is %q, must be one of %v", name, names[1:])
}

// Runs are the reasons of the rows of a delta part, in a few bytes. Each run is a varint: how many rows, times 8, and
// the reason. A row that is not Fixed belongs to the run before it, or to the first, so that most ranges are one run.
type Runs []byte

// maxRuns bounds the bytes of a range: what comes after is Unknown.
const maxRuns = 8 << 10

// Builder makes the Runs of a part, row by row.
type Builder struct {
	runs   Runs
	reason Reason // of the run that is being made
	rows   int64
	full   bool
}

// Skip adds rows that are not Fixed.
func (b *Builder) Skip(rows int64) { b.rows += rows }

// Fixed adds rows that are, for a reason.
func (b *Builder) Fixed(r Reason, rows int64) {
	if rows == 0 {
		return
	}
	if b.reason != r && b.reason != Unknown {
		b.end()
	}
	b.reason = r
	b.rows += rows
}

// end ends a run, if it and all before it fit.
func (b *Builder) end() {
	if b.full = b.full || len(b.runs)+binary.MaxVarintLen64 > maxRuns; !b.full {
		b.runs = binary.AppendUvarint(b.runs, uint64(b.rows)<<3|uint64(b.reason))
	}
	b.rows = 0
}

// Runs returns the runs; nil if no row is Fixed.
func (b *Builder) Runs() Runs {
	if b.reason != Unknown && b.rows > 0 {
		b.end()
	}
	return b.runs
}

// Reasons are runs that were read.
type Reasons struct {
	ends    []int64 // rows up to the end of each run
	reasons []Reason
}

var errRuns = errors.New("reasons that are none")

// Read reads runs.
func (r Runs) Read() (all Reasons, err error) {
	end := int64(0)
	for rest := []byte(r); len(rest) > 0; {
		n, size := binary.Uvarint(rest)
		rows, reason := n>>3, Reason(n&7)
		if size <= 0 || rows == 0 || rows > 1<<40 || reason == Unknown || reason > Excepted {
			return Reasons{}, fmt.Errorf("at byte %d: %w", len(r)-len(rest), errRuns)
		}
		end += int64(rows)
		all.ends, all.reasons = append(all.ends, end), append(all.reasons, reason)
		rest = rest[size:]
	}
	return all, nil
}

// At is the reason of a row that is Fixed, by its place in the part.
func (a Reasons) At(row int64) Reason {
	at := sort.Search(len(a.ends), func(i int) bool { return a.ends[i] > row })
	if at == len(a.ends) {
		return Unknown
	}
	return a.reasons[at]
}

// ByRange has the runs of the ranges of a snapshot, by number; those without a Fixed row are absent. It is nil where an
// older program made the snapshot.
type ByRange map[int]Runs

// Add adds those of a range with so many Fixed rows; nothing to a nil map.
func (by ByRange) Add(number int, r Runs, fixed int64) {
	if by != nil && fixed > 0 {
		by[number] = append(Runs{}, r...) // an older program made a range without
	}
}

// Whole reports whether every row that is Fixed has its reason.
func (by ByRange) Whole() bool {
	for _, r := range by {
		if len(r) == 0 || len(r)+binary.MaxVarintLen64 > maxRuns {
			return false
		}
	}
	return by != nil
}
