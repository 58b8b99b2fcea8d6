package database

import (
	"errors"
	"fmt"
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
	// ErrUnavailable: the database server does not answer, or others were in the way for too long.
	// Nothing of the failed call was stored; the same call may succeed shortly.
	ErrUnavailable = errors.New("the database does not answer")
	// ErrUnknown: the connection to the database server was lost while a transaction was being
	// committed. Whether it is stored has to be looked up.
	ErrUnknown = errors.New("the connection to the database was lost: whether the change was stored is not known")
	// ErrNewer: the database was written by a newer program.
	ErrNewer = errors.New("the database is newer than this program")
	// ErrFilling: a move that has not ended is filling the database.
	ErrFilling = errors.New("a move that has not ended is filling the database")
	// ErrOccupied: a database that is to be filled has something already.
	ErrOccupied = errors.New("the database already has an organization")
)

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
