package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/muster-project/muster/internal/blob"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: no such organization, device, receipt, generation or row.
	ErrNotFound = errors.New("not found")
	// ErrExists: another of its kind has the name, or there is one with the id.
	ErrExists = errors.New("exists already")
	// ErrTooMany: there are as many of the kind as there may be.
	ErrTooMany = errors.New("there are too many")
	// ErrFull: the disk, or Config.MaxBytes, leaves no room, or the disk fails.
	// Nothing of the failed call was stored; all that was acknowledged before is
	// there.
	ErrFull = errors.New("no space left for the database")
	// ErrNewer: the database was written by a newer program.
	ErrNewer = errors.New("database is newer than this program")
)

// Explain turns a driver's error into this package's where it has one.
func Explain(err error) error {
	switch {
	case errors.Is(err, ErrFull), errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged):
		return err
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.IOERR_DATA):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case IsFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, sqlite3.INTERRUPT): // by the end of a context alone
		return fmt.Errorf("%w: %w", context.Canceled, err)
	}
	return err
}

// IsFull tells whether an error, of the database or of any file, says that a
// disk, a quota or a limit leaves no room.
//
// SQLite's errors of writing count, too: package sqlite3 says "full" of some full
// disks only, and of quotas never, and the system's own word is lost while the
// transaction is undone. So a disk that fails is taken for a full one: in
// both cases nothing was stored, and the same request may work later.
func IsFull(err error) bool {
	codes := []error{ErrFull, sqlite3.FULL,
		sqlite3.IOERR_WRITE, sqlite3.IOERR_FSYNC, sqlite3.IOERR_DIR_FSYNC, sqlite3.IOERR_TRUNCATE, sqlite3.IOERR_SHMSIZE}
	return blob.IsFull(err) || slices.ContainsFunc(codes, func(code error) bool { return errors.Is(err, code) })
}

// damaged makes an error that wraps ErrDamaged.
func Damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// ErrDamaged is wrapped by every error that says that the database is not what
// was written: it is gone, cut off, or a page or the log has other bytes.
var ErrDamaged = errors.New("the database is damaged")

// ErrLog is wrapped beside ErrDamaged where it is the log alone that is damaged
// or gone: Config.AcceptLog goes on without.
var ErrLog = errors.New("its log is not whole")
