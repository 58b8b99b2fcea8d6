package generation

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store"
)

// filesFolder is where a data folder has the files of snapshots.
const filesFolder = "files"

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// shared proves what all organizations share: the database, the files of feeds
// and catalogs, and that nothing is there that nobody knows.
func (v *verification) shared(ctx context.Context) error {
	bytes, err := v.store.Check(ctx, v.pace, v.note)
	if err != nil {
		return err
	}
	v.count(1, bytes)
	for _, step := range []func(context.Context) error{v.organizations, v.intelligence} {
		if err := step(ctx); errors.Is(err, store.ErrDamaged) {
			v.note(err)
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (v *verification) intelligence(ctx context.Context) error {
	return v.library.Verify(ctx, library.Verifier{Pace: v.pace, Count: v.count, Note: v.note, Unknown: v.unknown})
}
