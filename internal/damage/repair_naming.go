package damage

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// naming is a damaged file that names others, with its snapshot's place: an index or a file of
// deltas.
type naming struct {
	snapshot.File
	place  int
	deltas bool
}

// restoreNaming repairs deltas and indexes: from a copy; else an index from the files that it
// names, and the newest deltas from the database's record of their generation. The files they name
// are checked afterwards.
func (r *repair) restoreNaming(ctx context.Context) error {
	damaged, err := r.damagedNaming(ctx)
	if err != nil || len(damaged) == 0 {
		return err
	}
	wanted := make([]snapshot.File, len(damaged))
	for i := range damaged {
		wanted[i] = damaged[i].File
	}
	copies, err := r.copies(wanted)
	if err != nil {
		return err
	}
	for _, f := range damaged {
		if name, ok := copies[f.SHA256]; ok {
			if err := r.restore(f.File, name); err != nil {
				return err
			}
			r.told(f.place, f.Path, howRestored, name)
			r.back[f.Path] = true
			continue
		}
		if err := r.nameAgain(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// damagedNaming reads all kept indexes and deltas.
func (r *repair) damagedNaming(ctx context.Context) (damaged []naming, err error) {
	seen := map[string]bool{"": true}
	look := func(f naming) error {
		if seen[f.Path] {
			return ctx.Err()
		}
		seen[f.Path] = true
		err := r.files.Check(f.File, true)
		if errors.Is(err, snapshot.ErrDamaged) {
			damaged = append(damaged, f)
			return nil
		}
		return err
	}
	for i, m := range r.manifests {
		if m == nil || r.done(i) {
			continue
		}
		if r.snapshots[i].Delta == publication.Kept {
			if err := look(naming{m.Deltas, i, true}); err != nil {
				return nil, err
			}
		}
		for n := range m.Ranges {
			if r.snapshots[i].Full != publication.Kept {
				break
			}
			if err := look(naming{m.Ranges[n].Index, i, false}); err != nil {
				return nil, err
			}
		}
	}
	return damaged, nil
}

// nameAgain makes an index or deltas again, byte for byte, if possible.
func (r *repair) nameAgain(ctx context.Context, f naming) (err error) {
	var data []byte
	from := "from the files that it names, byte for byte"
	if f.deltas {
		from = "from the database, byte for byte"
		_, data, err = r.Recall(ctx, &r.snapshots[f.place])
	} else if data, err = r.files.IndexAgain(f.File); errors.Is(err, snapshot.ErrLost) ||
		errors.Is(err, snapshot.ErrDamaged) {
		data, err = nil, nil
	}
	switch {
	case err != nil:
		return err
	case data == nil || snapshot.DigestOf(data) != f.SHA256:
		r.lost[f.place] = r.lost[f.place] || f.deltas
		return nil // giveUp reports it
	case !r.Dry:
		if err := r.restoreBytes(f.File, data); err != nil {
			return err
		}
	}
	r.told(f.place, f.Path, howRemade, from)
	r.back[f.Path] = true
	return nil
}
