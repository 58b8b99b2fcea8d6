package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/muster-project/muster/defender"
)

// manifestHead is the first line of a manifest of version 2, in JSON. A binary table follows:
//
//	ranges    count; of each: group, a byte of marks, Lo unless it is the Hi of
//	          the range before, Hi, devices; name, size and SHA-256 of the
//	          index if there is one, the name relative to the index before;
//	          rows by dataset; if there are any, bytes of all parts and of the
//	          largest; five counts by severity
//	groups    count of groups with changes; of each: group; for
//	          each dataset New, Fixed and Updated; unassessed; truncated
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

// append encodes a manifest of version 2 with a name.
func (m *Manifest) append(dst []byte, name string) ([]byte, error) {
	head := manifestHead{Version: m.Version, Organization: m.Organization, Number: m.Number,
		Previous: m.Previous, Begun: m.Begun,
		Catalog: m.Catalog, Benchmark: m.Benchmark, RowShape: m.RowShape}
	if m.Deltas.Path != "" {
		head.Deltas = &deltasInHead{m.Deltas.Bytes, m.Deltas.SHA256}
	}
	first, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	dst = append(append(dst, first...), '\n')
	dst = appendNumbers(dst, int64(len(m.Ranges)))
	hi, like := "", name
	for i := range m.Ranges {
		r := &m.Ranges[i]
		dst = r.append(dst, i > 0 && r.Lo == hi, like)
		if hi = r.Hi; r.Index.Path != "" {
			like = r.Index.Path
		}
	}
	dst = appendNumbers(dst, int64(len(m.groups)))
	for i := range m.groups {
		g := &m.groups[i]
		dst = binary.AppendVarint(dst, g.group)
		for _, c := range g.changes {
			dst = appendNumbers(dst, c.New, c.Fixed, c.Updated)
		}
		dst = appendNumbers(dst, g.unassessed, g.truncated)
	}
	return dst, nil
}

func (r *Range) append(dst []byte, follows bool, like string) []byte {
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
		dst = appendID(dst, r.Lo)
	}
	dst = appendNumbers(appendID(dst, r.Hi), r.Devices)
	if r.Index.Path != "" {
		dst = appendNumbers(appendName(dst, r.Index.Path, like), r.Index.Bytes)
		dst = append(dst, r.Index.SHA256[:]...)
	}
	dst = appendNumbers(dst, r.Rows[:]...)
	if r.Rows != [defender.DatasetCount]int64{} {
		dst = appendNumbers(dst, r.Bytes, r.Largest)
	}
	s := &r.Severities
	return appendNumbers(dst, s.Critical, s.High, s.Medium, s.Low, s.Unrated)
}

// parseV2 decodes a manifest of version 2 from its first line and its table.
func parseV2(name string, first, table []byte) (*Manifest, error) {
	var head manifestHead
	if err := json.Unmarshal(first, &head); err != nil {
		return nil, err
	}
	m := &Manifest{Version: head.Version, Organization: head.Organization, Number: head.Number,
		Previous: head.Previous, Begun: head.Begun,
		Catalog: head.Catalog, Benchmark: head.Benchmark, RowShape: head.RowShape}
	if head.Deltas != nil {
		m.Deltas = File{Path: deltasName(name), Bytes: head.Deltas.Bytes, SHA256: head.Deltas.SHA256}
	}
	r := decoder{rest: table}
	m.Ranges = make([]Range, 0, r.count(9+defender.DatasetCount))
	hi, like := "", name
	for range cap(m.Ranges) {
		rng := r.rangeOf(hi, like)
		if hi = rng.Hi; rng.Index.Path != "" {
			like = rng.Index.Path
		}
		m.Ranges = append(m.Ranges, rng)
	}
	m.groups = make([]groupDelta, 0, r.count(3+3*defender.DatasetCount))
	for range cap(m.groups) {
		g := groupDelta{group: r.varint()}
		for set := range g.changes {
			c := &g.changes[set]
			r.numbers(&c.New, &c.Fixed, &c.Updated)
		}
		r.numbers(&g.unassessed, &g.truncated)
		m.groups = append(m.groups, g)
	}
	return m, r.end("group")
}

// rangeOf decodes a range. hi is the Hi of the range before; the index's name is relative to like.
func (r *decoder) rangeOf(hi, like string) (rng Range) {
	rng.Group = r.varint()
	marks := r.bytes(1)[0]
	rng.Anew, rng.Adopted, rng.Lo = marks&markAnew != 0, marks&markAdopted != 0, hi
	if marks&markFollows == 0 {
		rng.Lo = r.id()
	}
	rng.Hi, rng.Devices = r.id(), r.number()
	if marks&markIndexed != 0 {
		if rng.Index = r.file(r.name(like)); rng.Index.Path == "" {
			r.fail("an index without a name")
		}
	}
	for d := range rng.Rows {
		rng.Rows[d] = r.number()
	}
	if rng.Rows != [defender.DatasetCount]int64{} {
		r.numbers(&rng.Bytes, &rng.Largest)
	}
	s := &rng.Severities
	r.numbers(&s.Critical, &s.High, &s.Medium, &s.Low, &s.Unrated)
	return rng
}
