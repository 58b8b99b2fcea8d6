package snapshot

import (
	"encoding/binary"
	"strings"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// The coverage of a device in a sheet is a few bytes: state and reason in one (packState), the index
// of its feeds in the table Asked, the count of tallies of its software; of each: state and reason,
// and a number.

// Asked are the feeds that a device was judged by, and what should be imported to judge the rest.
type Asked struct{ Feeds, Wants []string }

// key identifies the lists; no name has a control character.
func (a Asked) key() string {
	return strings.Join(a.Feeds, "\x00") + "\x01" + strings.Join(a.Wants, "\x00")
}

// stateBits is how many low bits of a packed byte have the state; the others have the reason.
const stateBits = 2

func packState(s coverage.State, r coverage.Reason) byte { return byte(s) | byte(r)<<stateBits }

// state reads a packed state and reason. Both may be new: then a newer program wrote the file, in a
// form of a higher version.
func (r *decoder) state() (coverage.State, coverage.Reason) {
	packed := r.Bytes(1)[0]
	state, reason := coverage.State(packed&(1<<stateBits-1)), coverage.Reason(packed>>stateBits)
	if state > coverage.Assessed || int(reason) >= coverage.ReasonCount {
		r.Fail("unknown coverage %d", packed)
	}
	return state, reason
}

func appendTallies(dst []byte, all coverage.Tallies) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, t := range all {
		dst = append(dst, packState(t.State, t.Reason))
		dst = packed.AppendNumbers(dst, t.N)
	}
	return dst
}

// tallies appends tallies to all and returns those.
func (r *decoder) tallies(all coverage.Tallies) coverage.Tallies {
	from := len(all)
	for range r.Count(2) {
		state, reason := r.state()
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

func appendAsked(dst []byte, all []Asked) []byte {
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

func (r *decoder) asked() []Asked {
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

// appendSum encodes the coverage of a range; wants is the manifest's list.
func appendSum(dst []byte, c *coverage.Sum, wants []string) []byte {
	dst = appendTallies(appendTallies(dst, c.Devices), c.Software)
	dst = packed.AppendNumbers(dst, int64(len(c.Wants)))
	for i, name := range wants {
		if n := c.Wants[name]; n != 0 {
			dst = packed.AppendNumbers(dst, int64(i), n)
		}
	}
	return dst
}

// sum decodes what appendSum encodes.
func (r *decoder) sum(wants []string) coverage.Sum {
	c := coverage.Sum{Devices: r.tallies(nil), Software: r.tallies(nil)}
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
