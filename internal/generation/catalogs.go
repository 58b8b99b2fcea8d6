package generation

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

// CurrentCatalog returns the catalog that the next generation uses; an empty
// one before any was built.
func (p *Publisher) CurrentCatalog(ctx context.Context) (*catalog.Catalog, error) {
	known, err := p.store.Catalog(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return catalog.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	p.catalogs.Lock()
	defer p.catalogs.Unlock()
	if p.current == nil || p.current.ID() != known.ID {
		if p.current, err = p.openCatalog(known); err != nil {
			return nil, err
		}
	}
	return p.current, nil
}

// catalogByID opens a catalog that a generation has pinned.
func (p *Publisher) catalogByID(ctx context.Context, id string) (*catalog.Catalog, error) {
	if id == catalog.Empty().ID() {
		return catalog.Empty(), nil
	}
	old, err := p.store.OldCatalogs(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range old {
		if c.ID == id {
			return p.openCatalog(c)
		}
	}
	return nil, fmt.Errorf("catalog %q is gone: %w", id, errOutdated)
}

func (p *Publisher) openCatalog(c store.Catalog) (*catalog.Catalog, error) {
	opened, err := catalog.Open(p.path(c.Path))
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
// caller holds p.building.
func (p *Publisher) buildCatalog(ctx context.Context) (catalog.Summary, error) {
	builder, err := p.readFeeds(ctx)
	if err != nil {
		return catalog.Summary{}, err
	}
	name := filepath.Join(catalogFolder, p.newID())
	built, err := p.writeCatalog(ctx, name, builder)
	if err != nil {
		return catalog.Summary{}, err
	}
	summary := built.Summary()
	text, err := json.Marshal(summary)
	if err != nil {
		return summary, fmt.Errorf("describing catalog: %w", err)
	}
	if err := p.replaceCatalog(ctx, built.ID(), name, string(text)); err != nil {
		return summary, err
	}
	return summary, p.removeOldCatalogs(ctx)
}

// readFeeds puts the records of all feeds into a builder.
func (p *Publisher) readFeeds(ctx context.Context) (*catalog.Builder, error) {
	overrides, err := p.aliases()
	if err != nil {
		return nil, err
	}
	builder, err := catalog.NewBuilder(catalog.Config{Overrides: overrides})
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", aliasFile, err)
	}
	known, err := p.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range known {
		if _, err := p.parseFeed(ctx, f, builder); err != nil {
			return nil, err
		}
	}
	return builder, nil
}

func (p *Publisher) aliases() (string, error) {
	file, err := os.Open(p.path(aliasFile))
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
func (p *Publisher) replaceCatalog(ctx context.Context, id, name, summary string) error {
	known, err := p.store.Catalog(ctx)
	if err == nil && known.ID == id {
		return os.Remove(p.path(name))
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return p.store.SetCatalog(ctx, id, name, summary, p.clock())
}

// writeCatalog makes the catalog durable and opens it again, so that none is
// made current that cannot be read.
func (p *Publisher) writeCatalog(ctx context.Context, name string, builder *catalog.Builder) (*catalog.Catalog, error) {
	path := p.path(name)
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
func (p *Publisher) removeOldCatalogs(ctx context.Context) error {
	pinned, err := p.pinnedCatalogs(ctx)
	if err != nil {
		return err
	}
	old, err := p.store.OldCatalogs(ctx)
	if err != nil {
		return err
	}
	for _, c := range old {
		if pinned[c.ID] {
			continue
		}
		if err := os.Remove(p.path(c.Path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing catalog %q: %w", c.ID, err)
		}
		if err := p.store.ForgetCatalog(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (p *Publisher) pinnedCatalogs(ctx context.Context) (map[string]bool, error) {
	organizations, err := p.store.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, o := range organizations {
		newest, err := p.store.Generations(ctx, o.ID, 1)
		if err != nil {
			return nil, err
		}
		if len(newest) == 0 || newest[0].State != store.Running {
			continue
		}
		var pinned pin
		if err := json.Unmarshal(newest[0].Pin, &pinned); err != nil {
			return nil, fmt.Errorf("reading what generation %d has pinned: %w", newest[0].Number, err)
		}
		ids[pinned.Catalog] = true
	}
	return ids, nil
}
