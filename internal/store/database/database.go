package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	pools
	engine engine
	logger *slog.Logger
	now    func() time.Time
}

// Close ends all connections.
func (db *DB) Close() error { return db.engine.close() }

// Check reads the whole database and calls fault for each fault it finds. pace is called with the
// number of bytes about to be read; its error ends the check.
//
// Of an SQLite file it reads every page and compares its checksum, then SQLite itself checks tables
// and indexes, constraints and foreign keys. A PostgreSQL server is asked what it found; what it does
// not check is in Checked.Not.
func (db *DB) Check(ctx context.Context, pace func(context.Context, int64) error, fault func(error)) (Checked, error) {
	checked, err := db.engine.check(ctx, pace, fault)
	if err != nil {
		return checked, fmt.Errorf("checking database: %w", Explain(err))
	}
	return checked, nil
}

// Ping says whether the database answers a read.
func (db *DB) Ping(ctx context.Context) error {
	var n int
	if err := db.reader.QueryRowContext(ctx, `SELECT count(*) FROM organization`).Scan(&n); err != nil {
		return fmt.Errorf("asking the database: %w", Explain(err))
	}
	return nil
}

// Reader returns the connections for reading. Each statement sees one consistent view, and none
// can write.
func (db *DB) Reader() *sql.DB { return db.reader }

// Server returns the connections to a PostgreSQL server, nil on SQLite. They are for a library that keeps
// tables of its own beside muster's.
func (db *DB) Server() *sql.DB {
	if db.beside == nil {
		return nil
	}
	return db.writer
}

// Logger gets what is not returned to a caller.
func (db *DB) Logger() *slog.Logger { return db.logger }

// Now reads the process's clock, for measuring how long something takes.
func (db *DB) Now() time.Time { return db.now() }

// Reading reads the database's clock, which is the same for all processes that use it. On SQLite it is
// the process's.
func (db *DB) Reading(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	return db.engine.reading(ctx, tx)
}

// Write runs f in one transaction: all of it is durable if Write returns nil, and none of it is
// stored otherwise, with one exception: after ErrUnknown it may be. A transaction that was in the way
// of others, or lost its connection before it was committed, runs again, and f with it.
//
// On PostgreSQL other transactions write at the same time, and f sees what they commit meanwhile. What
// it must not miss it reads after it has locked something (Alone, Shared), or changes in one statement.
func (db *DB) Write(ctx context.Context, f func(*sql.Tx) error) error { return db.write(ctx, false, f) }

// WriteAgain is Write for an f that does no harm if it runs again after it was stored: it never
// returns ErrUnknown.
func (db *DB) WriteAgain(ctx context.Context, f func(*sql.Tx) error) error {
	return db.write(ctx, true, f)
}

func (db *DB) write(ctx context.Context, again bool, f func(*sql.Tx) error) error {
	var tries tries
	for {
		committing, err := db.writeOnce(ctx, f)
		if err == nil {
			return nil
		}
		why := db.engine.failure(err)
		if why == lost && committing && !again {
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		if !tries.again(ctx, why) {
			return Explain(err)
		}
		db.logger.DebugContext(ctx, "a transaction runs again", "error", err)
	}
}

// Ends reports whether an error ends the transaction that it came up in, so that nothing can be saved of
// it by a savepoint.
func Ends(err error) bool { return isConflict(err) || isLost(err) || errors.Is(err, errLost) }

// writeOnce reports whether the error is that of the commit.
func (db *DB) writeOnce(ctx context.Context, f func(*sql.Tx) error) (committing bool, err error) {
	tx, err := db.engine.begin(ctx)
	if err != nil {
		return false, err
	}
	if err := f(tx.Tx); err != nil {
		db.rollback(ctx, tx.Tx)
		return false, err
	}
	return true, tx.commit()
}

// Read runs f in a transaction that only reads: all that f reads is of one moment. If the connection
// is lost, f runs again.
func (db *DB) Read(ctx context.Context, f func(*sql.Tx) error) error {
	var tries tries
	for {
		err := db.readOnce(ctx, f)
		if err == nil || !tries.again(ctx, db.engine.failure(err)) {
			return Explain(err)
		}
	}
}

func (db *DB) readOnce(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.reader.BeginTx(ctx, db.engine.snapshot())
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing was written
	return f(tx)
}

// rollback undoes a transaction; the caller keeps the error that led here. A transaction that the
// database itself gave up (disk full) has nothing left to undo.
func (db *DB) rollback(ctx context.Context, tx *sql.Tx) {
	if err := tx.Rollback(); err != nil {
		db.logger.DebugContext(ctx, "rollback failed", "error", err)
	}
}

// Exec runs one statement in a transaction of its own and returns how many
// rows it touched.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	err = db.Write(ctx, func(tx *sql.Tx) error {
		rows, err = Affected(tx.ExecContext(ctx, query, args...))
		return err
	})
	return rows, err
}

// ExecAgain is Exec for a statement that does no harm if it runs again after it was stored.
func (db *DB) ExecAgain(ctx context.Context, query string, args ...any) (rows int64, err error) {
	err = db.WriteAgain(ctx, func(tx *sql.Tx) error {
		rows, err = Affected(tx.ExecContext(ctx, query, args...))
		return err
	})
	return rows, err
}

// PrepareWrite prepares statements on the writing connections.
func (db *DB) PrepareWrite(ctx context.Context, all Statements) error {
	return all.Prepare(ctx, db.writer)
}

// PrepareBeside prepares statements for Beside.
func (db *DB) PrepareBeside(ctx context.Context, all Statements) error {
	if db.beside == nil {
		return all.Prepare(ctx, db.writer)
	}
	return all.Prepare(ctx, db.beside)
}

// Beside returns a statement of PrepareBeside that serves a transaction. If several transactions may
// write at once, what it changes counts at once, whether the transaction is stored or not, so that
// others wait for it only a moment; the transaction must not have changed the same row. Else it is
// part of the transaction.
func (db *DB) Beside(ctx context.Context, tx *sql.Tx, statement *sql.Stmt) *sql.Stmt {
	if db.beside == nil {
		return tx.StmtContext(ctx, statement)
	}
	return statement
}

// Together reports whether several transactions may write at once. Then a row is locked by an
// appended RowLock.
func (db *DB) Together() bool { return db.beside != nil }

// RowLock is appended to a query whose rows no other transaction may change before this one ends, if
// there may be others (Together).
const RowLock = ` FOR NO KEY UPDATE`

// Alone makes a transaction wait until no other one holds what name names, alone or shared, and keeps
// others out until it ends. Names are those of organizations and of rooms. Whoever locks several
// locks them in order, and before it changes a row that others change under the lock.
func Alone(ctx context.Context, tx *sql.Tx, name string) error {
	return lock(ctx, tx, "lock_alone", name)
}

// Shared is Alone for one of several that do not disturb each other: it only keeps out, and waits for,
// whoever is Alone.
func Shared(ctx context.Context, tx *sql.Tx, name string) error {
	return lock(ctx, tx, "lock_shared", name)
}

func lock(ctx context.Context, tx *sql.Tx, function, name string) error {
	if _, err := tx.ExecContext(ctx, `SELECT `+function+`($1)`, name); err != nil {
		return fmt.Errorf("locking %q: %w", name, err)
	}
	return nil
}
