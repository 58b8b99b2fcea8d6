package snapshot

import (
	"fmt"
	"slices"

	"github.com/muster-project/muster/defender"
)

// CheckIndex checks that the index of a range and the manifest agree.
func CheckIndex(f *Files, r *Range) error {
	x, err := f.index(r.Index)
	if err != nil {
		return err
	}
	counted := *r
	if counted.count(x); counted.Rows != r.Rows || counted.Bytes != r.Bytes || counted.Largest != r.Largest {
		return fmt.Errorf("file %q: its parts have %v rows and %d bytes, the manifest has %v and %d: %w",
			r.Index.Path, counted.Rows, counted.Bytes, r.Rows, r.Bytes, ErrDamaged)
	}
	return nil
}

// CheckSheet checks that the sheet of a range and its parts agree.
func CheckSheet(f *Files, r *Range) error {
	x, err := r.Full()
	if err != nil {
		return err
	}
	reader, err := f.OpenRange(r, nil)
	if err != nil {
		return err
	}
	if n := int64(len(reader.sheet.Entries)); n != r.Devices {
		return fmt.Errorf("file %q: %d devices, the manifest has %d: %w", x.Sheet.Path, n, r.Devices, ErrDamaged)
	}
	if sum := reader.sheet.Coverage(); !r.Unindexed() && !sum.Equal(&r.Coverage) {
		return fmt.Errorf("file %q: its coverage is %+v, the manifest has %+v: %w", x.Sheet.Path, sum, r.Coverage, ErrDamaged)
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		var all []Fragment
		for i := range reader.sheet.Entries {
			all = append(all, reader.sheet.Entries[i].fragments[d]...)
		}
		if got, want := join(all), x.Full.Of(d).whole(); got != want {
			return fmt.Errorf("file %q: %+v of %s, the manifest has %+v: %w", x.Sheet.Path, got, d, want, ErrDamaged)
		}
	}
	return nil
}

// CheckDeltas checks that the file of deltas and the manifest agree.
func CheckDeltas(f *Files, m *Manifest) error {
	own, err := f.deltas(m.Deltas)
	if err != nil {
		return err
	}
	if n := len(own.ranges); n > 0 && own.ranges[n-1].number >= len(m.Ranges) {
		return fmt.Errorf("file %q: it has range %d, the manifest has %d ranges: %w", m.Deltas.Path, own.ranges[n-1].number,
			len(m.Ranges), ErrDamaged)
	}
	if m.deltas == nil && !slices.Equal(m.sum(own), m.groups) {
		return fmt.Errorf("file %q: its counts by group differ from the manifest: %w", m.Deltas.Path, ErrDamaged)
	}
	return nil
}
