package database

import (
	"context"
	"errors"
	"fmt"
)

// Open opens the database; it creates it or brings its schema up to date if needed. A schema newer
// than this program's is ErrNewer, and visible damage is ErrDamaged; neither database is touched.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	db := &DB{logger: cfg.Logger, tell: cfg.Tell, now: cfg.Clock, path: cfg.Path}
	if err := db.open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("opening database %q: %w", cfg.Path, Explain(err)), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, cfg Config) (err error) {
	if cfg.AcceptLog {
		if err := setAside(cfg.Path); err != nil {
			return err
		}
	}
	if cfg.Path != "" {
		if err := inspect(cfg.Path, cfg.Existing, cfg.AcceptLog); err != nil {
			return err
		}
	}
	if cfg.Path != "" {
		if err := markMoving(cfg.Path); err != nil {
			db.logger.WarnContext(ctx, "marking the database's log as its own failed", "error", err)
		}
	}
	if db.writer, err = openWriter(ctx, cfg); err != nil {
		return err
	}
	if err = db.migrate(ctx, cfg.Existing); err != nil {
		return err
	}
	if err = db.checksums(ctx, cfg.Existing); err != nil {
		return err
	}
	if err = db.emptyLog(ctx); err != nil {
		return err
	}
	if err = db.needLog(ctx); err != nil {
		return err
	}
	db.reader, err = openReader(ctx, cfg)
	return err
}

// emptyLog moves the log left by the process before into the database. A kill in the middle leaves
// pages half written, which the log has whole. Afterwards every page of the file matches its
// checksum.
func (db *DB) emptyLog(ctx context.Context) error {
	_, err := db.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(full)`)
	if err = Explain(err); errors.Is(err, ErrFull) {
		db.logger.WarnContext(ctx, "moving the log into the database failed", "error", err)
		return nil
	}
	return err
}

// needLog writes something, so that there is a log, and then marks that it must not be lost. On a
// full disk that waits for the next start.
func (db *DB) needLog(ctx context.Context) error {
	_, err := db.Exec(ctx, `UPDATE schema_step SET version = version WHERE version = 1`)
	if err == nil {
		err = markOpen(db.path)
	}
	if err != nil {
		db.logger.WarnContext(ctx, "marking the database's log as needed failed: its loss would not be noticed", "error",
			err)
	}
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return nil
}
