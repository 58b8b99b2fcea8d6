package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says where the database is and how much it may use.
type Config struct {
	// Path is the SQLite file, made if absent; its folder must exist. Empty
	// is an error.
	Path string
	// Existing says that the database was made before: one that is absent,
	// empty or without a schema is ErrDamaged, and nothing is made.
	Existing bool
	// AcceptLog goes on with what is good of a log that is damaged or gone, and
	// without one that may be of another database, which is renamed.
	AcceptLog bool
	// Logger gets what no caller is told. Nil: nothing is logged.
	Logger *slog.Logger
	// Tell, if set, is told what Open does that may take long, for whoever waits.
	Tell func(text string)
	// ReadConns is how many reads may run at once. Zero: 4.
	ReadConns int
	// MaxBytes bounds the database file; writes beyond it fail with ErrFull.
	// Zero: only the disk does.
	MaxBytes int64
	// Clock is the database's clock, which leases are judged by: SQLite has none
	// of its own. Nil: time.Now.
	Clock func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	if c.ReadConns <= 0 {
		c.ReadConns = 4
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	logger *slog.Logger
	tell   func(text string)
	path   string
	writer *sql.DB          // one connection
	reader *sql.DB          // several, which cannot write
	now    func() time.Time // the database's clock
}

// Close closes the writer last, because the last connection to leave moves the
// write-ahead log into the database.
func (db *DB) Close() error {
	var err error
	if db.writer != nil {
		err = markClosed(db.path)
	}
	for _, pool := range []*sql.DB{db.reader, db.writer} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	if db.writer != nil && err == nil {
		err = markMoved(db.path)
	}
	return err
}

// Ping says whether the database answers a read.
func (db *DB) Ping(ctx context.Context) error {
	var n int
	if err := db.reader.QueryRowContext(ctx, `SELECT count(*) FROM organization`).Scan(&n); err != nil {
		return fmt.Errorf("asking the database: %w", Explain(err))
	}
	return nil
}

// Reader returns the connections that read, each statement one consistent view.
// They cannot write.
func (db *DB) Reader() *sql.DB { return db.reader }

// PrepareWrite prepares statements of the connection that writes.
func (db *DB) PrepareWrite(ctx context.Context, all Statements) error {
	return all.Prepare(ctx, db.writer)
}

// Logger is who is told what no caller is.
func (db *DB) Logger() *slog.Logger { return db.logger }

// Now reads the database's clock: SQLite's is the process's.
func (db *DB) Now() time.Time { return db.now() }

// Write runs f in one transaction: durable when Write returns nil, and
// otherwise not there at all.
func (db *DB) Write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return Explain(err)
	}
	if err := f(tx); err != nil {
		db.rollback(ctx, tx)
		return Explain(err)
	}
	return Explain(tx.Commit())
}

// rollback leaves the caller with the error that led here. A transaction that
// the database itself has given up (disk full) has nothing left to undo.
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
