package library

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store"
)

// catalogFolder holds the built catalogs, below the data folder.
const catalogFolder = "catalog"

// Current returns the catalog that the next generation uses; an empty
// one before any was built.
func (l *Library) Current(ctx context.Context) (*catalog.Catalog, error) {
	known, err := l.store.Catalog(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return catalog.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	l.catalogs.Lock()
	defer l.catalogs.Unlock()
	if l.current == nil || l.current.ID() != known.ID {
		if l.current, err = l.openCatalog(known); err != nil {
			return nil, err
		}
	}
	return l.current, nil
}

// ErrGone says that a catalog is kept no more.
var ErrGone = errors.New("catalog is gone")

// ByID opens a catalog that a generation has pinned.
func (l *Library) ByID(ctx context.Context, id string) (*catalog.Catalog, error) {
	if id == catalog.Empty().ID() {
		return catalog.Empty(), nil
	}
	old, err := l.store.OldCatalogs(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range old {
		if c.ID == id {
			return l.openCatalog(c)
		}
	}
	return nil, fmt.Errorf("opening catalog %q: %w", id, ErrGone)
}

func (l *Library) openCatalog(c store.Catalog) (*catalog.Catalog, error) {
	opened, err := catalog.Open(l.path(c.Path))
	if err != nil {
		return nil, fmt.Errorf("opening catalog %q: %w", c.ID, err)
	}
	return opened, nil
}

// aliasFile, below the data folder, is the operator's own table of software
// titles in the form of the catalog's alias.txt. It need not be there.
const aliasFile = "aliases.txt"

// maxAliases bounds that file, in bytes.
const maxAliases = 16 << 20

// buildCatalog makes a catalog from all feeds and makes it the current one. The
// caller holds l.building.
func (l *Library) buildCatalog(ctx context.Context) (catalog.Summary, error) {
	builder, err := l.readFeeds(ctx)
	if err != nil {
		return catalog.Summary{}, err
	}
	name := filepath.Join(catalogFolder, l.newID())
	built, err := l.writeCatalog(ctx, name, builder)
	if err != nil {
		return catalog.Summary{}, err
	}
	summary := built.Summary()
	text, err := json.Marshal(summary)
	if err != nil {
		return summary, fmt.Errorf("describing catalog: %w", err)
	}
	if err := l.replaceCatalog(ctx, built.ID(), name, string(text)); err != nil {
		return summary, err
	}
	return summary, l.removeOldCatalogs(ctx)
}

// readFeeds puts the records of all feeds into a builder.
func (l *Library) readFeeds(ctx context.Context) (*catalog.Builder, error) {
	overrides, err := l.aliases()
	if err != nil {
		return nil, err
	}
	builder, err := catalog.NewBuilder(catalog.Config{Overrides: overrides})
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", aliasFile, err)
	}
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range known {
		if _, err := l.parseFeed(ctx, f, builder); err != nil {
			return nil, err
		}
	}
	return builder, nil
}

func (l *Library) aliases() (string, error) {
	file, err := os.Open(l.path(aliasFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("opening the table of aliases: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAliases))
	if err != nil {
		return "", fmt.Errorf("reading the table of aliases: %w", err)
	}
	return string(text), nil
}

// replaceCatalog makes the file of that name the current catalog. One with the
// same content stays.
func (l *Library) replaceCatalog(ctx context.Context, id, name, summary string) error {
	known, err := l.store.Catalog(ctx)
	if err == nil && known.ID == id {
		return os.Remove(l.path(name))
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return l.store.SetCatalog(ctx, id, name, summary, l.clock())
}

// writeCatalog makes the catalog durable and opens it again, so that none is
// made current that cannot be read.
func (l *Library) writeCatalog(ctx context.Context, name string, builder *catalog.Builder) (*catalog.Catalog, error) {
	path := l.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making folder of catalogs: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making catalog: %w", err)
	}
	buf := bufio.NewWriterSize(untilDone{ctx: ctx, out: file}, 1<<20)
	if _, err = builder.Write(buf); err == nil {
		err = errors.Join(buf.Flush(), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("writing catalog %q: %w", path, err), os.Remove(path))
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return catalog.Open(path)
}

// removeOldCatalogs removes the catalogs that neither the next generation nor
// a running one uses.
func (l *Library) removeOldCatalogs(ctx context.Context) error {
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
		if err := os.Remove(l.path(c.Path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing catalog %q: %w", c.ID, err)
		}
		if err := l.store.ForgetCatalog(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (l *Library) pinnedCatalogs(ctx context.Context) (map[string]bool, error) {
	organizations, err := l.store.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, o := range organizations {
		newest, err := l.store.Generations(ctx, o.ID, 1)
		if err != nil {
			return nil, err
		}
		if len(newest) == 0 || newest[0].State != store.Running {
			continue
		}
		var pinned struct {
			Catalog string `json:"catalog"`
		}
		if err := json.Unmarshal(newest[0].Pin, &pinned); err != nil {
			return nil, fmt.Errorf("reading what generation %d has pinned: %w", newest[0].Number, err)
		}
		ids[pinned.Catalog] = true
	}
	return ids, nil
}
