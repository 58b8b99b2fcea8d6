// Package tallied encodes how far devices were assessed, for sheets and manifests, and counts it for people.
// It also encodes by which verdicts and checks devices were assessed, and, for files of deltas, which were not
// assessed or truncated.
package tallied

import (
	"encoding/binary"
	"strings"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// The coverage of a device in a sheet is a few bytes: state and reason in one (AppendState), the index
// of its feeds in the table Asked, the count of tallies of its software; of each: state and reason,
// and a number.

// Asked are the feeds that a device was judged by, and what should be imported to judge the rest.
type Asked struct{ Feeds, Wants []string }

// Key identifies the lists; no name has a control character.
func (a Asked) Key() string {
	return strings.Join(a.Feeds, "\x00") + "\x01" + strings.Join(a.Wants, "\x00")
}

// stateBits is how many low bits of a packed byte have the state; the others have the reason.
const stateBits = 2

// AppendState encodes a state and a reason.
func AppendState(dst []byte, s coverage.State, r coverage.Reason) []byte {
	return append(dst, byte(s)|byte(r)<<stateBits)
}

// State reads a packed state and reason. Both may be new: then a newer program wrote the file, in a
// form of a higher version.
func State(r *packed.Reader) (coverage.State, coverage.Reason) {
	b := r.Bytes(1)[0]
	state, reason := coverage.State(b&(1<<stateBits-1)), coverage.Reason(b>>stateBits)
	if state > coverage.Assessed || int(reason) >= coverage.ReasonCount {
		r.Fail("unknown coverage %d", b)
	}
	return state, reason
}

// AppendTallies encodes tallies.
func AppendTallies(dst []byte, all coverage.Tallies) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, t := range all {
		dst = AppendState(dst, t.State, t.Reason)
		dst = packed.AppendNumbers(dst, t.N)
	}
	return dst
}

// Tallies appends tallies to all and returns those.
func Tallies(r *packed.Reader, all coverage.Tallies) coverage.Tallies {
	from := len(all)
	for range r.Count(2) {
		state, reason := State(r)
		t := coverage.Tally{State: state, Reason: reason, N: r.Number()}
		if t.N == 0 {
			r.Fail("a tally of nothing")
		}
		if n := len(all); n > from && (all[n-1].State > state || all[n-1].State == state && all[n-1].Reason >= reason) {
			r.Fail("tallies out of order")
		}
		all = append(all, t)
	}
	return all
}

// AppendAsked encodes the lists of feeds of a sheet.
func AppendAsked(dst []byte, all []Asked) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, a := range all {
		for _, names := range [][]string{a.Feeds, a.Wants} {
			dst = binary.AppendUvarint(dst, uint64(len(names)))
			for _, name := range names {
				dst = packed.AppendString(dst, name)
			}
		}
	}
	return dst
}

// AllAsked decodes what AppendAsked encodes.
func AllAsked(r *packed.Reader) []Asked {
	all := make([]Asked, 0, r.Count(4)) // one may be empty, and then devices follow
	for range cap(all) {
		var a Asked
		for _, names := range []*[]string{&a.Feeds, &a.Wants} {
			*names = make([]string, 0, r.Count(2))
			for range cap(*names) {
				name := r.Text()
				if name == "" {
					r.Fail("a feed without a name")
				}
				*names = append(*names, name)
			}
		}
		all = append(all, a)
	}
	return all
}

// AppendSum encodes the coverage of a range; wants is the manifest's list.
func AppendSum(dst []byte, c *coverage.Sum, wants []string) []byte {
	dst = AppendTallies(AppendTallies(dst, c.Devices), c.Software)
	dst = packed.AppendNumbers(dst, int64(len(c.Wants)))
	for i, name := range wants {
		if n := c.Wants[name]; n != 0 {
			dst = packed.AppendNumbers(dst, int64(i), n)
		}
	}
	return dst
}

// Sum decodes what AppendSum encodes.
func Sum(r *packed.Reader, wants []string) coverage.Sum {
	c := coverage.Sum{Devices: Tallies(r, nil), Software: Tallies(r, nil)}
	next := uint64(0)
	for range r.Count(2) {
		i, n := r.Uvarint(), r.Number()
		if i < next || i >= uint64(len(wants)) || n == 0 {
			r.Fail("want %d of %d", i, len(wants))
		}
		if r.Err != nil {
			break
		}
		c.Want(wants[i], n)
		next = i + 1
	}
	return c
}
