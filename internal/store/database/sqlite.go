package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// writerPragmas make commits durable. fullfsync matters only on macOS, where a plain sync leaves
// data in the drive's cache. Savepoints keep their undo log in memory (temp_store), and the log
// shrinks after a burst.
const writerPragmas = `
PRAGMA busy_timeout = 10000;
PRAGMA page_size = 8192;
PRAGMA journal_mode = wal;
PRAGMA synchronous = full;
PRAGMA fullfsync = on;
PRAGMA foreign_keys = on;
PRAGMA temp_store = memory;
PRAGMA cache_size = -32768;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA journal_size_limit = 67108864;
`

const readerPragmas = `
PRAGMA busy_timeout = 10000;
PRAGMA query_only = on;
PRAGMA temp_store = memory;
PRAGMA cache_size = -8192;
`

// sqlite is a database in a file. Its clock is the process's.
type sqlite struct {
	logger *slog.Logger
	tell   func(text string)
	path   string
	writer *sql.DB // one connection
	reader *sql.DB // several, which cannot write
	now    func() time.Time
}

func newSQLite(cfg Config) *sqlite {
	s := &sqlite{logger: cfg.Logger, tell: cfg.Tell, path: cfg.Path, now: cfg.Clock}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// openWriter opens the one writing connection and checks that its commits are durable.
func openWriter(ctx context.Context, cfg Config) (*sql.DB, error) {
	if err := makePrivate(cfg.Path); err != nil {
		return nil, err
	}
	limit := fmt.Sprintf("PRAGMA max_page_count = %d;", max(cfg.MaxBytes/pageSize, 0))
	db, err := openSQLite(cfg.Path, writerPragmas+limit, 1)
	if err != nil {
		return nil, err
	}
	// A database that was just created has a new log.
	if err := cmp.Or(checkDurable(ctx, db), makePrivate(cfg.Path)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// makePrivate lets only the owner read the database, its log and its shared memory. SQLite would
// create them readable for everyone, and also accepts them empty. It has no effect in a data
// folder that we made, which others cannot enter; but the folder may have existed before.
func makePrivate(path string) error {
	if path == "" {
		return nil // refused below
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			err = errors.Join(os.Chmod(name, 0o600), file.Close())
		}
		if err != nil {
			return fmt.Errorf("keeping the database private: %w", err)
		}
	}
	return nil
}

func openReader(ctx context.Context, cfg Config) (*sql.DB, error) {
	db, err := openSQLite(cfg.Path, readerPragmas, cfg.ReadConns)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openSQLite keeps its connections open: opening one costs more than holding it.
func openSQLite(path, pragmas string, conns int) (*sql.DB, error) {
	if path == "" {
		return nil, errors.New("no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	registerVFS()
	db, err := driver.Open(address(path), func(c *sqlite3.Conn) error {
		return errors.Join(defineLocks(c), c.Exec(pragmas))
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// defineLocks defines the functions by which transactions lock on PostgreSQL (postgres_schema.go). Here
// one transaction writes at a time, so they do nothing.
func defineLocks(c *sqlite3.Conn) error {
	free := func(c sqlite3.Context, _ ...sqlite3.Value) { c.ResultBool(true) }
	return errors.Join(c.CreateFunction("lock_alone", 1, 0, free), c.CreateFunction("lock_shared", 1, 0, free))
}

// checkDurable reads the settings back from SQLite: some file systems refuse WAL, and an unknown
// pragma fails silently.
func checkDurable(ctx context.Context, db *sql.DB) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"},
		{"synchronous", "2"},
		{"foreign_keys", "1"},
	} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return fmt.Errorf("reading setting %q: %w", want.pragma, err)
		}
		if got != want.value {
			return fmt.Errorf("the database would not be durable: setting %q is %q, want %q", want.pragma, got, want.value)
		}
	}
	return nil
}

// checksums makes every page end with a checksum, which SQLite checks on each read of the page, so
// that a byte that changes on the disk is never taken for stored data. A database of an older
// program is rewritten once for that; without room on the disk it goes on without checksums.
// Rewriting a large database takes minutes, so people are told; it ends with ctx, and the next
// start begins again.
func (s *sqlite) checksums(ctx context.Context, existing bool) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		sqlite := c.(driver.Conn).Raw()
		reserved, err := sqlite.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES)
		if err != nil || reserved == checksumSize {
			return err
		}
		if existing {
			s.tell("rewriting the database to add checksums to its pages; this happens once after an upgrade of the program")
		}
		before := sqlite.SetInterrupt(ctx)
		defer sqlite.SetInterrupt(before)
		// A large database would not fit into memory.
		if err := sqlite.Exec(`PRAGMA temp_store = file`); err != nil {
			return err
		}
		return errors.Join(sqlite.EnableChecksums("main"), sqlite.Exec(`PRAGMA temp_store = memory`))
	})
	if err = Explain(err); errors.Is(err, ErrFull) {
		s.logger.WarnContext(ctx, "no room to add checksums to the database's pages: damage may not be noticed", "error",
			err)
		return nil
	}
	return err
}
