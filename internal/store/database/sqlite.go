package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// writerPragmas make what is committed durable. fullfsync matters on macOS
// alone, where a plain sync leaves data in the drive's cache. Savepoints keep
// their undo log in memory (temp_store), and the log shrinks after a burst.
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

// openWriter opens the one connection that writes and checks that it keeps
// what it acknowledges.
func openWriter(ctx context.Context, cfg Config) (*sql.DB, error) {
	if err := makePrivate(cfg.Path); err != nil {
		return nil, err
	}
	limit := fmt.Sprintf("PRAGMA max_page_count = %d;", max(cfg.MaxBytes/pageSize, 0))
	db, err := openSQLite(cfg.Path, writerPragmas+limit, 1)
	if err != nil {
		return nil, err
	}
	// A database that was new a moment ago has got another log.
	if err := cmp.Or(checkDurable(ctx, db), makePrivate(cfg.Path)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// makePrivate lets only the owner read the database, its log and its shared
// memory; SQLite would make them for everyone, and takes them empty, too. Where
// nobody else can come this far, in a data folder that we have made, it changes
// nothing; a folder may have been there before.
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

// openSQLite keeps its connections for ever: opening one costs more than
// holding it.
func openSQLite(path, pragmas string, conns int) (*sql.DB, error) {
	if path == "" {
		return nil, errors.New("no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	registerVFS()
	db, err := driver.Open(address(path), func(c *sqlite3.Conn) error { return c.Exec(pragmas) })
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// checkDurable asks SQLite what it made of the pragmas: some file systems
// refuse WAL, and a pragma that is not understood fails in silence.
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
			return fmt.Errorf("database cannot keep what it acknowledges: setting %q is %q, must be %q", want.pragma, got, want.value)
		}
	}
	return nil
}

// checksums sees to it that every page ends with a checksum, which SQLite
// checks whenever it reads the page: a byte that changes on the disk is then
// never taken for what was stored. A database of an older program is written
// anew for that, once; where the disk has no room it goes on without. A large one
// takes minutes, so that is told, and ends with ctx: the next start begins again.
func (s *DB) checksums(ctx context.Context, existing bool) error {
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
			s.tell("writing the database anew, so that its pages have checksums: once, after an upgrade")
		}
		before := sqlite.SetInterrupt(ctx)
		defer sqlite.SetInterrupt(before)
		// In memory a large database would not fit.
		if err := sqlite.Exec(`PRAGMA temp_store = file`); err != nil {
			return err
		}
		return errors.Join(sqlite.EnableChecksums("main"), sqlite.Exec(`PRAGMA temp_store = memory`))
	})
	if err = Explain(err); errors.Is(err, ErrFull) {
		s.logger.WarnContext(ctx, "no room to give the database's pages checksums: damage may go unnoticed", "error", err)
		return nil
	}
	return err
}
