package trend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"github.com/muster-project/muster/internal/counts"
)

// ErrForm is wrapped by errors about bytes that are no counts of this version.
var ErrForm = errors.New("malformed counts")

// version is that of the encoding. It begins with it; then come, of each group by number, the number, as the difference
// to the one before, and the counts as varints. A weight is its bits, reversed, so that small numbers are short.
const version = 1

// maxClasses bounds the classes of Durations.
const maxClasses = 1000

// ByGroup has the counts by RBAC group. A group without devices and changes is absent.
type ByGroup map[int64]*Counts

// Sum adds up the groups for which groups is true, nil for all.
func (by ByGroup) Sum(groups func(group int64) bool) (sum Counts) {
	for group, c := range by {
		if groups == nil || groups(group) {
			sum.Add(c)
		}
	}
	return sum
}

// Encode returns the counts as the database keeps them.
func (by ByGroup) Encode() []byte {
	dst := []byte{version}
	last := int64(0)
	for _, group := range slices.Sorted(maps.Keys(by)) {
		dst = binary.AppendVarint(dst, group-last)
		last = group
		dst = by[group].append(dst)
	}
	return dst
}

// Encode returns the counts of one sum as the database keeps them.
func (c *Counts) Encode() []byte { return c.append([]byte{version}) }

func (c *Counts) append(dst []byte) []byte {
	dst = append(dst, byte(c.Unknown))
	for _, n := range c.numbers() {
		dst = binary.AppendVarint(dst, *n)
	}
	for _, w := range []float64{c.Weight.Applicable, c.Weight.Compliant} {
		dst = binary.AppendUvarint(dst, bits.ReverseBytes64(math.Float64bits(w)))
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.Mended)))
	for _, class := range slices.Sorted(maps.Keys(c.Mended)) {
		dst = binary.AppendVarint(binary.AppendVarint(dst, class), c.Mended[class])
	}
	return dst
}

// numbers lists the whole numbers in their order in the encoding, which is never changed.
func (c *Counts) numbers() [18]*int64 {
	return [...]*int64{&c.Devices, &c.Assessed, &c.Partly, &c.NotAssessed, &c.Silent,
		&c.Severities.Critical, &c.Severities.High, &c.Severities.Medium, &c.Severities.Low, &c.Severities.Unrated,
		&c.Exploited, &c.KEV, &c.New,
		&c.Fixed.OnDevice, &c.Fixed.DeviceGone, &c.Fixed.NotAssessed, &c.Fixed.Moved, &c.Fixed.Excepted}
}

// DecodeByGroup adds up the counts of those groups for which groups is true, nil for all.
func DecodeByGroup(data []byte, groups func(group int64) bool) (sum Counts, err error) {
	r, group, one := reader{rest: data}, int64(0), Counts{}
	r.version()
	for r.err == nil && len(r.rest) > 0 {
		if group += r.varint(); groups == nil || groups(group) {
			r.counts(&one, &sum.Mended) // adds these, and returns the rest
			sum.Add(&one)
		} else {
			r.counts(&one, nil)
		}
	}
	return sum, r.end()
}

// Decode reads the counts of one sum.
func Decode(data []byte) (Counts, error) {
	r := reader{rest: data}
	r.version()
	var c Counts
	r.counts(&c, &c.Mended)
	if r.err == nil && len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return c, r.end()
}

// reader decodes; after an error it returns zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err, r.rest = fmt.Errorf(format, args...), nil
	}
}

func (r *reader) end() error {
	if r.err != nil {
		return fmt.Errorf("%w: %w", ErrForm, r.err)
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail("cut off")
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) version() {
	if v := r.byte(); r.err == nil && v != version {
		r.fail("version %d, but this program reads version %d", v, version)
	}
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail("no number")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail("no number")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// counts reads counts into c, but adds how long findings were open to mended, unless it is nil.
func (r *reader) counts(c *Counts, mended *Durations) {
	c.Unknown = Unknown(r.byte())
	for _, n := range c.numbers() {
		*n = r.varint()
	}
	weight := func() float64 { return math.Float64frombits(bits.ReverseBytes64(r.uvarint())) }
	c.Weight = counts.Weight{Applicable: weight(), Compliant: weight()}
	n := r.uvarint()
	if n > maxClasses {
		r.fail("%d classes of durations", n)
		return
	}
	for range n {
		class, times := r.varint(), r.varint()
		if mended == nil {
			continue
		}
		if *mended == nil {
			*mended = Durations{}
		}
		(*mended)[class] += times
	}
}
