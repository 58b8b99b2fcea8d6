package snapshot

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
)

// A sheet is binary: sheetWord, then numbers as varints (encoding/binary) in this order:
//
//	catalog       length and bytes of the catalog's id
//	components    count; of each: length and bytes of its key, 16 bytes fingerprint
//	devices       count; of each: 20 bytes id, revision, 32 bytes report hash,
//	              16 bytes fingerprint, due (Unix ms), five counts by severity,
//	              count of components and the index of each in the table above;
//	              then for each dataset: count of fragments; of each: rows, raw, size, CRC
//
// So the inputs of a device's rows are known without its report, and their offset is the sum of
// the sizes before them.
const sheetWord = "muster sheet 1\n"

// Sheet is the internal file of a range: the inputs of each device's rows, and where the rows lie.
type Sheet struct {
	// Catalog is the id of the catalog that gave the verdicts in Components.
	Catalog string
	// Components are the components on devices of the range, with the fingerprints of their
	// verdicts when the sheet was written.
	Components []assess.Component
	// Entries are in order of device id.
	Entries []Entry
}

// Entry records the inputs of one device's rows.
type Entry struct {
	ID       string // 40 hexadecimal digits
	Revision int64
	Report   [32]byte // hash of its reports
	// Fingerprint covers all inputs except verdicts: settings, benchmark, row shape, day. A zero
	// fingerprint is never up to date.
	Fingerprint [16]byte
	// Due is when its rows change by the passing of time alone (Unix ms); 0 for never.
	Due        int64
	Severities counts.Severities
	Components []uint32 // indices into the sheet's Components
	fragments  [defender.DatasetCount][]Fragment
}

// Rows returns how many rows of a dataset the device has.
func (e *Entry) Rows(d defender.Dataset) int64 { return join(e.fragments[d]).Rows }

// Raw returns how many bytes the device's rows have, over all datasets.
func (e *Entry) Raw() (n int64) {
	for d := range e.fragments {
		n += join(e.fragments[d]).Raw
	}
	return n
}

// append encodes the sheet.
func (s *Sheet) append(dst []byte) ([]byte, error) {
	dst = append(dst, sheetWord...)
	dst = appendString(dst, s.Catalog)
	dst = binary.AppendUvarint(dst, uint64(len(s.Components)))
	for _, r := range s.Components {
		dst = appendString(dst, r.Key)
		dst = append(dst, r.Fingerprint[:]...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Entries)))
	for i := range s.Entries {
		if err := s.checkOrder(i); err != nil {
			return nil, err
		}
		var err error
		if dst, err = s.Entries[i].append(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// checkOrder checks that entry i comes after the one before it.
func (s *Sheet) checkOrder(i int) error {
	if i > 0 && s.Entries[i].ID <= s.Entries[i-1].ID {
		return fmt.Errorf("device %q does not come after %q", s.Entries[i].ID, s.Entries[i-1].ID)
	}
	return nil
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
	for _, n := range []int64{e.Severities.Critical, e.Severities.High, e.Severities.Medium,
		e.Severities.Low, e.Severities.Unrated} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Components)))
	for _, r := range e.Components {
		dst = binary.AppendUvarint(dst, uint64(r))
	}
	for _, fragments := range e.fragments {
		dst = binary.AppendUvarint(dst, uint64(len(fragments)))
		for _, f := range fragments {
			dst = binary.AppendVarint(dst, f.Rows)
			dst = binary.AppendVarint(dst, f.Raw)
			dst = binary.AppendVarint(dst, f.Size)
			dst = binary.AppendUvarint(dst, uint64(f.CRC))
		}
	}
	return dst, nil
}

// parseSheet decodes a sheet. Its memory is bounded by len(data), whatever counts the data
// contains.
func parseSheet(data []byte) (*Sheet, error) {
	rest, ok := bytes.CutPrefix(data, []byte(sheetWord))
	if !ok {
		return nil, unknownForm(data, "sheet", 1)
	}
	r := &sheetReader{decoder: decoder{rest: rest}}
	s := &Sheet{Catalog: r.string()}
	s.Components = make([]assess.Component, 0, r.count(17))
	for range cap(s.Components) {
		s.Components = append(s.Components, assess.Component{Key: r.string(), Fingerprint: [16]byte(r.bytes(16))})
	}
	s.Entries = make([]Entry, 0, r.count(81))
	r.components, r.indices = len(s.Components), make([]uint32, 0, len(r.rest)/2)
	r.fragments = make([]Fragment, 0, cap(s.Entries)*defender.DatasetCount)
	for i := range cap(s.Entries) {
		s.Entries = append(s.Entries, r.entry())
		if r.err == nil {
			r.err = s.checkOrder(i)
		}
	}
	if err := r.end("device"); err != nil {
		return nil, fmt.Errorf("reading sheet: %w: %w", err, ErrDamaged)
	}
	return s, nil
}

// sheetReader decodes the devices of a sheet.
type sheetReader struct {
	decoder
	// components is the number of components; indices and fragments are one array each for all
	// devices.
	components int
	indices    []uint32
	fragments  []Fragment
}

func (r *sheetReader) entry() Entry {
	e := Entry{
		ID: hex.EncodeToString(r.bytes(20)), Revision: r.varint(), Report: [32]byte(r.bytes(32)),
		Fingerprint: [16]byte(r.bytes(16)), Due: r.varint(),
		Severities: counts.Severities{Critical: r.varint(), High: r.varint(), Medium: r.varint(),
			Low: r.varint(), Unrated: r.varint()},
	}
	from := len(r.indices)
	for range r.count(1) {
		i := r.uvarint()
		if i >= uint64(r.components) {
			r.fail("component %d, but the sheet has %d", i, r.components)
		}
		r.indices = append(r.indices, uint32(i))
	}
	e.Components = r.indices[from:len(r.indices):len(r.indices)]
	for d := range e.fragments {
		from := len(r.fragments)
		for range r.count(4) {
			r.fragments = append(r.fragments, r.fragment())
		}
		e.fragments[d] = r.fragments[from:len(r.fragments):len(r.fragments)]
	}
	return e
}

func (r *sheetReader) fragment() Fragment {
	f := Fragment{Rows: r.varint(), Raw: r.varint(), Size: r.varint()}
	crc := r.uvarint()
	if f.Rows <= 0 || f.Raw <= 0 || f.Size <= 0 || crc > math.MaxUint32 {
		r.fail("bad fragment")
	}
	f.CRC = uint32(crc)
	return f
}
