package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Filling is a PostgreSQL database that is to have all rows of an SQLite database, which is moved. From
// BeginFilling until Fill has ended it has a table that says so, and Open refuses it.
type Filling struct {
	server *postgres
	pool   *sql.DB
	origin Origin
}

// Origin says what a database is filled with, so that an interrupted move is continued by nothing else.
type Origin struct {
	// Source identifies the data folder, Files the place that its files are copied to.
	Source, Files string
}

// Copied tells of one table that was copied.
type Copied struct {
	Table string
	Rows  int64
}

// fillingTable exists in a database while it is being filled. It has one row, the Origin.
const fillingTable = `CREATE TABLE filling (source TEXT NOT NULL, files TEXT NOT NULL)`

// fillingPool are the settings of connections that fill: copying a table takes as long as it takes. If
// the process that fills is gone, the server ends its transaction after a while.
func fillingPool() map[string]string {
	return settings("statement_timeout", "0", "idle_in_transaction_session_timeout", "10min")
}

// BeginFilling marks a database as one that is being filled, and makes its tables. The database must be
// empty, or be filled from the same source already. The error wraps ErrOccupied if it has an organization.
// fresh, unless it is nil, is called before a mark is set that names another origin than one of before; its
// error ends the beginning, and changes nothing.
func BeginFilling(ctx context.Context, cfg Config, origin Origin, fresh func() error) (*Filling, error) {
	cfg = cfg.withDefaults()
	name, err := cfg.Name()
	if err != nil {
		return nil, err
	}
	f := &Filling{server: newPostgres(cfg), origin: origin}
	if f.server.config, err = parseURL(cfg.URL); err != nil {
		return nil, err
	}
	first := connector{config: f.server.config, patience: firstPatience}.pool(1, fillingPool())
	err = errors.Join(f.mark(ctx, first, fresh), first.Close())
	if err == nil {
		err = f.server.migrate(ctx, cfg, true)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing database %q: %w", name, Explain(err))
	}
	// Only connections that are made now know the type blob.
	f.pool = connector{config: f.server.config, patience: patience}.pool(1, fillingPool())
	return f, nil
}

// Close ends the connections. It does not end the filling.
func (f *Filling) Close() error { return f.pool.Close() }

// mark sets the mark in one transaction, under the lock of those who make tables.
func (f *Filling) mark(ctx context.Context, db *sql.DB, fresh func() error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // a no-op after Commit
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
		return err
	}
	version, filling, err := postgresVersion(ctx, tx)
	switch {
	case err != nil:
		return err
	case filling:
		err = f.markAgain(ctx, tx, fresh)
	default:
		err = f.markFirst(ctx, tx, version, fresh)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// markFirst sets the mark in a database in which so many steps of the schema were taken.
func (f *Filling) markFirst(ctx context.Context, tx *sql.Tx, version int, fresh func() error) error {
	steps, err := schemaSteps()
	if err == nil {
		err = refuseNewer(version, len(steps))
	}
	if err == nil && version < 0 {
		_, err = tx.ExecContext(ctx, foundation)
	}
	if err == nil && version > 0 {
		err = refuseOccupied(ctx, tx)
	}
	if err == nil && fresh != nil {
		err = fresh()
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, fillingTable)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO filling (source, files) VALUES ($1, $2)`, f.origin.Source, f.origin.Files)
	}
	return err
}

// markAgain goes on with a mark that there is, if it is of the same source.
func (f *Filling) markAgain(ctx context.Context, tx *sql.Tx, fresh func() error) error {
	var before Origin
	if err := tx.QueryRowContext(ctx, `SELECT source, files FROM filling`).Scan(&before.Source, &before.Files); err != nil {
		return err
	}
	switch {
	case before.Source != f.origin.Source:
		return fmt.Errorf("%w: it is being filled from another data folder", ErrOccupied)
	case before.Files == f.origin.Files:
		return nil
	}
	if fresh != nil {
		if err := fresh(); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE filling SET files = $1`, f.origin.Files)
	return err
}

// refuseOccupied returns ErrOccupied if there is an organization, which every program makes first, and
// keeps others from making one.
func refuseOccupied(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `LOCK TABLE organization IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return err
	}
	var organizations int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM organization`).Scan(&organizations); err != nil {
		return err
	}
	if organizations > 0 {
		return fmt.Errorf("%w: there are %d", ErrOccupied, organizations)
	}
	return nil
}

// Fill copies every row of every table, as it is at one moment, and ends the filling, all in one
// transaction: what interrupts it leaves a database without rows that is being filled. change may change
// a row before it is stored; tell is called with the table and how many of its rows were copied.
func (f *Filling) Fill(ctx context.Context, from *DB, change func(table string, row map[string]any) error,
	tell func(table string, rows int64)) (all []Copied, err error) {
	conn, err := f.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("filling the database: %w", Explain(err))
	}
	defer conn.Close()
	err = from.Read(ctx, func(source *sql.Tx) error {
		return conn.Raw(func(driver any) error {
			target := driver.(connection).Conn.Conn() // of connector.pool
			c := copying{source: source, change: change, tell: tell}
			return pgx.BeginFunc(ctx, target, func(tx pgx.Tx) error {
				c.target = tx
				all, err = c.all(ctx, f.origin.Source)
				return err
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("filling the database: %w", Explain(err))
	}
	return all, nil
}

// copying is one transaction that fills a database.
type copying struct {
	source *sql.Tx
	target pgx.Tx
	change func(table string, row map[string]any) error
	tell   func(table string, rows int64)
}

func (c *copying) all(ctx context.Context, source string) (all []Copied, err error) {
	// This also waits for another process that is doing the same, and sees that it has ended.
	ended, err := c.target.Exec(ctx, `DELETE FROM filling WHERE source = $1`, source)
	if err != nil {
		return nil, err
	}
	if ended.RowsAffected() != 1 {
		return nil, errors.New("another process has ended the move meanwhile")
	}
	tables, err := c.tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		rows, err := c.table(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("copying table %q: %w", table, err)
		}
		all = append(all, Copied{table, rows})
	}
	_, err = c.target.Exec(ctx, `DROP TABLE filling`)
	return all, err
}

// tables lists the tables of the source, each after those that its rows refer to.
func (c *copying) tables(ctx context.Context) (ordered []string, err error) {
	rows, err := c.source.QueryContext(ctx, `
		SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_step' ORDER BY name`)
	names, err := Collect(rows, err, ScanText)
	if err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	for _, name := range names {
		rows, err := c.source.QueryContext(ctx, `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, name)
		if refers[name], err = Collect(rows, err, ScanText); err != nil {
			return nil, err
		}
	}
	for len(ordered) < len(names) {
		before := len(ordered)
		for _, name := range names {
			missing := func(other string) bool { return other != name && !slices.Contains(ordered, other) }
			if !slices.Contains(ordered, name) && !slices.ContainsFunc(refers[name], missing) {
				ordered = append(ordered, name)
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle: %q", names)
		}
	}
	return ordered, nil
}

// table copies one table, whose columns must be the same in both.
func (c *copying) table(ctx context.Context, table string) (rows int64, err error) {
	found, err := c.source.QueryContext(ctx, `SELECT name FROM pragma_table_info($1) ORDER BY name`, table)
	columns, err := Collect(found, err, ScanText)
	if err != nil {
		return 0, err
	}
	there, err := c.target.Query(ctx, `SELECT column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name COLLATE "C"`, table)
	if err != nil {
		return 0, err
	}
	types := map[string]string{}
	var own, kind string
	if _, err := pgx.ForEachRow(there, []any{&own, &kind}, func() error { types[own] = kind; return nil }); err != nil {
		return 0, err
	}
	for _, column := range columns {
		if types[column] == "" {
			return 0, fmt.Errorf("it has no column %q in the target", column)
		}
	}
	if len(types) != len(columns) {
		return 0, fmt.Errorf("it has %d columns, and %d in the target", len(columns), len(types))
	}
	return c.rows(ctx, table, columns, types)
}

func (c *copying) rows(ctx context.Context, table string, columns []string, types map[string]string) (int64, error) {
	list := ""
	for i, column := range columns {
		if i > 0 {
			list += ", "
		}
		list += pgx.Identifier{column}.Sanitize()
	}
	name := pgx.Identifier{table}.Sanitize()
	rows, err := c.source.QueryContext(ctx, `SELECT `+list+` FROM `+name)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	source := &copiedRows{Rows: rows, copying: c, table: table, columns: columns, types: types}
	copied, err := c.target.CopyFrom(ctx, pgx.Identifier{table}, columns, source)
	if failed := cmp.Or(source.failed, rows.Err()); failed != nil {
		return 0, failed // the server's error only says that there was one
	}
	if err != nil {
		return 0, err
	}
	c.tell(table, copied)
	var there int64
	if err := c.target.QueryRow(ctx, `SELECT count(*) FROM `+name).Scan(&there); err != nil {
		return 0, err
	}
	if there != copied {
		return 0, fmt.Errorf("%d rows were copied, but it has %d: another program has written to the database", copied, there)
	}
	_, err = c.target.Exec(ctx, `ANALYZE `+name) // plans of the first hours depend on it
	return copied, err
}

// copiedRows gives rows to COPY.
type copiedRows struct {
	*sql.Rows
	copying *copying
	table   string
	columns []string
	types   map[string]string
	done    int64
	failed  error // of Values
}

// tellEvery is after how many rows progress is told.
const tellEvery = 1000

// Values implements pgx.CopyFromSource.
func (r *copiedRows) Values() (values []any, err error) {
	values, err = r.values()
	r.failed = err
	return values, err
}

func (r *copiedRows) values() ([]any, error) {
	values, into := make([]any, len(r.columns)), make([]any, len(r.columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	row := map[string]any{}
	for i, column := range r.columns {
		row[column] = forPostgres(values[i], r.types[column])
	}
	if r.copying.change != nil {
		if err := r.copying.change(r.table, row); err != nil {
			return nil, err
		}
	}
	for i, column := range r.columns {
		values[i] = row[column]
	}
	if r.done++; r.done%tellEvery == 0 {
		r.copying.tell(r.table, r.done)
	}
	return values, nil
}

// forPostgres returns a value of SQLite as one of a type of PostgreSQL. SQLite has no type for a
// BOOLEAN, and does not keep texts and bytes apart.
func forPostgres(value any, kind string) any {
	switch v := value.(type) {
	case int64:
		if kind == "boolean" {
			return v != 0
		}
	case string:
		if kind == "bytea" {
			return []byte(v)
		}
		return storable(v)
	case []byte:
		if kind == "text" {
			return storable(string(v))
		}
	}
	return value
}
