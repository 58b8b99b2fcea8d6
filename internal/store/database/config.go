package database

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"
)

// Config says where the database is and how much it may use. Exactly one of Path and URL is given.
type Config struct {
	// Path is the SQLite file, made if absent; its folder must exist.
	Path string
	// URL names a database of a PostgreSQL server, 15 or later: postgres://user@host/database. The
	// database exists; its tables are made if absent. It may hold a password, which no error tells.
	URL string
	// Existing says that the database must already exist: if it is absent, empty or has no schema,
	// Open returns ErrDamaged and creates nothing.
	Existing bool
	// AcceptLog uses the good part of a log that is damaged or gone. A log that may be of another
	// database is renamed and not used. PostgreSQL looks after its log itself.
	AcceptLog bool
	// Logger gets what is not returned to a caller. Nil: nothing is logged.
	Logger *slog.Logger
	// Tell, if set, is called with a text for people when Open begins a step that may take long.
	Tell func(text string)
	// ReadConns is how many reads may run at once. Zero: 4, on PostgreSQL 8.
	ReadConns int
	// WriteConns is how many transactions may write at once on PostgreSQL; on SQLite it is always one.
	// Zero: 8.
	WriteConns int
	// MaxBytes bounds the SQLite file; writes beyond it fail with ErrFull. Zero: no bound but the
	// disk.
	MaxBytes int64
	// Clock is the database's clock, by which leases are judged. Nil: that of the PostgreSQL server;
	// SQLite has none of its own, and uses time.Now.
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
		if c.URL != "" {
			c.ReadConns = 8
		}
	}
	if c.WriteConns <= 0 {
		c.WriteConns = 8
	}
	return c
}

// engine is what differs between the databases.
type engine interface {
	// open opens the pools, and brings the schema up to date.
	open(ctx context.Context, cfg Config) (pools, error)
	// close closes the pools, also those of an open that failed.
	close() error
	// begin begins a transaction that writes.
	begin(ctx context.Context) (transaction, error)
	// failure says whether a transaction that failed with an error may run again.
	failure(err error) failure
	// reading asks the database's clock.
	reading(ctx context.Context, tx *sql.Tx) (time.Time, error)
	// snapshot are the options of a transaction in which every read is of one moment.
	snapshot() *sql.TxOptions
	// sample is DB.Sample.
	sample(ctx context.Context, tables []string) error
	check(ctx context.Context, pace func(context.Context, int64) error, fault func(error)) (Checked, error)
}

// pools are the connections of an open database.
type pools struct {
	writer *sql.DB
	reader *sql.DB // cannot write
	// beside writes single statements that count at once, whatever becomes of the transaction that
	// they serve. Nil where only one transaction writes at a time.
	beside *sql.DB
}

// close closes the readers first: the last connection to leave an SQLite file empties its log.
func (p pools) close() (err error) {
	for _, pool := range []*sql.DB{p.beside, p.reader, p.writer} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}

// transaction is one that writes.
type transaction struct {
	*sql.Tx
	commit func() error
}

// failure says what a failed transaction may do.
type failure int

const (
	// final: it fails with its error.
	final failure = iota
	// conflicted: others were in its way, and nothing of it is stored.
	conflicted
	// lost: the connection is. Nothing is stored, unless it was being committed.
	lost
)

// Checked is what a check of the database looked at.
type Checked struct {
	// Bytes is the size of the database.
	Bytes int64
	// Not are texts for people: what could not be checked here.
	Not []string
}
