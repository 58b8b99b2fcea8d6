package database

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// migrations holds schema/NNNN.sql: the step from version NNNN-1 to NNNN. A released step is never
// edited; a change of the schema is a new step.
//
//go:embed schema/*.sql
var migrations embed.FS

// migrate brings an older schema up to date, one step a transaction, and refuses a newer one
// without touching it (law 7). An existing database must have a schema; one without it is damaged.
func (s *DB) migrate(ctx context.Context, existing bool) error {
	db := s.writer
	steps, err := fs.Glob(migrations, "schema/*.sql")
	if err != nil {
		return err
	}
	if existing {
		if err := requireSchema(ctx, db); err != nil {
			return err
		}
	}
	have, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("%w: its schema is version %d, this program knows up to %d: use a newer muster",
			ErrNewer, have, len(steps))
	}
	if existing && have < len(steps) {
		s.tell("upgrading the database; this happens once after an upgrade of the program")
	}
	for version := have + 1; version <= len(steps); version++ {
		if err := migrateTo(ctx, db, version, steps[version-1]); err != nil {
			return fmt.Errorf("bringing the schema to version %d: %w", version, err)
		}
	}
	return nil
}

// requireSchema refuses a database without muster's tables.
func requireSchema(ctx context.Context, db *sql.DB) error {
	var tables int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name IN ('schema_step', 'organization')`).Scan(&tables)
	if err == nil && tables != 2 {
		err = Damaged("it has no schema")
	}
	return err
}

// schemaVersion is the number of steps taken; 0 for a new database.
func schemaVersion(ctx context.Context, db *sql.DB) (version int, err error) {
	const table = `CREATE TABLE IF NOT EXISTS schema_step (version BIGINT NOT NULL PRIMARY KEY)`
	if _, err := db.ExecContext(ctx, table); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_step`).Scan(&version)
	return version, err
}

// migrateTo takes one step. If two programs start at once, the second fails on the step's key and
// changes nothing.
func migrateTo(ctx context.Context, db *sql.DB, version int, path string) error {
	text, err := migrations.ReadFile(path)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // a no-op after Commit
	if _, err := tx.ExecContext(ctx, `INSERT INTO schema_step (version) VALUES ($1)`, version); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	return tx.Commit()
}
