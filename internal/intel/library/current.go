package library

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Current returns the catalog that the next generation uses; an empty one before
// any was built. It waits for a build that was asked for, so that a feed which was
// acknowledged is in the first generation begun after. If that build fails it is
// the catalog before.
func (l *Library) Current(ctx context.Context) (*catalog.Catalog, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	c, err := l.openCurrent(ctx)
	switch {
	case errors.Is(err, catalog.ErrOlder):
		l.tell("catalog of an older program: feeds are compiled anew, once, after an upgrade")
	case errors.Is(err, errNoTable):
		l.tell(fmt.Sprintf("a table is compiled anew: %v", err))
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
			return l.openCurrent(ctx) // it was replaced meanwhile
		}
		return nil, err
	}
	l.hold(opened, opened.Sources())
	return opened, nil
}

// ErrGone says that a catalog is kept no more, or is of an older program.
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
			opened, err := l.openCatalog(ctx, c)
			if errors.Is(err, catalog.ErrOlder) || errors.Is(err, errNoTable) {
				err = fmt.Errorf("%w: %w", ErrGone, err)
			}
			return opened, err
		}
	}
	return nil, fmt.Errorf("opening catalog %q: %w", id, ErrGone)
}
