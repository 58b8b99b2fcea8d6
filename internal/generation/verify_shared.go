package generation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/muster-project/muster/internal/intel/catalog"
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
	for _, step := range []func(context.Context) error{v.organizations, v.feeds, v.catalogs, v.intelligence} {
		if err := step(ctx); errors.Is(err, store.ErrDamaged) {
			v.note(err)
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// feeds compares the raw files of every feed with what was imported.
func (v *verification) feeds(ctx context.Context) error {
	all, err := v.store.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Path == "" {
			continue
		}
		if err := v.pace(ctx, f.Bytes); err != nil {
			return err
		}
		bytes, sum, err := sizeAndHash(ctx, v.path(f.Path))
		if err == nil && (bytes != f.Bytes || sum != f.SHA256) {
			err = fmt.Errorf("%d bytes with SHA-256 %s, must be %d with %s", bytes, sum, f.Bytes, f.SHA256)
		}
		v.count(1, bytes)
		if err == nil {
			continue
		}
		if now, again := v.store.Feed(ctx, f.Kind, f.Name); again == nil && now.Path == f.Path { // not replaced meanwhile
			v.note(fmt.Errorf("feed %q of kind %q is damaged, import it again: %q: %w", f.Name, f.Kind, f.Path, err))
		}
	}
	return nil
}

// catalogs compares the files of catalogs with their ids.
func (v *verification) catalogs(ctx context.Context) error {
	all, err := v.listCatalogs(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		id, bytes, err := catalog.Identify(v.path(c.Path))
		if err == nil && id != c.ID {
			err = fmt.Errorf("it is catalog %q", id)
		}
		v.count(1, bytes)
		if pacing := v.pace(ctx, bytes); pacing != nil {
			return pacing
		}
		if err == nil {
			continue
		}
		if now, again := v.listCatalogs(ctx); again == nil && hasCatalog(now, c.ID) {
			v.note(fmt.Errorf("catalog %q is damaged, import or fetch a feed again: %q: %w", c.ID, c.Path, err))
		}
	}
	return nil
}

func hasCatalog(all []store.Catalog, id string) bool {
	for _, c := range all {
		if c.ID == id {
			return true
		}
	}
	return false
}

// listCatalogs lists the current catalog and those before it.
func (v *verification) listCatalogs(ctx context.Context) ([]store.Catalog, error) {
	all, err := v.store.OldCatalogs(ctx)
	if err != nil {
		return nil, err
	}
	current, err := v.store.Catalog(ctx)
	if isNotFound(err) {
		return all, nil
	}
	return append(all, current), err
}

// intelligence tells of folders of feeds and of catalogs that nothing names. It
// is left out while feeds change.
func (v *verification) intelligence(ctx context.Context) error {
	if !v.building.TryLock() {
		return nil
	}
	defer v.building.Unlock()
	named := map[string]bool{}
	known, err := v.store.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, f := range known {
		named[filepath.ToSlash(f.Path)] = true
	}
	catalogs, err := v.listCatalogs(ctx)
	if err != nil {
		return err
	}
	for _, c := range catalogs {
		named[filepath.ToSlash(c.Path)] = true
	}
	for _, pattern := range []string{feedFolder + "/*/*", catalogFolder + "/*"} {
		there, err := fs.Glob(os.DirFS(v.folder), pattern)
		if err != nil {
			return err
		}
		for _, name := range there {
			if !named[path.Clean(name)] {
				v.unknown(name)
			}
		}
	}
	return nil
}
