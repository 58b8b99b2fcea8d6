package store

import (
	"errors"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/muster-project/muster/internal/blob"
)

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
