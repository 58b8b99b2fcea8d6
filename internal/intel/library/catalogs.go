package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/publication"
)

// errNoTable says that a table of a catalog is missing or cannot be read.
var errNoTable = errors.New("a table is missing")

// openCatalog opens a catalog with its tables.
func (l *shelf) openCatalog(ctx context.Context, c intelligence.Catalog) (*catalog.Catalog, error) {
	named, err := l.store.CatalogTables(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	folder, name := l.lying(ctx, c.Path)
	opened, err := catalog.Open(folder, name, func(id string) (*table.Table, error) {
		for _, t := range named {
			if t.ID == id {
				opened, err := l.openTable(ctx, t)
				if canCompile(err) {
					err = fmt.Errorf("%w: %w", errNoTable, err)
				}
				return opened, err
			}
		}
		return nil, errNoTable
	})
	if err = damage(err); err != nil {
		return nil, fmt.Errorf("opening catalog %q: %w", c.ID, err)
	}
	return opened, nil
}

// maxAliases bounds that file, in bytes.
const maxAliases = 16 << 20

// merge makes the catalog of all feeds the current one, and returns its id and a summary. The
// caller holds l.building.
func (l *shelf) merge(ctx context.Context) (id string, summary counts.Catalog, err error) {
	overrides, err := l.aliases(ctx)
	if err != nil {
		return "", summary, err
	}
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return "", summary, err
	}
	var sources []catalog.Source
	var tables []intelligence.Table
	for _, f := range known {
		compiled, named, err := l.tableOf(ctx, f)
		if err != nil {
			return "", summary, err
		}
		sources, tables = append(sources, catalog.Source{Name: f.Name, Table: compiled}), append(tables, named)
	}
	merged, err := catalog.Merge(catalog.Config{Overrides: overrides}, sources)
	if _, bad := alias.Parse(overrides); bad != nil && err != nil {
		err = fmt.Errorf("reading %q: %w", aliasFile, err)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return "", summary, err
	}
	if err := l.replace(ctx, merged, sources, tables); err != nil {
		return "", summary, err
	}
	return merged.ID(), merged.Summary(), l.removeOldCatalogs(ctx)
}

// replace makes a catalog durable and current. It opens it first, so that no unreadable catalog
// becomes current. A current catalog with the same content stays.
func (l *shelf) replace(ctx context.Context, merged *catalog.Catalog, sources []catalog.Source,
	tables []intelligence.Table) (failed error) {
	before, err := l.store.Catalog(ctx)
	if err == nil && before.ID == merged.ID() {
		if l.sound(ctx, before) {
			return nil
		}
	} else if err != nil && !errors.Is(err, database.ErrNotFound) {
		return err
	}
	name, err := l.newFile(ctx, catalogFolder)
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, l.made(ctx, name)) }()
	if err := l.writeFile(ctx, name, merged.WriteFile); err != nil {
		return err
	}
	folder, base := l.lying(ctx, name)
	opened, err := catalog.Open(folder, base, func(id string) (*table.Table, error) {
		for _, s := range sources {
			if s.Table.ID() == id {
				return s.Table, nil
			}
		}
		return nil, fmt.Errorf("table %q: %w", id, fs.ErrNotExist)
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(merged.Summary())
	if err != nil {
		return fmt.Errorf("encoding the catalog's summary: %w", err)
	}
	l.trace("set catalog")
	err = l.store.SetCatalog(ctx, intelligence.Catalog{ID: merged.ID(), Path: name, Summary: string(text),
		Built: l.clock()}, tables)
	if err != nil {
		return err
	}
	l.hold(opened, sources)
	return nil
}

// sound reports whether a stored catalog opens.
func (l *shelf) sound(ctx context.Context, c intelligence.Catalog) bool {
	_, err := l.openCatalog(ctx, c)
	return err == nil
}

// hold keeps the current catalog and its tables; the next catalog will share most of them.
func (l *shelf) hold(current *catalog.Catalog, sources []catalog.Source) {
	l.catalogs.Lock()
	defer l.catalogs.Unlock()
	l.current, l.tables = current, map[string]*table.Table{}
	for _, s := range sources {
		l.tables[s.Table.ID()] = s.Table
	}
}

func (l *shelf) aliases(ctx context.Context) (string, error) {
	file, err := l.openAliases(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("opening the alias table: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAliases))
	if err != nil {
		return "", fmt.Errorf("reading the alias table: %w", err)
	}
	return string(text), nil
}

// removeOldCatalogs removes the catalogs that neither the next generation nor a running one uses.
func (l *shelf) removeOldCatalogs(ctx context.Context) error {
	pinned, err := l.pinnedCatalogs(ctx)
	if err != nil {
		return err
	}
	old, err := l.store.OldCatalogs(ctx)
	if err != nil {
		return err
	}
	for _, c := range old {
		if pinned[c.ID] {
			continue
		}
		if err := l.store.EnterFile(ctx, c.Path); err != nil { // one of an older program may not be
			return err
		}
		l.trace("forget catalog")
		if err := l.store.ForgetCatalog(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (l *shelf) pinnedCatalogs(ctx context.Context) (map[string]bool, error) {
	organizations, err := l.organizations.All(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, o := range organizations {
		newest, err := l.published.Generations(ctx, o.ID, 1)
		if err != nil {
			return nil, err
		}
		if len(newest) == 0 || newest[0].State != publication.Running {
			continue
		}
		var pinned struct {
			Catalog string `json:"catalog"`
		}
		if err := json.Unmarshal(newest[0].Pin, &pinned); err != nil {
			return nil, fmt.Errorf("reading the pin of generation %d: %w", newest[0].Number, err)
		}
		ids[pinned.Catalog] = true
	}
	return ids, nil
}
