package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/gzipjoin"
)

// manifestVersion is the form of manifests that this program writes; it reads
// this one and those before.
const manifestVersion = 1

// maxManifest bounds what is read as a manifest: 1 GiB is some 10 million devices.
const maxManifest = 1 << 30

// Manifest lists everything that belongs to one snapshot. It is written when
// all of that is durable, and never changed.
type Manifest struct {
	Version      int    `json:"version"`
	Organization string `json:"organization"`
	// Number is the generation's; Previous is the snapshot it was merged
	// from, 0 for the first, BeganAnew where ranges of that one were lost: then
	// the delta leads from no snapshot. Numbers of failed generations are left
	// out.
	Number   int64 `json:"number"`
	Previous int64 `json:"previous"`
	// Begun is when the generation began: the event time of its delta rows.
	Begun time.Time `json:"begun"`
	// Catalog, Benchmark and RowShape say by which rules rows were made.
	Catalog   string `json:"catalog"`
	Benchmark string `json:"benchmark"`
	RowShape  int    `json:"rowShape"`
	// Ranges are in order of group and device id; together they hold every
	// device exactly once.
	Ranges []Range `json:"ranges"`
}

// BeganAnew is the Previous of a snapshot in which ranges began anew.
const BeganAnew = -1

// HiddenGroup is the group of devices that were not seen for long. It is kept,
// for the first-seen times in it, and never exported.
const HiddenGroup = -1

// Range is what a generation made of one slice of one group's devices.
type Range struct {
	Group int64 `json:"group"`
	// Lo and Hi bound the device ids: [Lo, Hi), an empty Hi is no bound.
	Lo      string `json:"lo"`
	Hi      string `json:"hi,omitempty"`
	Devices int64  `json:"devices"`
	// Anew says that what the snapshot before had of the range was lost: its
	// devices were made from their reports, and its delta is not what changed.
	Anew bool `json:"anew,omitempty"`
	// Sheet is absent (no path) in a range without devices.
	Sheet File `json:"sheet,omitzero"`
	// Full and Delta hold the parts that have rows, by dataset.
	Full  Parts `json:"full,omitempty"`
	Delta Parts `json:"delta,omitempty"`
	// Severities counts vulnerability rows.
	Severities Severities `json:"severities"`
	// Changes counts delta rows by dataset and status.
	Changes map[string]Changes `json:"changes,omitempty"`
	// Kept names devices whose assessment failed: their rows are those of the
	// snapshot before. Cut names devices of which a limit left something out.
	Kept []Kept `json:"kept,omitempty"`
	Cut  []Cut  `json:"cut,omitempty"`
}

// Overlaps tells whether the range may hold devices of [lo, hi) of a group.
func (r *Range) Overlaps(group int64, lo, hi string) bool {
	return r.Group == group && (hi == "" || r.Lo < hi) && (r.Hi == "" || lo < r.Hi)
}

// Parts are a range's parts by dataset name.
type Parts map[string]*Part

// Of returns the part of a dataset, nil if it has no rows.
func (p Parts) Of(d defender.Dataset) *Part { return p[d.String()] }

// Part is one gzip file of rows.
type Part struct {
	File
	Rows int64 `json:"rows"`
	Raw  int64 `json:"raw"`
	// Segments cut the part into runs of fragments that can be read and
	// checked on their own, in order and without gaps.
	Segments []Segment `json:"segments"`
}

// Segment is a run of whole fragments inside a part.
type Segment struct {
	Rows int64  `json:"rows"`
	Size int64  `json:"size"`
	Raw  int64  `json:"raw"`
	CRC  uint32 `json:"crc"`
}

// Severities counts findings by severity.
type Severities struct {
	Critical int64 `json:"critical"`
	High     int64 `json:"high"`
	Medium   int64 `json:"medium"`
	Low      int64 `json:"low"`
	// Unrated have a score of zero or none.
	Unrated int64 `json:"unrated"`
}

// Add adds other's counts.
func (s *Severities) Add(other Severities) {
	s.Critical += other.Critical
	s.High += other.High
	s.Medium += other.Medium
	s.Low += other.Low
	s.Unrated += other.Unrated
}

// Changes counts the rows of a delta by status.
type Changes struct {
	New     int64 `json:"new"`
	Fixed   int64 `json:"fixed"`
	Updated int64 `json:"updated"`
}

// Sum is the number of delta rows.
func (c Changes) Sum() int64 { return c.New + c.Fixed + c.Updated }

// Kept is a device that could not be assessed.
type Kept struct {
	Device  string `json:"device"`
	Problem string `json:"problem"`
}

// Cut is something of a device that a limit left out: rows of a dataset, entries
// of a section of its reports, or paths of its software.
type Cut struct {
	Device  string `json:"device"`
	Dataset string `json:"dataset,omitempty"`
	Section string `json:"section,omitempty"`
	Dropped int64  `json:"dropped,omitempty"` // rows or entries
	Paths   int64  `json:"paths,omitempty"`
}

// Totals sums a snapshot up for people.
type Totals struct {
	Devices    int64              `json:"devices"`
	Hidden     int64              `json:"hidden"`
	Rows       map[string]int64   `json:"rows"`
	Severities Severities         `json:"severities"`
	Changes    map[string]Changes `json:"changes"`
	Parts      int64              `json:"parts"`
	Bytes      int64              `json:"bytes"`
	Kept       int64              `json:"kept"`
	Cut        int64              `json:"cut"`
}

// Totals counts what is exported; hidden devices are only counted as such.
// The changes include those of devices that have just been hidden, which stand
// in the group they left. Of the groups that are let through, nil for all, only
// these are counted: hidden devices are in none of them.
func (m *Manifest) Totals(groups func(group int64) bool) Totals {
	t := Totals{Rows: map[string]int64{}, Changes: map[string]Changes{}}
	for d := range defender.DatasetCount {
		t.Rows[defender.Dataset(d).String()] = 0
		t.Changes[defender.Dataset(d).String()] = Changes{}
	}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if groups != nil && !groups(r.Group) {
			continue
		}
		if r.Group == HiddenGroup {
			t.Hidden += r.Devices
			continue
		}
		t.Devices += r.Devices
		t.Severities.Add(r.Severities)
		t.Kept += int64(len(r.Kept))
		t.Cut += int64(len(r.Cut))
		for name, part := range r.Full {
			t.Rows[name] += part.Rows
			t.Parts++
			t.Bytes += part.Bytes
		}
		for name, c := range r.Changes {
			sum := t.Changes[name]
			t.Changes[name] = Changes{sum.New + c.New, sum.Fixed + c.Fixed, sum.Updated + c.Updated}
		}
	}
	return t
}

// Files lists what the manifest names besides itself: sheets and full parts,
// then delta parts.
func (m *Manifest) Files() (full, delta []File) {
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Sheet.Path != "" {
			full = append(full, r.Sheet)
		}
		for d := range defender.DatasetCount {
			if p := r.Full.Of(defender.Dataset(d)); p != nil {
				full = append(full, p.File)
			}
			if p := r.Delta.Of(defender.Dataset(d)); p != nil {
				delta = append(delta, p.File)
			}
		}
	}
	return full, delta
}

// ManifestBytes is a manifest as it is written.
func ManifestBytes(m *Manifest) ([]byte, error) {
	m.Version = manifestVersion
	data, err := json.Marshal(m)
	return append(data, '\n'), err
}

// WriteManifest makes the manifest durable under name.
func (f *Files) WriteManifest(name string, m *Manifest) (File, error) {
	data, err := ManifestBytes(m)
	if err != nil {
		return File{}, fmt.Errorf("writing manifest %q: %w", name, err)
	}
	batch := f.NewBatch()
	w, err := batch.create(name)
	if err != nil {
		return File{}, err
	}
	var file File
	if _, err = w.Write(data); err == nil {
		file, err = w.Close()
	}
	if err == nil {
		err = batch.Sync()
	}
	if err != nil {
		w.abort()
		return File{}, fmt.Errorf("writing manifest %q: %w", name, err)
	}
	return file, nil
}

// ReadManifest reads a manifest and checks it against the hash that the store
// keeps for it.
func (f *Files) ReadManifest(name string, sum Digest) (*Manifest, error) {
	want := File{Path: name, SHA256: sum}
	info, err := f.root.Stat(name)
	if err != nil {
		return nil, f.missing(want, err)
	}
	if want.Bytes = info.Size(); want.Bytes > maxManifest {
		return nil, fmt.Errorf("manifest %q of %d bytes is too large", name, want.Bytes)
	}
	data, err := f.ReadAll(nil, want)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("reading manifest %q: %w", name, err)
	}
	return m, nil
}

// parseManifest reads a manifest. What it returns can be relied on: parts are
// there, of known datasets, and no more than the sum of their segments.
func parseManifest(data []byte) (*Manifest, error) {
	var version struct{ Version int }
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	switch {
	case version.Version > manifestVersion:
		return nil, fmt.Errorf("version %d, this program reads up to %d: %w", version.Version, manifestVersion, ErrNewer)
	case version.Version < 1:
		return nil, fmt.Errorf("version %d: %w", version.Version, ErrDamaged)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for i := range m.Ranges {
		if err := errors.Join(m.Ranges[i].Full.check(), m.Ranges[i].Delta.check()); err != nil {
			return nil, fmt.Errorf("range %d: %w: %w", i, err, ErrDamaged)
		}
	}
	return m, nil
}

func (p Parts) check() error {
	for name, part := range p {
		if _, err := defender.ParseDataset(name); err != nil {
			return err
		}
		if part == nil || !part.adds() {
			return fmt.Errorf("%s: segments do not add up to their part", name)
		}
	}
	return nil
}

// adds says whether the part is what its segments make.
func (p *Part) adds() bool {
	rows, raw, size := p.Rows, p.Raw, p.Bytes-gzipjoin.HeaderSize-gzipjoin.TrailerSize
	for _, s := range p.Segments {
		if s.Rows <= 0 || s.Raw <= 0 || s.Size <= 0 || s.Rows > rows || s.Raw > raw || s.Size > size {
			return false
		}
		rows, raw, size = rows-s.Rows, raw-s.Raw, size-s.Size
	}
	return len(p.Segments) > 0 && rows == 0 && raw == 0 && size == 0
}
