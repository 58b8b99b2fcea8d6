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
	// ErrExists: the name or the id is taken by another of its kind.
	ErrExists = errors.New("exists already")
	// ErrTooMany: the limit for this kind is reached.
	ErrTooMany = errors.New("there are too many")
	// ErrFull: the disk or Config.MaxBytes leaves no room, or the disk fails. Nothing of the
	// failed call was stored; everything acknowledged before is intact.
	ErrFull = errors.New("no space left for the database")
	// ErrNewer: the database was written by a newer program.
	ErrNewer = errors.New("the database is newer than this program")
)

// Explain wraps a driver's error in this package's error, if there is one for it.
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
	case errors.Is(err, sqlite3.INTERRUPT): // only the end of a context interrupts
		return fmt.Errorf("%w: %w", context.Canceled, err)
	}
	return err
}

// IsFull reports whether an error, of the database or of any file, says that a disk, a quota or a
// limit leaves no room.
//
// SQLite's write errors count, too: package sqlite3 reports "full" for some full disks only, and
// never for quotas, and the system's own error is lost while the transaction is undone. So a
// failing disk is taken for a full one: either way nothing was stored, and the same request may
// succeed later.
func IsFull(err error) bool {
	codes := []error{ErrFull, sqlite3.FULL,
		sqlite3.IOERR_WRITE, sqlite3.IOERR_FSYNC, sqlite3.IOERR_DIR_FSYNC, sqlite3.IOERR_TRUNCATE, sqlite3.IOERR_SHMSIZE}
	return blob.IsFull(err) || slices.ContainsFunc(codes, func(code error) bool { return errors.Is(err, code) })
}

// Damaged makes an error that wraps ErrDamaged.
func Damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// ErrDamaged is wrapped by every error that says that the database is not as it was written: it is
// gone or cut off, or a page or the log has changed.
var ErrDamaged = errors.New("the database is damaged")

// ErrLog is wrapped beside ErrDamaged if only the log is damaged or gone. Open with
// Config.AcceptLog goes on without it.
var ErrLog = errors.New("its log is incomplete")
