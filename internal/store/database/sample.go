package database

import (
	"context"
	"errors"
	"fmt"
)

// Sample lets the database take samples of those tables that are more than twice as large as when it last
// did. A PostgreSQL server plans each statement for the tables it has samples of, and keeps the plan: to one
// that knows of empty tables alone, a first fleet would come by reading them whole. The server samples by
// itself, a minute later (autovacuum). On SQLite plans do not depend on samples.
func (db *DB) Sample(ctx context.Context, tables ...string) error {
	if err := db.engine.sample(ctx, tables); err != nil {
		return fmt.Errorf("sampling tables: %w", Explain(err))
	}
	return nil
}

func (*sqlite) sample(context.Context, []string) error { return nil }

// sample passes over tables that someone else samples or changes right now.
func (p *postgres) sample(ctx context.Context, tables []string) error {
	const outgrown = `
		SELECT pg_relation_size(oid) > 2 * greatest(relpages, 1) * CAST(current_setting('block_size') AS BIGINT)
		FROM pg_class WHERE oid = CAST(CAST($1 AS TEXT) AS regclass)`
	var failed []error
	for _, table := range tables {
		var is bool
		err := p.writer.QueryRowContext(ctx, outgrown, table).Scan(&is)
		if err == nil && is {
			_, err = p.writer.ExecContext(ctx, `ANALYZE (SKIP_LOCKED) `+table)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("table %q: %w", table, err))
		}
	}
	return errors.Join(failed...)
}
