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
	// Existing says that the database must already exist: if it is absent, empty or has no schema,
	// Open returns ErrDamaged and creates nothing.
	Existing bool
	// AcceptLog uses the good part of a log that is damaged or gone. A log that may be of another
	// database is renamed and not used.
	AcceptLog bool
	// Logger gets what is not returned to a caller. Nil: nothing is logged.
	Logger *slog.Logger
	// Tell, if set, is called with a text for people when Open begins a step that may take long.
	Tell func(text string)
	// ReadConns is how many reads may run at once. Zero: 4.
	ReadConns int
	// MaxBytes bounds the database file; writes beyond it fail with ErrFull. Zero: no bound but
	// the disk.
	MaxBytes int64
	// Clock is the database's clock, by which leases are judged; SQLite has none of its own. Nil:
	// time.Now.
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

// Reader returns the connections for reading. Each statement sees one consistent view, and none
// can write.
func (db *DB) Reader() *sql.DB { return db.reader }

// PrepareWrite prepares statements on the writing connection.
func (db *DB) PrepareWrite(ctx context.Context, all Statements) error {
	return all.Prepare(ctx, db.writer)
}

// Logger gets what is not returned to a caller.
func (db *DB) Logger() *slog.Logger { return db.logger }

// Now reads the database's clock: SQLite's is the process's.
func (db *DB) Now() time.Time { return db.now() }

// Write runs f in one transaction: all of it is durable if Write returns nil, and none of it is
// stored otherwise.
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

// Read runs f in a transaction that only reads: all that f reads is of one moment.
func (db *DB) Read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Explain(err)
	}
	defer tx.Rollback() // nothing was written
	return Explain(f(tx))
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
