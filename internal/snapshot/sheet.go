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
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/packed"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// A sheet is binary: sheetWord, then numbers as varints (encoding/binary) in this order:
//
//	catalog       length and bytes of the catalog's id
//	components    count; of each: length and bytes of its key, 16 bytes fingerprint
//	asked         count; of each: the count of feeds that were asked and the name of each,
//	              and the same of what should be imported
//	checks        what checks said of devices, each once (package tallied)
//	devices       count; of each: 20 bytes id, revision, 32 bytes report hash,
//	              16 bytes fingerprint, due (Unix ms), five counts by severity,
//	              count of components and the index of each in the table above;
//	              coverage (package tallied), and the index in checks plus one, or 0;
//	              then for each dataset: count of fragments; of each: rows, raw, size, CRC
//
// So the inputs of a device's rows are known without its report, and their offset is the sum of
// the sizes before them.
//
// Version 3 has no checks. Version 2 has only firstDatasets. Version 1 has no coverage either. Its devices are never up
// to date, and their coverage is unknown.
const (
	sheetWord   = "muster sheet 4\n"
	sheetWordV3 = "muster sheet 3\n"
	sheetWordV2 = "muster sheet 2\n"
	sheetWordV1 = "muster sheet 1\n"
)

// Asked are the feeds that a device was judged by, and what should be imported to judge the rest.
type Asked = tallied.Asked

// Sheet is the internal file of a range: the inputs of each device's rows, and where the rows lie.
type Sheet struct {
	// Catalog is the id of the catalog that gave the verdicts in Components.
	Catalog string
	// Components are the components on devices of the range, with the fingerprints of their
	// verdicts when the sheet was written.
	Components []assess.Component
	// Asked are the lists of feeds that devices were judged by and that are missing, each once.
	Asked []Asked
	// Checks are what checks said of devices, each once.
	Checks []counts.Checks
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
	// Coverage says how far the device was assessed. Its lists of feeds are in the sheet's Asked,
	// at the index Asked, and what checks said in the sheet's Checks, at the index Checked minus one.
	Coverage       coverage.Device
	Asked, Checked uint32
	fragments      [defender.DatasetCount][]Fragment
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
	dst = packed.AppendString(dst, s.Catalog)
	dst = binary.AppendUvarint(dst, uint64(len(s.Components)))
	for _, r := range s.Components {
		dst = packed.AppendString(dst, r.Key)
		dst = append(dst, r.Fingerprint[:]...)
	}
	dst = tallied.AppendChecks(tallied.AppendAsked(dst, s.Asked), s.Checks)
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
	dst = tallied.AppendDevice(dst, &e.Coverage, e.Asked, e.Checked)
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
	r := beginSheet(data)
	if r == nil {
		return nil, unknownForm(data, "sheet", 4)
	}
	s := &Sheet{Catalog: r.Text()}
	s.Components = make([]assess.Component, 0, r.Count(17))
	for range cap(s.Components) {
		s.Components = append(s.Components, assess.Component{Key: r.Text(), Fingerprint: [16]byte(r.Bytes(16))})
	}
	if !r.old {
		s.Asked = tallied.AllAsked(&r.Reader)
	}
	if r.covered.Checked {
		s.Checks = tallied.AllChecks(&r.Reader)
	}
	s.Entries = make([]Entry, 0, r.Count(81))
	r.covered.Asked, r.covered.Checks = s.Asked, s.Checks
	r.covered.Room(cap(s.Entries))
	r.components, r.indices = len(s.Components), make([]uint32, 0, len(r.Rest)/2)
	r.fragments = make([]Fragment, 0, cap(s.Entries)*r.datasets)
	for i := range cap(s.Entries) {
		s.Entries = append(s.Entries, r.entry())
		if r.Err == nil {
			r.Err = s.checkOrder(i)
		}
	}
	if err := r.End("device"); err != nil {
		return nil, fmt.Errorf("reading sheet: %w: %w", err, ErrDamaged)
	}
	return s, nil
}

// beginSheet begins to read a sheet; nil if it has no known form.
func beginSheet(data []byte) *sheetReader {
	for version, word := range []string{sheetWordV1, sheetWordV2, sheetWordV3, sheetWord} {
		if rest, ok := bytes.CutPrefix(data, []byte(word)); ok {
			r := &sheetReader{decoder: newDecoder(rest), old: version == 0, datasets: defender.DatasetCount}
			if r.covered.Checked = version == 3; version < 2 {
				r.datasets = firstDatasets
			}
			return r
		}
	}
	return nil
}

// sheetReader decodes the devices of a sheet.
type sheetReader struct {
	decoder
	old      bool // version 1
	datasets int
	covered  tallied.Devices
	// components is the number of components; indices and fragments are one array each for all devices.
	components int
	indices    []uint32
	fragments  []Fragment
}

func (r *sheetReader) entry() Entry {
	e := Entry{
		ID: hex.EncodeToString(r.Bytes(20)), Revision: r.Varint(), Report: [32]byte(r.Bytes(32)),
		Fingerprint: [16]byte(r.Bytes(16)), Due: r.Varint(),
		Severities: counts.Severities{Critical: r.Varint(), High: r.Varint(), Medium: r.Varint(),
			Low: r.Varint(), Unrated: r.Varint()},
	}
	from := len(r.indices)
	for range r.Count(1) {
		i := r.Uvarint()
		if i >= uint64(r.components) {
			r.Fail("component %d, but the sheet has %d", i, r.components)
		}
		r.indices = append(r.indices, uint32(i))
	}
	e.Components = r.indices[from:len(r.indices):len(r.indices)]
	if r.old {
		e.Fingerprint = [16]byte{}
	} else {
		e.Coverage, e.Asked, e.Checked = r.covered.Device(&r.Reader)
	}
	for d := range r.datasets {
		from := len(r.fragments)
		for range r.Count(4) {
			r.fragments = append(r.fragments, r.fragment())
		}
		e.fragments[d] = r.fragments[from:len(r.fragments):len(r.fragments)]
	}
	return e
}

func (r *sheetReader) fragment() Fragment {
	f := Fragment{Rows: r.Varint(), Raw: r.Varint(), Size: r.Varint()}
	crc := r.Uvarint()
	if f.Rows <= 0 || f.Raw <= 0 || f.Size <= 0 || crc > math.MaxUint32 {
		r.Fail("bad fragment")
	}
	f.CRC = uint32(crc)
	return f
}

// Coverage adds up the coverage of the devices.
func (s *Sheet) Coverage() (sum coverage.Sum) {
	for i := range s.Entries {
		sum.Add(&s.Entries[i].Coverage)
	}
	return sum
}
