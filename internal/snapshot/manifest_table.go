package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot/packed"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// manifestHead is the first line of a manifest of version 2 or later, in JSON. A binary table follows:
//
//	ranges    count; of each: group, a byte of marks, Lo unless it is the Hi of
//	          the range before, Hi, devices; name, size and SHA-256 of the
//	          index if there is one, the name relative to the index before;
//	          rows by dataset; if there are any, bytes of all parts and of the
//	          largest; five counts by severity; since version 3 the tallies of devices
//	          and of software (package tallied), and what they want: count; of
//	          each: index in the head's list, devices
//	groups    count of groups with changes; of each: group; for
//	          each dataset New, Fixed and Updated; unassessed; truncated
//
// Before version 4 there were only firstDatasets.
type manifestHead struct {
	Version      int           `json:"version"`
	Organization string        `json:"organization"`
	Number       int64         `json:"number"`
	Previous     int64         `json:"previous"`
	Begun        time.Time     `json:"begun"`
	Catalog      string        `json:"catalog"`
	Benchmark    string        `json:"benchmark"`
	RowShape     int           `json:"rowShape"`
	Deltas       *deltasInHead `json:"deltas,omitempty"`
	// Feeds are those of the catalog, Wants all that ranges want. Version 2 has neither.
	Feeds []counts.Feed `json:"feeds,omitempty"`
	Wants []string      `json:"wants,omitempty"`
	// RemovedFeeds and Removal came with version 3; older programs pass over them.
	RemovedFeeds []counts.RemovedFeed `json:"removedFeeds,omitempty"`
	Removal      int64                `json:"removal,omitempty"`
	counts.Told                       // came with version 3, too; older programs pass over what they do not know
}

const (
	hasCoverage    = 3 // the first version with coverage
	hasAllDatasets = 4 // the first version with all datasets
)

// datasets returns how many datasets the manifest's version has.
func (m *Manifest) datasets() int {
	if m.Version > 0 && m.Version < hasAllDatasets {
		return firstDatasets
	}
	return defender.DatasetCount
}

// deltasInHead describes the file of deltas; its name follows from the manifest's.
type deltasInHead struct {
	Bytes  int64  `json:"bytes"`
	SHA256 Digest `json:"sha256"`
}

// The marks of a range.
const (
	markAnew = 1 << iota
	markAdopted
	markIndexed
	markFollows // Lo is the Hi of the range before
)

// append encodes a manifest with a name, in its version, which is at least 2.
func (m *Manifest) append(dst []byte, name string) ([]byte, error) {
	head := manifestHead{Version: m.Version, Organization: m.Organization, Number: m.Number,
		Previous: m.Previous, Begun: m.Begun,
		Catalog: m.Catalog, Benchmark: m.Benchmark, RowShape: m.RowShape, RemovedFeeds: m.RemovedFeeds, Removal: m.Removal,
		Told: m.Told}
	if m.Deltas.Path != "" {
		head.Deltas = &deltasInHead{m.Deltas.Bytes, m.Deltas.SHA256}
	}
	if m.Version >= hasCoverage {
		head.Feeds, head.Wants = m.Feeds, m.wants()
	}
	first, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	dst = append(append(dst, first...), '\n')
	dst = packed.AppendNumbers(dst, int64(len(m.Ranges)))
	hi, like := "", name
	for i := range m.Ranges {
		r := &m.Ranges[i]
		dst = r.append(dst, i > 0 && r.Lo == hi, like, m.datasets())
		if m.Version >= hasCoverage {
			dst = tallied.AppendSum(dst, &r.Coverage, head.Wants)
		}
		if hi = r.Hi; r.Index.Path != "" {
			like = r.Index.Path
		}
	}
	dst = packed.AppendNumbers(dst, int64(len(m.groups)))
	for i := range m.groups {
		g := &m.groups[i]
		dst = binary.AppendVarint(dst, g.group)
		for _, c := range g.changes[:m.datasets()] {
			dst = packed.AppendNumbers(dst, c.New, c.Fixed, c.Updated)
		}
		dst = packed.AppendNumbers(dst, g.unassessed, g.truncated)
	}
	return dst, nil
}

func (r *Range) append(dst []byte, follows bool, like string, datasets int) []byte {
	dst = binary.AppendVarint(dst, r.Group)
	marks := byte(0)
	for mark, set := range map[byte]bool{markAnew: r.Anew, markAdopted: r.Adopted,
		markIndexed: r.Index.Path != "", markFollows: follows} {
		if set {
			marks |= mark
		}
	}
	dst = append(dst, marks)
	if !follows {
		dst = packed.AppendID(dst, r.Lo)
	}
	dst = packed.AppendNumbers(packed.AppendID(dst, r.Hi), r.Devices)
	if r.Index.Path != "" {
		dst = packed.AppendNumbers(packed.AppendName(dst, r.Index.Path, like), r.Index.Bytes)
		dst = append(dst, r.Index.SHA256[:]...)
	}
	dst = packed.AppendNumbers(dst, r.Rows[:datasets]...)
	if r.Rows != [defender.DatasetCount]int64{} {
		dst = packed.AppendNumbers(dst, r.Bytes, r.Largest)
	}
	s := &r.Severities
	return packed.AppendNumbers(dst, s.Critical, s.High, s.Medium, s.Low, s.Unrated)
}

// parseTable decodes a manifest of version 2 or later from its first line and its table.
func parseTable(name string, first, table []byte) (*Manifest, error) {
	var head manifestHead
	if err := json.Unmarshal(first, &head); err != nil {
		return nil, err
	}
	m := &Manifest{Version: head.Version, Organization: head.Organization, Number: head.Number,
		Previous: head.Previous, Begun: head.Begun,
		Catalog: head.Catalog, Benchmark: head.Benchmark, RowShape: head.RowShape, Feeds: head.Feeds,
		RemovedFeeds: head.RemovedFeeds, Removal: head.Removal, Told: head.Told}
	if head.Deltas != nil {
		m.Deltas = File{Path: deltasName(name), Bytes: head.Deltas.Bytes, SHA256: head.Deltas.SHA256}
	}
	r := newDecoder(table)
	m.Ranges = make([]Range, 0, r.Count(9+m.datasets()))
	hi, like := "", name
	for range cap(m.Ranges) {
		rng := r.rangeOf(hi, like, m.datasets())
		if m.Version >= hasCoverage {
			rng.Coverage = tallied.Sum(&r.Reader, head.Wants)
		}
		if hi = rng.Hi; rng.Index.Path != "" {
			like = rng.Index.Path
		}
		m.Ranges = append(m.Ranges, rng)
	}
	m.groups = make([]groupDelta, 0, r.Count(3+3*m.datasets()))
	for range cap(m.groups) {
		g := groupDelta{group: r.Varint()}
		for set := range m.datasets() {
			c := &g.changes[set]
			r.Numbers(&c.New, &c.Fixed, &c.Updated)
		}
		r.Numbers(&g.unassessed, &g.truncated)
		m.groups = append(m.groups, g)
	}
	return m, r.End("group")
}

// rangeOf decodes a range. hi is the Hi of the range before; the index's name is relative to like.
func (r *decoder) rangeOf(hi, like string, datasets int) (rng Range) {
	rng.Group = r.Varint()
	marks := r.Bytes(1)[0]
	rng.Anew, rng.Adopted, rng.Lo = marks&markAnew != 0, marks&markAdopted != 0, hi
	if marks&markFollows == 0 {
		rng.Lo = r.ID()
	}
	rng.Hi, rng.Devices = r.ID(), r.Number()
	if marks&markIndexed != 0 {
		if rng.Index = r.file(r.Name(like)); rng.Index.Path == "" {
			r.Fail("an index without a name")
		}
	}
	for d := range datasets {
		rng.Rows[d] = r.Number()
	}
	if rng.Rows != [defender.DatasetCount]int64{} {
		r.Numbers(&rng.Bytes, &rng.Largest)
	}
	s := &rng.Severities
	r.Numbers(&s.Critical, &s.High, &s.Medium, &s.Low, &s.Unrated)
	return rng
}

// wants lists everything that ranges want, each once.
func (m *Manifest) wants() []string {
	all := map[string]bool{}
	for i := range m.Ranges {
		for name := range m.Ranges[i].Coverage.Wants {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
