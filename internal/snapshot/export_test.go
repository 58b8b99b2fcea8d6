package snapshot

import (
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// ParseSheet and AppendSheet are the form of sheets without the file.
var (
	ParseSheet  = parseSheet
	AppendSheet = (*Sheet).append
)

// Limits of fragments and segments, in raw bytes.
const (
	FragmentRaw = fragmentRaw
	SegmentRaw  = segmentRaw
)

// AppendIndex, ParseIndex, AppendDeltas and ParseDeltas are the forms of files
// without the file.
var (
	AppendIndex = (*Index).append
	ParseIndex  = parseIndex
	ParseDeltas = parseDeltas
	AppendDelta = (*deltas).append
	DeltaOf     = (*deltas).delta
)

// ParseManifest reads a manifest of a name.
var ParseManifest = parseManifest

// MadeOf is a range with an index that is in no file.
func MadeOf(r Range, x *Index, d Delta) *Made {
	r.full = x
	r.count(x)
	return NewMade(r, d)
}

// Remembered is how many bytes a Reader remembers.
func (c *Reader) Remembered() int64 { return c.cache.Bytes() }

// MaxRemembered bounds that.
const MaxRemembered = maxRemembered

// Once reads through a Reader.
func Once(c *Reader, name string, read func() (int, int64, error)) (int, error) {
	return cache.Once(c.cache, cache.Key{Name: name}, read)
}

// RoundTripName writes a name beside another and reads it.
func RoundTripName(name, like string) (string, error) {
	r := newDecoder(packed.AppendName(nil, name, like))
	got := r.Name(like)
	return got, r.End("name")
}

// RoundTripID writes an id and reads it.
func RoundTripID(id string) (string, error) {
	r := newDecoder(packed.AppendID(nil, id))
	got := r.ID()
	return got, r.End("id")
}
