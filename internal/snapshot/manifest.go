package snapshot

import (
	"errors"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// ManifestVersion is the version of manifests that this program writes. It also reads those before,
// and repairs them in their own version: 2 has no coverage, 1 is another form (manifest_v1.go).
const ManifestVersion = 4

// Manifest lists everything that belongs to one snapshot. It is written when all of that is
// durable, and never changed. For each range it has what a plan and the first page need. The index
// of each range says where its rows lie, and one file of deltas says what changed: both are read
// when needed.
type Manifest struct {
	// Name is the name of the file that it was read from; empty in one that was just made.
	Name         string
	Version      int
	Organization string
	// Number is the generation's. Previous is the snapshot it was merged from: 0 for the first,
	// BeganAnew if ranges of that one were lost and the delta starts from no snapshot. Numbers of
	// failed generations are left out.
	Number   int64
	Previous int64
	// Begun is when the generation began: the event time of its delta rows.
	Begun time.Time
	// Catalog, Benchmark and RowShape name the rules by which rows were made.
	Catalog   string
	Benchmark string
	RowShape  int
	// Feeds are those of the catalog.
	Feeds []counts.Feed
	// RemovedFeeds are the feeds that were removed since the snapshot before. Removal is the number of
	// the last removal that is known.
	RemovedFeeds []counts.RemovedFeed
	Removal      int64
	// Deltas is the file of deltas; it has no path if there are none. It is kept as long as the
	// manifest.
	Deltas File
	// Ranges are in order of group and device id; together they contain every device exactly once.
	Ranges []Range

	counts.Told

	// groups sums up the changes. deltas is set in a manifest that was just made or has version 1;
	// otherwise source reads it.
	groups []groupDelta
	deltas *deltas
	source source
}

// source reads the files that manifests name.
type source interface {
	index(File) (*Index, error)
	deltas(File) (*deltas, error)
}

// BeganAnew is the Previous of a snapshot in which ranges began anew.
const BeganAnew = -1

// Range is the manifest's entry for one range of one group's devices.
type Range struct {
	Group int64 `json:"group"`
	// Lo and Hi bound the device ids: [Lo, Hi); an empty Hi is no bound.
	Lo      string `json:"lo"`
	Hi      string `json:"hi,omitempty"`
	Devices int64  `json:"devices"`
	// Anew says that the range was lost in the snapshot before: its rows were made from reports,
	// and its delta does not say what changed.
	Anew bool `json:"anew,omitempty"`
	// Index names the sheet and the full parts. It has no path in a range without devices, and in
	// manifests of version 1.
	Index File `json:"index,omitzero"`
	// Adopted says that an older program made the files that the index names, not the attempt that
	// wrote the index.
	Adopted bool `json:"adopted,omitempty"`
	// Rows counts the rows of full parts by dataset. Bytes is the size of all full parts, Largest
	// that of the largest.
	Rows    [defender.DatasetCount]int64 `json:"rows"`
	Bytes   int64                        `json:"bytes,omitempty"`
	Largest int64                        `json:"largest,omitempty"`
	// Severities counts vulnerability rows.
	Severities counts.Severities `json:"severities"`
	// Coverage counts devices and their software by how far they were assessed.
	Coverage coverage.Sum `json:"coverage"`

	// full is the index of a range that was just made or has version 1; otherwise source reads it.
	full   *Index
	source source
}

// Overlaps reports whether the range may contain devices of [lo, hi) of a group.
func (r *Range) Overlaps(group int64, lo, hi string) bool {
	return r.Group == group && (hi == "" || r.Lo < hi) && (r.Hi == "" || lo < r.Hi)
}

// Full returns the sheet and the full parts. The error wraps ErrDamaged if the index is damaged.
func (r *Range) Full() (*Index, error) {
	switch {
	case r.full != nil:
		return r.full, nil
	case r.Index.Path == "":
		return &Index{}, nil
	}
	return r.source.index(r.Index)
}

// Unindexed reports whether the range has files but no index yet: it comes from a manifest of
// version 1.
func (r *Range) Unindexed() bool { return r.Index.Path == "" && r.full != nil && !r.full.empty() }

// Files lists the sheet, the full parts and, last, the index.
func (r *Range) Files() ([]File, error) {
	x, err := r.Full()
	if err != nil {
		return nil, err
	}
	files := x.files()
	if r.Index.Path != "" {
		files = append(files, r.Index)
	}
	return files, nil
}

// count adds up the contents of an index.
func (r *Range) count(x *Index) {
	r.Rows, r.Bytes, r.Largest = [defender.DatasetCount]int64{}, 0, 0
	for d := range defender.Dataset(defender.DatasetCount) {
		if p := x.Full.Of(d); p != nil {
			r.Rows[d] = p.Rows
			r.Bytes += p.Bytes
			r.Largest = max(r.Largest, p.Bytes)
		}
	}
}

// Made is the result of a generation for a range: its entry for the manifest, and its delta.
type Made struct {
	Version int `json:"version"`
	Range
	Delta Delta `json:"delta"`
}

// NewMade returns the result for a range, in the current version.
func NewMade(r Range, d Delta) *Made { return &Made{Version: ManifestVersion, Range: r, Delta: d} }

// Outdated reports whether an older program made the range, by which its devices are not up to date.
func (m *Made) Outdated() bool { return m.Version < ManifestVersion }

// Add adds the next range.
func (m *Manifest) Add(made *Made) {
	if m.deltas == nil {
		m.deltas = &deltas{}
	}
	m.deltas.add(len(m.Ranges), &made.Delta)
	m.Fixed.Add(made.Group, made.Delta.Fixed)
	m.Why.Add(len(m.Ranges), made.Delta.Why, made.Delta.Fixed.Sum())
	m.Checks.Add(made.Group, &made.Coverage.Checks)
	m.Ranges = append(m.Ranges, made.Range)
}

// With returns the manifest with some of its ranges replaced, by number.
func (m *Manifest) With(made map[int]*Made) (*Manifest, error) {
	changed := *m
	changed.Name, changed.Ranges, changed.deltas, changed.Deltas = "", nil, nil, File{}
	changed.Checks = nil
	old, err := m.ownDeltas()
	if err != nil {
		return nil, err
	}
	for i := range m.Ranges {
		if other := made[i]; other != nil {
			changed.Add(other)
			continue
		}
		d, err := old.delta(i)
		if err != nil {
			return nil, err
		}
		changed.Add(&Made{Range: m.Ranges[i], Delta: *d})
	}
	changed.Checks = m.Checks // ranges of a manifest do not have theirs; those that were made again are as they were
	return &changed, nil
}

// ownDeltas returns the deltas of the snapshot. The error wraps ErrDamaged if their file is
// damaged.
func (m *Manifest) ownDeltas() (*deltas, error) {
	switch {
	case m.deltas != nil:
		return m.deltas, nil
	case m.Deltas.Path == "":
		return &deltas{}, nil
	}
	return m.source.deltas(m.Deltas)
}

// Delta returns the delta of a range by its number. The error wraps ErrDamaged if the file of
// deltas is damaged.
func (m *Manifest) Delta(number int) (*Delta, error) {
	all, err := m.ownDeltas()
	if err != nil {
		return nil, err
	}
	return all.delta(number)
}

// FullFiles lists sheets, full parts and indexes, each index after the files it names. If an index
// is damaged, only the index is listed, and damage wraps ErrDamaged.
func (m *Manifest) FullFiles() (files []File, damage error) {
	for i := range m.Ranges {
		some, err := m.Ranges[i].Files()
		if err != nil {
			damage, some = errors.Join(damage, err), []File{m.Ranges[i].Index}
		}
		files = append(files, some...)
	}
	return files, damage
}

// MadeWithLostIndexes lists the possible sheets and full parts of damaged or missing indexes;
// their names follow from those of the indexes.
func (m *Manifest) MadeWithLostIndexes() (files []File) {
	for i := range m.Ranges {
		if _, err := m.Ranges[i].Full(); err != nil {
			files = append(files, besideIndex(m.Ranges[i].Index.Path)...)
		}
	}
	return files
}

// DeltaFiles lists delta parts, without the file of deltas, which is kept as long as the manifest.
func (m *Manifest) DeltaFiles() (files []File, err error) {
	all, err := m.ownDeltas()
	if err != nil {
		return nil, err
	}
	for i := range all.ranges {
		d, err := all.delta(all.ranges[i].number)
		if err != nil {
			return nil, err
		}
		files = append(files, d.Files()...)
	}
	return files, nil
}
