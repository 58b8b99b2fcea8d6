package library

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Current returns the catalog for the next generation; an empty one before the first build. It
// waits for builds that were asked for, so that an acknowledged feed is in the first generation
// that begins afterwards. If such a build fails, it returns the catalog before.
func (l *Library) Current(ctx context.Context) (*catalog.Catalog, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	c, err := l.openCurrent(ctx)
	switch {
	case errors.Is(err, catalog.ErrOlder):
		l.tell("the catalog was made by an older program: compiling all feeds anew; this happens once after an upgrade")
	case errors.Is(err, errNoTable):
		l.tell(fmt.Sprintf("compiling a table anew: %v", err))
	default:
		return c, err
	}
	built, err := l.rebuild(ctx)
	if err == nil && built.State == intelligence.BuildFailed {
		err = fmt.Errorf("building the catalog anew: %s", built.Failure)
	}
	if err != nil {
		return nil, err
	}
	return l.openCurrent(ctx)
}

func (l *shelf) openCurrent(ctx context.Context) (*catalog.Catalog, error) {
	known, err := l.store.Catalog(ctx)
	if errors.Is(err, database.ErrNotFound) {
		return catalog.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	l.catalogs.Lock()
	held := l.current
	l.catalogs.Unlock()
	if held != nil && held.ID() == known.ID {
		return held, nil
	}
	opened, err := l.openCatalog(ctx, known)
	if err != nil {
		if now, again := l.store.Catalog(ctx); again == nil && now.ID != known.ID {
			return l.openCurrent(ctx) // replaced meanwhile
		}
		return nil, err
	}
	l.hold(opened, opened.Sources())
	return opened, nil
}

// ErrGone says that a catalog is no longer kept, or was made by an older program.
var ErrGone = errors.New("the catalog is gone")

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
			opened, err := l.openCatalog(ctx, c)
			if errors.Is(err, catalog.ErrOlder) || errors.Is(err, errNoTable) {
				err = fmt.Errorf("%w: %w", ErrGone, err)
			}
			return opened, err
		}
	}
	return nil, fmt.Errorf("opening catalog %q: %w", id, ErrGone)
}

// Newest returns the catalog as it is, an empty one before the first build: it waits for no build and
// begins none.
func (l *shelf) Newest(ctx context.Context) (*catalog.Catalog, error) { return l.openCurrent(ctx) }

// Answers returns why the current catalog cannot be read now, for health checks. One that is damaged, gone
// or an older program's answers: Verify names it, and what needs it makes it anew.
func (l *shelf) Answers(ctx context.Context) error {
	known, err := l.store.Catalog(ctx)
	if errors.Is(err, database.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	folder, name := l.lying(ctx, known.Path)
	if err := damage(catalog.Readable(folder, name)); err != nil && !canCompile(err) {
		return err
	}
	return nil
}
