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

// Explain wraps a driver's error in this package's error, if there is one for it.
func Explain(err error) error {
	switch {
	case errors.Is(err, ErrFull), errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged),
		errors.Is(err, ErrUnavailable):
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
	return explainPostgres(err)
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
	return blob.IsFull(err) || isState(err, diskFull) ||
		slices.ContainsFunc(codes, func(code error) bool { return errors.Is(err, code) })
}
