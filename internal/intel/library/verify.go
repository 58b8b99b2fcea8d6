package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Verifier sets the speed of Verify and receives its results. All fields are required.
type Verifier struct {
	// Pace is called before or after bytes are read, with their number, and may wait.
	Pace func(ctx context.Context, bytes int64) error
	// Count is called with what was read.
	Count func(files int, bytes int64)
	// Note is called with a problem.
	Note func(problem error)
	// Unknown is called with the name of a file or folder that nothing names.
	Unknown func(name string)
}

// verification is a running Verify.
type verification struct {
	Verifier
	library *Library
}

// Verify checks the files of feeds and catalogs, and reports those that nothing names. It
// continues after a problem, but not after an error, for example of a damaged database.
func (l *Library) Verify(ctx context.Context, how Verifier) error {
	v := &verification{how, l}
	for _, step := range []func(context.Context) error{v.feeds, v.tables, v.catalogs, v.unnamed} {
		if err := step(ctx); errors.Is(err, database.ErrDamaged) {
			v.Note(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// feeds compares the raw files of every feed with what was imported.
func (v *verification) feeds(ctx context.Context) error {
	all, err := v.library.store.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Path == "" {
			continue
		}
		if err := v.Pace(ctx, f.Bytes); err != nil {
			return err
		}
		bytes, sum, err := v.library.describe(ctx, f.Path)
		if err == nil && (bytes != f.Bytes || sum != f.SHA256) {
			err = fmt.Errorf("%d bytes with SHA-256 %s, want %d with %s", bytes, sum, f.Bytes, f.SHA256)
		}
		v.Count(1, bytes)
		if err == nil {
			continue
		}
		if now, again := v.library.store.Feed(ctx, f.Kind, f.Name); again == nil &&
			now.Path == f.Path { // not replaced meanwhile
			v.Note(fmt.Errorf("feed %q of kind %q is damaged, import it again: %q: %w", f.Name, f.Kind, f.Path, err))
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
		idOf := func(folder fs.FS, name string) (string, int64, error) { return catalog.Identify(folder, name, c.ID) }
		problem, err := v.identify(ctx, "catalog", c.Path, c.ID, idOf)
		if err != nil {
			return err
		}
		if problem == nil {
			continue
		}
		isListed := func(other intelligence.Catalog) bool { return other.ID == c.ID }
		if now, again := v.listCatalogs(ctx); again == nil && slices.ContainsFunc(now, isListed) {
			v.Note(fmt.Errorf("catalog %q is damaged, import or fetch a feed again: %q: %w", c.ID, c.Path, problem))
		}
	}
	return nil
}

// identify compares a file of a kind with its id, and returns the problem, if any.
func (v *verification) identify(ctx context.Context, kind, path, id string,
	idOf func(fs.FS, string) (string, int64, error)) (problem, err error) {
	folder, name := v.library.lying(ctx, path)
	found, bytes, problem := idOf(folder, name)
	if problem == nil && found != id {
		problem = fmt.Errorf("it contains %s %q", kind, found)
	}
	v.Count(1, bytes)
	return problem, v.Pace(ctx, bytes)
}

// listCatalogs lists the current and the older catalogs.
func (v *verification) listCatalogs(ctx context.Context) ([]intelligence.Catalog, error) {
	all, err := v.library.store.OldCatalogs(ctx)
	if err != nil {
		return nil, err
	}
	current, err := v.library.store.Catalog(ctx)
	if errors.Is(err, database.ErrNotFound) {
		return all, nil
	}
	return append(all, current), err
}

// tables compares the files of tables with their ids.
func (v *verification) tables(ctx context.Context) error {
	all, err := v.listTables(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		problem, err := v.identify(ctx, "table", t.Path, t.ID, table.Identify)
		if err != nil {
			return err
		}
		if problem == nil {
			continue
		}
		if now, again := v.listTables(ctx); again == nil && slices.Contains(now, t) {
			v.Note(fmt.Errorf("table %q is damaged, import or fetch its feed again: %q: %w", t.ID, t.Path, problem))
		}
	}
	return nil
}

// listTables lists the tables that feeds and catalogs name.
func (v *verification) listTables(ctx context.Context) ([]intelligence.Table, error) {
	all, err := v.library.store.CatalogTables(ctx, "")
	if err != nil {
		return nil, err
	}
	known, err := v.library.store.Feeds(ctx)
	for _, f := range known {
		if f.Table.Path != "" && !slices.Contains(all, f.Table) {
			all = append(all, f.Table)
		}
	}
	return all, err
}

// unnamed reports files and folders that the store does not know.
func (v *verification) unnamed(ctx context.Context) error {
	there, err := v.there(ctx)
	if err != nil {
		return err
	}
	named, err := v.named(ctx)
	if err != nil {
		return err
	}
	for _, name := range there {
		if named[name] {
			continue
		}
		if there, err := v.isThere(ctx, name); err != nil {
			return err
		} else if there { // still there
			v.Unknown(name)
		}
	}
	return nil
}

// there lists the files and folders of feeds, tables and catalogs.
func (v *verification) there(ctx context.Context) (names []string, err error) {
	kinds, err := v.library.blobs.Children(ctx, feedFolder+"/")
	folders := []string{tableFolder, catalogFolder}
	for _, kind := range kinds {
		folders = append(folders, feedFolder+"/"+kind)
	}
	for _, folder := range folders {
		found, more := v.library.blobs.Children(ctx, folder+"/")
		err = errors.Join(err, more)
		for _, name := range found {
			names = append(names, folder+"/"+name)
		}
	}
	return names, err
}

// isThere reports whether anything has a name.
func (v *verification) isThere(ctx context.Context, name string) (bool, error) {
	file, err := v.library.blobs.Open(ctx, name)
	if err == nil {
		return true, file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return true, nil // of whatever kind
	}
	for _, err := range v.library.blobs.List(ctx, name+"/") {
		return true, err
	}
	return false, nil
}

// named lists the names that the store knows.
func (v *verification) named(ctx context.Context) (map[string]bool, error) {
	named := map[string]bool{}
	entered, err := v.library.store.EnteredFiles(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range entered {
		named[key(name)] = true
	}
	known, err := v.library.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range known {
		named[key(f.Path)] = true
	}
	catalogs, err := v.listCatalogs(ctx)
	for _, c := range catalogs {
		named[key(c.Path)] = true
	}
	return named, err
}
