package database

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Open opens the database; it creates it or brings its schema up to date if needed. A schema newer
// than this program's is ErrNewer, and visible damage is ErrDamaged; neither database is touched.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	name, err := cfg.Name()
	if err != nil {
		return nil, err
	}
	db := &DB{logger: cfg.Logger, now: time.Now}
	if cfg.Clock != nil {
		db.now = cfg.Clock
	}
	if cfg.URL != "" {
		db.engine = newPostgres(cfg)
	} else {
		db.engine = newSQLite(cfg)
	}
	if db.pools, err = db.engine.open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("opening database %q: %w", name, Explain(err)), db.engine.close())
	}
	return db, nil
}

// Name names the database for people: the path, or the URL without user and password.
func (c Config) Name() (string, error) {
	switch {
	case c.Path != "" && c.URL != "":
		return "", errors.New("opening the database: a path and a URL are given: want one")
	case c.URL != "":
		return nameOf(c.URL)
	}
	return c.Path, nil
}
