package snapshot

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/snapshot/packed"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// A file of deltas is binary: deltasWord, the name of one of its parts, then the list of ranges:
//
//	ranges    count; of each: the difference of its number to the one before,
//	          for each dataset the rows of its delta part and how many of them
//	          are New, Fixed and Updated; the number of unassessed devices and of
//	          truncations; the length of its section
//
// Then come the sections in the same order: delta parts with their segments; unassessed devices and
// truncations (package tallied). A section is only decoded when its range is needed. Version 1 has only
// firstDatasets.
const (
	deltasWord   = "muster deltas 2\n"
	deltasWordV1 = "muster deltas 1\n"
)

// maxDeltas bounds the size of a file of deltas: 256 MiB hold 30 million segments, 60 TB of rows.
const maxDeltas = 256 << 20

// maxRanges bounds the ranges of a snapshot.
const maxRanges = 1 << 24

// Delta is the part of a range that belongs to one generation only.
type Delta struct {
	// Parts hold what changed since the snapshot before.
	Parts Parts `json:"parts,omitempty"`
	// Changes counts their rows by dataset and status.
	Changes map[string]counts.Changes `json:"changes,omitempty"`
	// Fixed says why findings are Fixed. The manifest sums it up by group; the file of deltas lacks it.
	Fixed    counts.Fixed    `json:"fixed,omitzero"`
	Why      why.Runs        `json:"why,omitempty"`      // the same for each row; the manifest has it, too
	Mended   trend.Durations `json:"mended,omitzero"`    // how long those on the device were open; in no file
	Opened   trend.Opened    `json:"opened,omitzero"`    // when findings were first seen; in no file
	Excepted int64           `json:"excepted,omitempty"` // what exceptions hide; the manifest sums it up, too
	// Unassessed lists devices whose assessment failed: their rows are those of the snapshot before.
	// Truncated lists devices of which a limit left something out.
	Unassessed []Unassessed `json:"kept,omitempty"`
	Truncated  []Truncation `json:"cut,omitempty"`
}

// Files lists the delta parts.
func (d *Delta) Files() []File { return d.Parts.files() }

func (d *Delta) empty() bool {
	return len(d.Parts) == 0 && len(d.Changes) == 0 && len(d.Unassessed) == 0 && len(d.Truncated) == 0
}

// Unassessed is a device that could not be assessed, Truncation what a limit left out of one.
type (
	Unassessed = tallied.Unassessed
	Truncation = tallied.Truncation
)

// deltas are the deltas of a snapshot, for all ranges that have one.
type deltas struct {
	like     string // the reference for the first name of each section
	datasets int    // of the file's version, which sections that are still encoded have
	ranges   []deltaOf
}

// deltaOf is the delta of one range: its entry in the list, and the rest as an encoded section or
// decoded.
type deltaOf struct {
	number                int
	rows                  [defender.DatasetCount]int64
	changes               [defender.DatasetCount]counts.Changes
	unassessed, truncated int64
	section               []byte
	read                  *Delta // nil: still encoded in section
}

// groupDelta sums up what changed in a group.
type groupDelta struct {
	group                 int64
	changes               [defender.DatasetCount]counts.Changes
	unassessed, truncated int64
}

// add adds the delta of the next range.
func (s *deltas) add(number int, d *Delta) {
	if d.empty() {
		return
	}
	of := deltaOf{number: number, read: d, unassessed: int64(len(d.Unassessed)), truncated: int64(len(d.Truncated))}
	for set := range defender.Dataset(defender.DatasetCount) {
		if p := d.Parts.Of(set); p != nil {
			of.rows[set] = p.Rows
		}
		of.changes[set] = d.Changes[set.String()]
	}
	s.ranges = append(s.ranges, of)
}

// of returns the delta of a range; nil if it has none.
func (s *deltas) of(number int) *deltaOf {
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].number >= number })
	if i == len(s.ranges) || s.ranges[i].number != number {
		return nil
	}
	return &s.ranges[i]
}

// delta returns the delta of a range; an empty one if it has none.
func (s *deltas) delta(number int) (*Delta, error) {
	of := s.of(number)
	if of == nil {
		return &Delta{}, nil
	}
	if of.read != nil {
		return of.read, nil
	}
	d, err := of.parse(s.like, s.datasets)
	if err != nil {
		return nil, fmt.Errorf("deltas of range %d: %w: %w", number, err, ErrDamaged)
	}
	return d, nil
}

// parse decodes the section.
func (of *deltaOf) parse(like string, datasets int) (*Delta, error) {
	r := newDecoder(of.section)
	d := &Delta{Parts: r.parts(like, datasets)}
	for set, c := range of.changes {
		if c.Sum() > 0 {
			if d.Changes == nil {
				d.Changes = map[string]counts.Changes{}
			}
			d.Changes[defender.Dataset(set).String()] = c
		}
	}
	d.Unassessed, d.Truncated = tallied.Lacking(&r.Reader, of.unassessed, of.truncated)
	for set := range defender.Dataset(defender.DatasetCount) {
		if p := d.Parts.Of(set); p != nil && p.Rows != of.rows[set] || p == nil && of.rows[set] != 0 {
			r.Fail("%s does not have the %d rows in the list", set, of.rows[set])
		}
	}
	return d, r.End("truncated")
}

// append encodes the file in the version that has so many datasets.
func (s *deltas) append(dst []byte, datasets int) ([]byte, error) {
	like, word := s.model(), deltasWord
	if datasets == firstDatasets {
		word = deltasWordV1
	}
	dst = append(dst, word...)
	dst = packed.AppendName(dst, like, "")
	dst = packed.AppendNumbers(dst, int64(len(s.ranges)))
	var sections []byte
	last := 0
	for i := range s.ranges {
		of := &s.ranges[i]
		section, err := of.append(s, like, datasets)
		if err != nil {
			return nil, err
		}
		sections = append(sections, section...)
		dst = packed.AppendNumbers(dst, int64(of.number-last))
		last = of.number
		for set, c := range of.changes[:datasets] {
			dst = packed.AppendNumbers(dst, of.rows[set], c.New, c.Fixed, c.Updated)
		}
		dst = packed.AppendNumbers(dst, of.unassessed, of.truncated, int64(len(section)))
	}
	return append(dst, sections...), nil
}

// model returns the reference for the first names of sections: the name of the very first part, so
// that equal deltas give equal files.
func (s *deltas) model() string {
	for i := range s.ranges {
		if s.ranges[i].read == nil {
			return s.like
		}
		if files := s.ranges[i].read.Parts.files(); len(files) > 0 {
			return files[0].Path
		}
	}
	return ""
}

// append encodes the section.
func (of *deltaOf) append(s *deltas, like string, datasets int) ([]byte, error) {
	if of.read == nil && like == s.like && datasets == s.datasets {
		return of.section, nil
	}
	d, err := s.delta(of.number)
	if err != nil {
		return nil, err
	}
	section, err := d.Parts.append(nil, like, datasets)
	if err != nil {
		return nil, err
	}
	return tallied.AppendLacking(section, d.Unassessed, d.Truncated)
}

// parseDeltas decodes the list of a file of deltas.
func parseDeltas(data []byte) (*deltas, error) {
	rest, ok := bytes.CutPrefix(data, []byte(deltasWord))
	datasets := defender.DatasetCount
	if !ok {
		datasets = firstDatasets
		if rest, ok = bytes.CutPrefix(data, []byte(deltasWordV1)); !ok {
			return nil, unknownForm(data, "deltas", 2)
		}
	}
	r := newDecoder(rest)
	s := &deltas{like: r.Name(""), datasets: datasets}
	s.ranges = make([]deltaOf, 0, r.Count(4+4*datasets))
	lengths := make([]int64, 0, cap(s.ranges))
	last := int64(0)
	for i := range cap(s.ranges) {
		step := r.Number()
		if i > 0 && step == 0 || step > maxRanges-last {
			r.Fail("range %d comes %d after %d", i, step, last)
		}
		last += step
		of := deltaOf{number: int(last)}
		for set := range datasets {
			c := &of.changes[set]
			r.Numbers(&of.rows[set], &c.New, &c.Fixed, &c.Updated)
		}
		r.Numbers(&of.unassessed, &of.truncated)
		s.ranges, lengths = append(s.ranges, of), append(lengths, r.Number())
	}
	for i, n := range lengths {
		if n > int64(len(r.Rest)) {
			r.Fail("cut off")
			break
		}
		s.ranges[i].section = slices.Clip(r.Bytes(int(n)))
	}
	if err := r.End("section"); err != nil {
		return nil, fmt.Errorf("reading deltas: %w: %w", err, ErrDamaged)
	}
	return s, nil
}

// deltas reads the file of deltas that a manifest names.
func (f *Files) deltas(want File) (*deltas, error) {
	if want.Bytes > maxDeltas {
		return nil, fmt.Errorf("deltas %q have %d bytes, more than allowed: %w", want.Path, want.Bytes, ErrDamaged)
	}
	data, err := f.ReadAll(nil, want)
	if err != nil {
		return nil, err
	}
	s, err := parseDeltas(data)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", want.Path, err)
	}
	return s, nil
}
