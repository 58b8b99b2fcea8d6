package proof

import (
	"errors"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/snapshot"
)

// Damage says which files of a range differ from the manifest. If the index is damaged, the files
// it names are unknown and count as lost.
type Damage struct {
	Index, Sheet, Projection bool
	Full, Delta              [defender.DatasetCount]bool
	// Files lists the damaged files.
	Files []snapshot.File
}

// Any reports whether there is any damage.
func (d *Damage) Any() bool { return len(d.Files) > 0 }

// OfFull reports whether the index, the sheet, the projection or a full part is damaged.
func (d *Damage) OfFull() bool {
	return d.Sheet || d.Projection || d.Full != [defender.DatasetCount]bool{}
}

// OfDelta reports whether a delta part is damaged.
func (d *Damage) OfDelta() bool { return d.Delta != [defender.DatasetCount]bool{} }

// DamageOf reads the kept files of a range and checks their hashes. Files in seen, which other
// ranges name too, are only read again if they were touched since. The caller checks the file of
// deltas: it does not belong to one range.
func DamageOf(f *snapshot.Files, m *snapshot.Manifest, number int, full, delta bool,
	seen map[string]bool) (d Damage, err error) {
	check := func(file snapshot.File, damaged *bool) {
		again := !seen[file.Path]
		seen[file.Path] = true
		switch failed := f.Check(file, again); {
		case errors.Is(failed, snapshot.ErrDamaged):
			*damaged = true
			d.Files = append(d.Files, file)
		case failed != nil:
			err = errors.Join(err, failed)
		}
	}
	r := &m.Ranges[number]
	if full && r.Index.Path != "" {
		check(r.Index, &d.Index)
	}
	if d.Index {
		d.Sheet, d.Projection = true, true
		for set, rows := range r.Rows {
			d.Full[set] = rows > 0
		}
	} else if full {
		x, failed := r.Full()
		if failed != nil {
			return d, errors.Join(err, failed)
		}
		if x.Sheet.Path != "" {
			check(x.Sheet, &d.Sheet)
		}
		if x.Projection.Path != "" {
			check(x.Projection, &d.Projection)
		}
		for set := range defender.Dataset(defender.DatasetCount) {
			if p := x.Full.Of(set); p != nil {
				check(p.File, &d.Full[set])
			}
		}
	}
	if !delta {
		return d, err
	}
	own, failed := m.Delta(number)
	if failed != nil {
		return d, errors.Join(err, failed)
	}
	for set := range defender.Dataset(defender.DatasetCount) {
		if p := own.Parts.Of(set); p != nil {
			check(p.File, &d.Delta[set])
		}
	}
	return d, err
}

// Without returns the damage without the restored files. If the index was damaged, the files it
// names were not checked.
func (d Damage) Without(m *snapshot.Manifest, number int, restored map[string]bool) (left Damage, err error) {
	for _, f := range d.Files {
		if !restored[f.Path] {
			left.Files = append(left.Files, f)
		}
	}
	if left.Index = d.Index; d.Index {
		left.Sheet, left.Projection, left.Full = d.Sheet, d.Projection, d.Full
	} else if d.OfFull() {
		x, err := m.Ranges[number].Full()
		if err != nil {
			return d, err
		}
		left.Sheet, left.Full = d.Sheet && !restored[x.Sheet.Path], without(x.Full, d.Full, restored)
		left.Projection = d.Projection && !restored[x.Projection.Path]
	}
	if d.OfDelta() {
		own, err := m.Delta(number)
		if err != nil {
			return d, err
		}
		left.Delta = without(own.Parts, d.Delta, restored)
	}
	return left, nil
}

// without removes restored parts from the damaged ones.
func without(p snapshot.Parts, damaged [defender.DatasetCount]bool,
	restored map[string]bool) [defender.DatasetCount]bool {
	for set := range damaged {
		damaged[set] = damaged[set] && !restored[p.Of(defender.Dataset(set)).Path]
	}
	return damaged
}
