package snapshot

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/gzipjoin"
)

// A sheet is binary: the word below, then numbers as varints (encoding/binary)
// in this order:
//
//	catalog       length and bytes of the catalog's id
//	releases      count; of each: length and bytes of its key, 16 bytes fingerprint
//	devices       count; of each: 20 bytes id, revision, 32 bytes report hash,
//	              16 bytes fingerprint, due (Unix ms), five counts by severity,
//	              count of releases and the index of each in the table above;
//	              then for each dataset: rows, and if there are any: raw, size, CRC
//
// What a device's rows are made from is thus known without its report, and
// where they lie follows from summing up the sizes of those before it.
const sheetWord = "muster sheet 1\n"

// Sheet is the internal file of a range: what each device's rows were made
// from, and where they lie.
type Sheet struct {
	// Catalog is the id of the catalog whose verdicts Releases hold.
	Catalog  string
	Releases []SheetRelease
	// Entries are in order of device id.
	Entries []Entry
}

// SheetRelease is a release that devices of the range have, with the
// fingerprint of the verdict on it when the sheet was written.
type SheetRelease struct {
	Key         string
	Fingerprint [16]byte
}

// Entry says of one device what its rows were made from.
type Entry struct {
	ID       string // 40 hexadecimal digits
	Revision int64
	Report   [32]byte // hash of its reports
	// Fingerprint covers everything else that went in: group, settings,
	// benchmark, row shape, day. A zero one is never up to date.
	Fingerprint [16]byte
	// Due is when the passing of time alone changes its rows (Unix ms), 0 for never.
	Due        int64
	Severities Severities
	Releases   []uint32 // indices into the sheet's Releases
	extents    [defender.DatasetCount]extent
}

// Rows is how many rows of a dataset the device has.
func (e *Entry) Rows(d defender.Dataset) int64 { return e.extents[d].rows }

// append writes the sheet.
func (s *Sheet) append(dst []byte) ([]byte, error) {
	dst = append(dst, sheetWord...)
	dst = appendString(dst, s.Catalog)
	dst = binary.AppendUvarint(dst, uint64(len(s.Releases)))
	for _, r := range s.Releases {
		dst = appendString(dst, r.Key)
		dst = append(dst, r.Fingerprint[:]...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Entries)))
	for i := range s.Entries {
		var err error
		if dst, err = s.Entries[i].append(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (e *Entry) append(dst []byte) ([]byte, error) {
	id, err := hex.DecodeString(e.ID)
	if err != nil || len(id) != 20 {
		return nil, fmt.Errorf("device id %q: want 40 hexadecimal digits", e.ID)
	}
	dst = append(dst, id...)
	dst = binary.AppendVarint(dst, e.Revision)
	dst = append(dst, e.Report[:]...)
	dst = append(dst, e.Fingerprint[:]...)
	dst = binary.AppendVarint(dst, e.Due)
	for _, n := range []int64{e.Severities.Critical, e.Severities.High, e.Severities.Medium, e.Severities.Low, e.Severities.Unrated} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Releases)))
	for _, r := range e.Releases {
		dst = binary.AppendUvarint(dst, uint64(r))
	}
	for _, x := range e.extents {
		dst = binary.AppendVarint(dst, x.rows)
		if x.rows == 0 {
			continue
		}
		dst = binary.AppendVarint(dst, x.Raw)
		dst = binary.AppendVarint(dst, x.Size)
		dst = binary.AppendUvarint(dst, uint64(x.CRC))
	}
	return dst, nil
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// parseSheet reads a sheet. Its memory is bounded by len(data), whatever the
// counts in it claim.
func parseSheet(data []byte) (*Sheet, error) {
	r := &sheetReader{rest: data}
	if string(r.bytes(len(sheetWord))) != sheetWord {
		if r.err == nil {
			r.err = fmt.Errorf("unknown form of sheet: %w", ErrNewer)
		}
		return nil, r.err
	}
	s := &Sheet{Catalog: r.string()}
	s.Releases = make([]SheetRelease, 0, r.count(17))
	for range cap(s.Releases) {
		s.Releases = append(s.Releases, SheetRelease{Key: r.string(), Fingerprint: [16]byte(r.bytes(16))})
	}
	s.Entries = make([]Entry, 0, r.count(81))
	indices := make([]uint32, 0, len(data)/2) // one array for all devices
	for range cap(s.Entries) {
		var e Entry
		indices = r.entry(&e, indices, len(s.Releases))
		s.Entries = append(s.Entries, e)
	}
	if r.err == nil && len(r.rest) > 0 {
		r.err = errors.New("bytes after the last device")
	}
	if r.err != nil {
		return nil, fmt.Errorf("reading sheet: %w: %w", r.err, ErrDamaged)
	}
	return s, nil
}

// sheetReader takes values from the front; after an error it gives zeros.
type sheetReader struct {
	rest []byte
	err  error
}

// zeros is what a reader gives after an error.
var zeros [64]byte

func (r *sheetReader) bytes(n int) []byte {
	if r.err == nil && n > len(r.rest) {
		r.err = errors.New("cut off")
	}
	if r.err != nil {
		return zeros[:min(n, len(zeros))]
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *sheetReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 && r.err == nil {
		r.err = errors.New("bad number")
	}
	if r.err != nil {
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *sheetReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 && r.err == nil {
		r.err = errors.New("bad number")
	}
	if r.err != nil {
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many things of at least size bytes each follow.
func (r *sheetReader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) && r.err == nil {
		r.err = fmt.Errorf("count %d is more than the file holds", n)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *sheetReader) string() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) && r.err == nil {
		r.err = errors.New("cut off")
	}
	if r.err != nil {
		return ""
	}
	return string(r.bytes(int(n)))
}

func (r *sheetReader) entry(e *Entry, indices []uint32, releases int) []uint32 {
	e.ID = hex.EncodeToString(r.bytes(20))
	e.Revision = r.varint()
	e.Report = [32]byte(r.bytes(32))
	e.Fingerprint = [16]byte(r.bytes(16))
	e.Due = r.varint()
	e.Severities = Severities{r.varint(), r.varint(), r.varint(), r.varint(), r.varint()}
	from := len(indices)
	for range r.count(1) {
		i := r.uvarint()
		if i >= uint64(releases) && r.err == nil {
			r.err = fmt.Errorf("release %d of %d", i, releases)
		}
		indices = append(indices, uint32(i))
	}
	e.Releases = indices[from:len(indices):len(indices)]
	for d := range e.extents {
		e.extents[d] = r.extent()
	}
	return indices
}

func (r *sheetReader) extent() extent {
	e := extent{rows: r.varint()}
	if e.rows == 0 {
		return e
	}
	e.Fragment = gzipjoin.Fragment{Raw: r.varint(), Size: r.varint()}
	crc := r.uvarint()
	if (e.rows < 0 || e.Raw < 0 || e.Size < 0 || crc > math.MaxUint32) && r.err == nil {
		r.err = errors.New("bad extent")
	}
	e.CRC = uint32(crc)
	return e
}
