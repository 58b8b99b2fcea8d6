package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// migrationLock is the number of the lock under which steps of the schema are taken.
const migrationLock = 0x6d7573746572 // "muster"

// firstPatience is how long an open waits for a server that does not answer.
const firstPatience = 5 * time.Second

// foundation is what the schema and the statements stand on here. SQLite has the type, and gets the
// functions by defineLocks.
const foundation = `
CREATE DOMAIN blob AS bytea;
CREATE FUNCTION lock_alone(name text) RETURNS boolean LANGUAGE sql VOLATILE AS
	$$ SELECT TRUE FROM pg_advisory_xact_lock(hashtextextended(name, 0)) $$;
CREATE FUNCTION lock_shared(name text) RETURNS boolean LANGUAGE sql VOLATILE AS
	$$ SELECT TRUE FROM pg_advisory_xact_lock_shared(hashtextextended(name, 0)) $$;
` + schemaTable

// migrate takes the steps that an older schema lacks, each in a transaction of its own, under a lock that
// keeps others from doing the same. It refuses a newer schema without touching it (law 7), and a database that
// is being filled, unless the caller fills it.
func (p *postgres) migrate(ctx context.Context, cfg Config, fills bool) error {
	steps, err := schemaSteps()
	if err != nil {
		return err
	}
	// A step waits for a short time only for readers of the table that it changes, since others wait for
	// it, but may itself take long.
	db := connector{config: p.config, patience: firstPatience}.pool(1, settings("statement_timeout", "0", "lock_timeout", "5s"))
	defer db.Close()
	have, err := postgresUsable(ctx, db, fills)
	if err == nil && have < 0 && cfg.Existing {
		err = noSchema()
	}
	if err == nil {
		err = refuseNewer(have, len(steps))
	}
	if err != nil {
		return err
	}
	if 0 <= have && have < len(steps) {
		p.tell(upgrading)
	}
	for have < len(steps) && err == nil {
		have, err = p.takeStep(ctx, db, steps, fills)
	}
	return err
}

// postgresVersion is the number of steps taken; -1 if there is no schema. filling tells whether a move that
// has not ended fills the database.
func postgresVersion(ctx context.Context, db queryer) (version int, filling bool, err error) {
	var exists bool
	// Not to_regclass: it may answer from what the connection knew before it waited for the lock.
	const there = `EXISTS (SELECT 1 FROM pg_tables WHERE tablename = $1 AND schemaname = current_schema())`
	err = db.QueryRowContext(ctx, `SELECT `+there+`, `+strings.ReplaceAll(there, "$1", "$2"), "schema_step", "filling").
		Scan(&exists, &filling)
	if err == nil && !exists {
		return -1, false, nil
	}
	if err == nil {
		err = db.QueryRowContext(ctx, takenSteps).Scan(&version)
	}
	return version, filling, err
}

// postgresUsable is postgresVersion for one who fills the database, or does not work on one that is being filled.
func postgresUsable(ctx context.Context, db queryer, fills bool) (version int, err error) {
	version, filling, err := postgresVersion(ctx, db)
	if err == nil && filling && !fills {
		err = ErrFilling
	}
	return version, err
}

// queryer is a database or a transaction.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// takeStep takes the next step, or the foundation before the first one, and returns how many are taken.
func (p *postgres) takeStep(ctx context.Context, db *sql.DB, steps []string, fills bool) (have int, err error) {
	var tries tries
	for {
		if have, err = takeStep(ctx, db, steps, fills); err == nil || !tries.again(ctx, p.failure(err)) {
			return have, err
		}
	}
}

func takeStep(ctx context.Context, db *sql.DB, steps []string, fills bool) (have int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() // a no-op after Commit
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
		return 0, err
	}
	have, err = postgresUsable(ctx, tx, fills)
	switch {
	case err != nil || have >= len(steps): // another program was faster
		return have, err
	case have < 0:
		_, err = tx.ExecContext(ctx, foundation)
	default:
		err = takeNext(ctx, tx, have+1, steps[have])
	}
	if err != nil {
		return 0, fmt.Errorf("bringing the schema to version %d: %w", have+1, err)
	}
	return have + 1, tx.Commit()
}

func takeNext(ctx context.Context, tx *sql.Tx, version int, path string) error {
	text, err := migrations.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO schema_step (version) VALUES ($1)`, version); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, translated(string(text)))
	return err
}

// translated returns the text of a step for PostgreSQL. Texts compare by their bytes, as they do in SQLite:
// the order of rows, and so of pages, depends neither on the server's language nor on the version of its
// libraries. A released step named a column by a word that is reserved here.
func translated(schema string) string {
	schema = regexp.MustCompile(`--.*`).ReplaceAllString(schema, "")
	schema = strings.ReplaceAll(schema, "ADD COLUMN placing", `ADD COLUMN "placing"`)
	return regexp.MustCompile(`\bTEXT\b`).ReplaceAllString(schema, `TEXT COLLATE "C"`)
}
