package damage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// shared checks the data that all organizations share: the database, the files of feeds and
// catalogs, and that no folder is unknown.
func (v *verification) shared(ctx context.Context) error {
	checked, err := v.store.DB.Check(ctx, v.pace, v.note)
	if err != nil {
		return err
	}
	v.NotChecked = checked.Not
	v.count(1, checked.Bytes)
	for _, step := range []func(context.Context) error{v.organizations, v.intelligence} {
		if err := step(ctx); errors.Is(err, database.ErrDamaged) {
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

// organizations checks that every folder of files belongs to an organization.
func (v *verification) organizations(ctx context.Context) error {
	all, err := v.store.Organizations.All(ctx)
	if err != nil {
		return err
	}
	folders, err := v.files.Organizations()
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !slices.ContainsFunc(all, func(o organization.Organization) bool { return o.ID == folder }) {
			v.note(fmt.Errorf("files of %q: the database has no such organization: the database is older than the files, or from another folder: %w", folder, database.ErrDamaged))
			v.unknown(filesFolder + "/" + folder)
		}
	}
	return nil
}
