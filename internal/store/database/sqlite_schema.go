package database

import (
	"context"
	"database/sql"
	"fmt"
)

// migrate brings an older schema up to date, one step a transaction, and refuses a newer one
// without touching it (law 7). An existing database must have a schema; one without it is damaged.
func (s *sqlite) migrate(ctx context.Context, existing bool) error {
	db := s.writer
	steps, err := schemaSteps()
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
	if err := refuseNewer(have, len(steps)); err != nil {
		return err
	}
	if existing && have < len(steps) {
		s.tell(upgrading)
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
		err = noSchema()
	}
	return err
}

// schemaVersion is the number of steps taken; 0 for a new database.
func schemaVersion(ctx context.Context, db *sql.DB) (version int, err error) {
	if _, err := db.ExecContext(ctx, schemaTable); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, takenSteps).Scan(&version)
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
