package store

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
	// QueueCalls and QueueBytes bound the reports that wait in Receive: as
	// soon as either is reached, who has the most waiting gets ErrSaturated.
	// Zero: 1,024 calls, 64 MiB.
	QueueCalls int
	QueueBytes int64
	// MaxBytes bounds the database file; writes beyond it fail with ErrFull.
	// Zero: only the disk does.
	MaxBytes int64
	// Clock is the database's clock, which leases are judged by: SQLite has none
	// of its own. Nil: time.Now.
	Clock func() time.Time
	// Observe, if set, is called after each transaction with reports, by the
	// goroutine that writes them.
	Observe func(Commit)
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
	if c.QueueCalls <= 0 {
		c.QueueCalls = 1024
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 64 << 20
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(Commit) {}
	}
	return c
}

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	logger  *slog.Logger
	tell    func(text string)
	path    string
	writer  *sql.DB // one connection
	reader  *sql.DB // several, which cannot write
	receive receiveStatements
	readStatements
	client *sql.Stmt // reads one by its id, which every request does
	examiner
	observe func(Commit)
	now     func() time.Time // the database's clock
	queue   *queue
	drained chan struct{} // closed when the last queued report is written
}

// Open opens the database, making it or bringing its schema up to date. A
// schema newer than this program's is ErrNewer, and is not touched; what can be
// seen to be damaged is ErrDamaged, and is not touched either.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	s := &Store{
		logger:  cfg.Logger,
		tell:    cfg.Tell,
		observe: cfg.Observe,
		now:     cfg.Clock,
		path:    cfg.Path,
		queue:   newQueue(cfg.QueueCalls, cfg.QueueBytes),
		drained: make(chan struct{}),
	}
	if err := s.open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("opening database %q: %w", cfg.Path, explain(err)), s.closeDatabase())
	}
	go s.writeReports()
	return s, nil
}

func (s *Store) open(ctx context.Context, cfg Config) (err error) {
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
			s.logger.WarnContext(ctx, "the database's log could not be marked as its own", "error", err)
		}
	}
	if s.writer, err = openWriter(ctx, cfg); err != nil {
		return err
	}
	if err = s.migrate(ctx, cfg.Existing); err != nil {
		return err
	}
	if err = s.checksums(ctx, cfg.Existing); err != nil {
		return err
	}
	if err = s.emptyLog(ctx); err != nil {
		return err
	}
	if err = s.needLog(ctx); err != nil {
		return err
	}
	if s.reader, err = openReader(ctx, cfg); err != nil {
		return err
	}
	if s.readStatements, err = prepareRead(ctx, s.reader); err != nil {
		return err
	}
	if s.client, err = s.reader.PrepareContext(ctx, clientByID); err != nil {
		return err
	}
	if s.examiner, err = prepareExaminer(ctx, s.reader); err != nil {
		return err
	}
	s.receive, err = prepareReceive(ctx, s.writer)
	return err
}

// StopReceiving has Receive return ErrClosed from now on, to those who wait in
// it, too, as soon as the slices that are being written are durable.
func (s *Store) StopReceiving() { s.queue.close() }

// Close stops receiving and closes the database.
func (s *Store) Close() error {
	s.StopReceiving()
	<-s.drained
	return s.closeDatabase()
}

// emptyLog moves what a process before has left in the log into the database.
// A kill in the middle of that leaves pages half written, which the log has
// whole: from here on every page of the file has its checksum.
func (s *Store) emptyLog(ctx context.Context) error {
	_, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(full)`)
	if err = explain(err); errors.Is(err, ErrFull) {
		s.logger.WarnContext(ctx, "the database's log could not be emptied", "error", err)
		return nil
	}
	return err
}

// needLog writes something, so that there is a log, and then marks that it must
// not be lost. On a full disk that has to wait for another start.
func (s *Store) needLog(ctx context.Context) error {
	_, err := s.exec(ctx, `UPDATE schema_step SET version = version WHERE version = 1`)
	if err == nil {
		err = markOpen(s.path)
	}
	if err != nil {
		s.logger.WarnContext(ctx, "a loss of the database's log would go unnoticed", "error", err)
	}
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return nil
}

// closeDatabase closes the writer last, because the last connection to leave
// moves the write-ahead log into the database.
func (s *Store) closeDatabase() error {
	var err error
	if s.writer != nil {
		err = markClosed(s.path)
	}
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if s.writer != nil && err == nil {
		err = markMoved(s.path)
	}
	return err
}

// Ping says whether the database answers a read.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	if err := s.reader.QueryRowContext(ctx, `SELECT count(*) FROM organization`).Scan(&n); err != nil {
		return fmt.Errorf("asking the database: %w", explain(err))
	}
	return nil
}

// write runs f in one transaction: durable when write returns nil, and
// otherwise not there at all.
func (s *Store) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	if err := f(tx); err != nil {
		s.rollback(ctx, tx)
		return explain(err)
	}
	return explain(tx.Commit())
}

// rollback leaves the caller with the error that led here. A transaction that
// the database itself has given up (disk full) has nothing left to undo.
func (s *Store) rollback(ctx context.Context, tx *sql.Tx) {
	if err := tx.Rollback(); err != nil {
		s.logger.DebugContext(ctx, "rollback failed", "error", err)
	}
}

// exec runs one statement in a transaction of its own and returns how many
// rows it touched.
func (s *Store) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		rows, err = affected(tx.ExecContext(ctx, query, args...))
		return err
	})
	return rows, err
}
