package benchmark

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// maxProfile bounds a profile, in bytes. A device of which more would have to be said has the profile of its
// platform that selects every check.
const maxProfile = 4 << 10

// errProfile says that a text is no profile.
var errProfile = errors.New("it is not a profile")

// A profile has, each text after its length:
//
//	kind       1 byte, see below
//	platform
//	families   count; the families of facts of which something is known, in order
//	carried    count; the results in the report whose ids a check can have, in order
//
// Only of kind known are families and results listed.
const (
	noMachine  byte = iota // the report has no facts: no check of packages speaks of it
	known                  // it has facts
	everything             // too much to be listed
)

// profile is what of a device's reports decides which definitions can decide its rows.
type profile struct {
	kind     byte
	platform string
	families map[string]bool
	carried  map[string]bool
}

// Profile returns what of a report decides which checks can speak of its device: the platform, the families of
// facts of which it says anything, and the results that it carries. It has no value of a fact, so most devices of a
// fleet have one of a few profiles. See Fingerprint.
func Profile(r *inventory.Report) string {
	kind := noMachine
	if r.Facts != nil {
		kind = known
	}
	text := appendText([]byte{kind}, r.Device.OSPlatform)
	text = appendTexts(text, asked(r))
	if text = appendTexts(text, carriedIDs(r.Configurations)); len(text) > maxProfile {
		text = appendText([]byte{everything}, r.Device.OSPlatform)
	}
	return string(text)
}

// asked lists the families of which a report says anything, in order.
func asked(r *inventory.Report) []string {
	families := make([]string, 0, len(r.Facts))
	for name := range r.Facts {
		families = append(families, name)
	}
	for name, keys := range r.Unread {
		if len(keys) > 0 {
			families = append(families, name)
		}
	}
	slices.Sort(families)
	return slices.Compact(families)
}

// carriedIDs lists the ids of results that a check can have, too, in order.
func carriedIDs(all []inventory.Configuration) (ids []string) {
	for i := range all {
		if id := all[i].ConfigurationID; checkID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func appendTexts(dst []byte, all []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, text := range all {
		dst = appendText(dst, text)
	}
	return dst
}

// parseProfile reads a profile.
func parseProfile(text string) (p profile, err error) {
	if text == "" || text[0] > everything {
		return p, fmt.Errorf("profile %.40q: %w", text, errProfile)
	}
	r := profileReader{rest: text[1:]}
	p = profile{kind: text[0], platform: r.text()}
	if p.kind != everything {
		p.families, p.carried = r.texts(), r.texts()
	}
	if r.failed || r.rest != "" {
		return p, fmt.Errorf("profile %.40q: %w", text, errProfile)
	}
	return p, nil
}

// profileReader reads the parts of a profile.
type profileReader struct {
	rest   string
	failed bool
}

func (r *profileReader) number() int {
	n, size := binary.Uvarint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	if r.failed = r.failed || size <= 0 || n > maxProfile; r.failed {
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *profileReader) text() string {
	n := r.number()
	if r.failed = r.failed || n > len(r.rest); r.failed {
		return ""
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

func (r *profileReader) texts() map[string]bool {
	all := map[string]bool{}
	for range r.number() {
		all[r.text()] = true
	}
	return all
}

// How a definition takes part in a fingerprint.
const (
	tells   byte = 1 << iota // a result that the report carries has its name, impact and category
	runs                     // it is judged by the running state
	settled                  // it is judged by the configured state, or the only one
	perhaps                  // it may be any of these
)

// Fingerprint returns a hash of everything that can decide a row of a device with a profile: the checks for its
// platform of which at least one state was asked, and the names of those whose results it carries. As long as it is
// the same a device with the same reports has the same results. A device of which no check can speak has
// the hash of nothing.
func (b *Benchmark) Fingerprint(of string) (sum [16]byte, err error) {
	p, err := parseProfile(of)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	for _, c := range b.checks {
		switch as := p.role(c.definition); {
		case as&(runs|settled) != 0:
			h.Write(append(c.whole[:], as))
		case as != 0:
			h.Write(append(c.told[:], as))
		}
	}
	return [16]byte(h.Sum(nil)), nil
}

// role says how a definition takes part in the results of devices with a profile; 0: not at all. What they carry
// stands in the place of what the check says.
func (p *profile) role(d *Definition) (as byte) {
	switch {
	case p.carried[d.ID]:
		return tells
	case slices.Contains(d.Platforms, p.platform):
		for _, state := range d.states() {
			switch {
			case !p.answers(d, state):
			case state == Running:
				as |= runs
			default:
				as |= settled
			}
		}
	}
	if p.kind == everything {
		as |= perhaps
	}
	return as
}

// answers reports whether every family was asked that a definition reads in a state.
func (p *profile) answers(d *Definition, state State) bool {
	return !slices.ContainsFunc(d.Facts, func(name string) bool {
		switch family := familyOf(name, state); family {
		case deviceFamily:
			return false
		case softwareFamily:
			return p.kind == noMachine
		default:
			return p.kind != everything && !p.families[family]
		}
	})
}
