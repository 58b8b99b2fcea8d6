package answer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/packed"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// A summary is binary: word, the number of sums; of each the number of its group, the digest of the files
// of its projections, its size, and its counts (tally); the CRC-32 of all that; then the sums, as files of
// package projection: the head, and the bits that say which range has which CVE and product (places). There
// is one for each group and, if there are several, one for all of them (allGroups), whose bits are for all
// ranges; older programs wrote it without bits. It is derived: a summary that is missing, damaged or of other
// projections is as good as none, because the heads are then merged again, and so is a sum without bits.
const word = "muster summary 2\n"

// allGroups stands in a summary for the sum of all groups. It is no group's number.
const allGroups = math.MinInt64

// maxSummary bounds the list of groups of a summary, in bytes.
const maxSummary = 1 << 20

// summary is the list of groups of a summary; empty if there is none that is sound.
type summary struct {
	files  *snapshot.Files
	name   string
	groups map[groupKey]extent
}

// groupKey identifies the sum of a group.
type groupKey struct {
	group int64
	sum   blob.Digest
}

type extent struct {
	at, size int64
	tally    tally
}

// tally counts the devices of a sum, and their findings by severity.
type tally struct {
	devices               int64
	severities, exploited counts.Severities
}

// appendCounts appends the counts of a sum.
func appendCounts(dst []byte, h *projection.Head) []byte {
	dst = packed.AppendNumbers(dst, h.Devices)
	for _, s := range []*counts.Severities{&h.Severities, &h.Exploited} {
		dst = packed.AppendNumbers(dst, s.Critical, s.High, s.Medium, s.Low, s.Unrated)
	}
	return dst
}

// readCounts reads what appendCounts has written.
func readCounts(r *packed.Reader) tally {
	t := tally{devices: r.Number()}
	for _, s := range []*counts.Severities{&t.severities, &t.exploited} {
		r.Numbers(&s.Critical, &s.High, &s.Medium, &s.Low, &s.Unrated)
	}
	return t
}

// Weight returns about how much memory it takes, in bytes.
func (s *summary) Weight() int64 { return 200 + int64(len(s.groups))*250 }

// summaryOf reads the list of the summary of a snapshot.
func (a *Answers) summaryOf(m *snapshot.Manifest) *summary {
	none := &summary{}
	if m.Name == "" { // it is being published
		return none
	}
	name := snapshot.SummaryName(m.Name)
	known, err := cache.Once(a.cache, cache.Key{Name: name, What: "summary"}, func() (*summary, int64, error) {
		file, err := a.files.Open(name)
		if err != nil {
			return nil, 0, err
		}
		defer file.Close()
		start := make([]byte, maxSummary)
		n, err := file.ReadAt(start, 0)
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		s, err := parseSummary(start[:n])
		if err != nil {
			return nil, 0, err
		}
		s.files, s.name = a.files, name
		return s, s.Weight(), nil
	})
	if err != nil {
		return none
	}
	return known
}

// parseSummary reads the list at the start of a summary.
func parseSummary(start []byte) (*summary, error) {
	rest, ok := bytes.CutPrefix(start, []byte(word))
	if !ok {
		return nil, fmt.Errorf("summary begins with %q: %w", start[:min(len(start), len(word))], projection.ErrForm)
	}
	r := packed.Reader{Rest: rest}
	s := &summary{groups: map[groupKey]extent{}}
	at := int64(0)
	for range r.Count(len(blob.Digest{}) + 2) {
		key := groupKey{r.Varint(), blob.Digest(r.Bytes(len(blob.Digest{})))}
		size := r.Number()
		if r.Err != nil || size > snapshot.MaxManifest {
			break
		}
		s.groups[key] = extent{at, size, readCounts(&r)}
		at += size
	}
	sum := crc32.ChecksumIEEE(start[:len(start)-len(r.Rest)])
	if binary.LittleEndian.Uint32(r.Bytes(4)) != sum {
		r.Fail("wrong CRC-32")
	}
	if r.Err != nil {
		return nil, fmt.Errorf("%w: %w", projection.ErrForm, r.Err)
	}
	for key, e := range s.groups {
		e.at += int64(len(start) - len(r.Rest))
		s.groups[key] = e
	}
	return s, nil
}

// read reads the sum of so many ranges; nil if the summary does not have it soundly.
func (s *summary) read(key groupKey, ranges int) *summed {
	at, ok := s.groups[key]
	if !ok {
		return nil
	}
	file, err := s.files.Open(s.name)
	if err != nil {
		return nil
	}
	defer file.Close()
	opened, err := projection.Open(io.NewSectionReader(file, at.at, at.size), at.size)
	if err != nil {
		return nil
	}
	h, err := opened.Head()
	if err != nil {
		return nil
	}
	bits, err := opened.More()
	if err != nil {
		return nil
	}
	each, all := sizeOfPlaces(h, ranges)
	if len(bits) != all {
		return nil
	}
	return &summed{h, &places{each, bits}}
}
