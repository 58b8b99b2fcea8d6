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
//	profiles      count; of each: length and bytes of its key, 16 bytes fingerprint
//	devices       count; of each: 20 bytes id, revision, 32 bytes report hash,
//	              16 bytes fingerprint, index of its profile, due (Unix ms), five counts by severity,
//	              count of components and the index of each in the table above;
//	              coverage (package tallied), and the index in checks plus one, or 0;
//	              then for each dataset: count of fragments; of each: rows, raw, size, CRC
//
// So the inputs of a device's rows are known without its report, and their offset is the sum of
// the sizes before them.
//
// Before version 4 there were no checks and no profiles: devices are never up to date. Version 2 has only
// firstDatasets, and version 1 has no coverage either: it is unknown.
const sheetWord = "muster sheet 4\n"

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
	// Fingerprint covers all inputs except verdicts and checks: settings, row shape, day. A zero
	// fingerprint is never up to date.
	Fingerprint [16]byte
	// Profile says by which checks the device was judged.
	Profile assess.Profile
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
	dst = tallied.AppendAnswers(dst, s.Components)
	dst = tallied.AppendChecks(tallied.AppendAsked(dst, s.Asked), s.Checks)
	profiles, at := s.profiles()
	dst = tallied.AppendAnswers(dst, profiles)
	dst = binary.AppendUvarint(dst, uint64(len(s.Entries)))
	for i := range s.Entries {
		if err := s.checkOrder(i); err != nil {
			return nil, err
		}
		var err error
		if dst, err = s.Entries[i].append(dst, at[s.Entries[i].Profile]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// profiles lists the profiles of the devices, each once, and says where each is.
func (s *Sheet) profiles() (list []assess.Profile, at map[assess.Profile]uint64) {
	at = map[assess.Profile]uint64{}
	for i := range s.Entries {
		p := s.Entries[i].Profile
		if _, ok := at[p]; !ok {
			at[p] = uint64(len(list))
			list = append(list, p)
		}
	}
	return list, at
}

// checkOrder checks that entry i comes after the one before it.
func (s *Sheet) checkOrder(i int) error {
	if i > 0 && s.Entries[i].ID <= s.Entries[i-1].ID {
		return fmt.Errorf("device %q does not come after %q", s.Entries[i].ID, s.Entries[i-1].ID)
	}
	return nil
}

func (e *Entry) append(dst []byte, profile uint64) ([]byte, error) {
	id, err := hex.DecodeString(e.ID)
	if err != nil || len(id) != 20 {
		return nil, fmt.Errorf("device id %q: want 40 hexadecimal digits", e.ID)
	}
	dst = append(dst, id...)
	dst = binary.AppendVarint(dst, e.Revision)
	dst = append(dst, e.Report[:]...)
	dst = binary.AppendUvarint(append(dst, e.Fingerprint[:]...), profile)
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
	r, err := newSheetReader(data)
	if err != nil {
		return nil, err
	}
	s := &Sheet{Catalog: r.Text(), Components: tallied.Answers[assess.Component](&r.Reader)}
	if r.version > 1 {
		s.Asked = tallied.AllAsked(&r.Reader)
	}
	if r.profiles = make([]assess.Profile, 1); r.version > 3 {
		s.Checks = tallied.AllChecks(&r.Reader)
		r.profiles = tallied.Answers[assess.Profile](&r.Reader)
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

// sheetReader decodes the devices of a sheet.
type sheetReader struct {
	decoder
	version  int
	datasets int
	covered  tallied.Devices
	profiles []assess.Profile
	// components is the number of components; indices and fragments are one array each for all devices.
	components int
	indices    []uint32
	fragments  []Fragment
}

// newSheetReader reads the version of a sheet.
func newSheetReader(data []byte) (*sheetReader, error) {
	for i, word := range []string{"muster sheet 1\n", "muster sheet 2\n", "muster sheet 3\n", sheetWord} {
		if rest, ok := bytes.CutPrefix(data, []byte(word)); ok {
			r := &sheetReader{decoder: newDecoder(rest), version: i + 1, datasets: defender.DatasetCount}
			if r.covered.Checked = r.version > 3; r.version < 3 {
				r.datasets = firstDatasets
			}
			return r, nil
		}
	}
	return nil, unknownForm(data, "sheet", 4)
}

func (r *sheetReader) entry() Entry {
	e := Entry{ID: hex.EncodeToString(r.Bytes(20)), Revision: r.Varint(), Report: [32]byte(r.Bytes(32)),
		Fingerprint: [16]byte(r.Bytes(16))}
	profile := uint64(0)
	if r.version < 4 {
		e.Fingerprint = [16]byte{}
	} else if profile = r.Uvarint(); profile >= uint64(len(r.profiles)) {
		r.Fail("profile %d, but the sheet has %d", profile, len(r.profiles))
	}
	e.Due = r.Varint()
	e.Severities = counts.Severities{Critical: r.Varint(), High: r.Varint(), Medium: r.Varint(), Low: r.Varint(),
		Unrated: r.Varint()}
	from := len(r.indices)
	for range r.Count(1) {
		i := r.Uvarint()
		if i >= uint64(r.components) {
			r.Fail("component %d, but the sheet has %d", i, r.components)
		}
		r.indices = append(r.indices, uint32(i))
	}
	e.Components = r.indices[from:len(r.indices):len(r.indices)]
	if r.version > 1 {
		e.Coverage, e.Asked, e.Checked = r.covered.Device(&r.Reader)
	}
	for d := range r.datasets {
		from := len(r.fragments)
		for range r.Count(4) {
			r.fragments = append(r.fragments, r.fragment())
		}
		e.fragments[d] = r.fragments[from:len(r.fragments):len(r.fragments)]
	}
	if r.Err == nil {
		e.Profile = r.profiles[profile]
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
