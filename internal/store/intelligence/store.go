package intelligence

import (
	"context"
	"database/sql"

	"github.com/muster-project/muster/internal/store/database"
)

// Store keeps feeds, builds and catalogs. Its methods may be called from any
// goroutine.
type Store struct {
	db *database.DB
	// check is called first in each transaction that names files, or forgets them.
	check func(context.Context, *sql.Tx) error
}

// New returns the intelligence of db.
func New(db *database.DB) *Store {
	return &Store{db, func(context.Context, *sql.Tx) error { return nil }}
}

// Guarded returns the same store with a check, such as that of a Lease, in each transaction that names
// files, or forgets them. Its error ends the transaction, and nothing is changed.
func (s *Store) Guarded(check func(context.Context, *sql.Tx) error) *Store {
	return &Store{s.db, check}
}

// guarded returns a transaction that begins with the check.
func guarded(ctx context.Context, s *Store, change func(*sql.Tx) error) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		if err := s.check(ctx, tx); err != nil {
			return err
		}
		return change(tx)
	}
}

// execute runs a guarded statement, and returns how many rows it changed.
func execute(ctx context.Context, s *Store, query string, args ...any) (rows int64, err error) {
	err = s.db.Write(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		rows, err = database.Affected(tx.ExecContext(ctx, query, args...))
		return err
	}))
	return rows, err
}

// alone keeps others from changing what numbers and sequences are made of.
func alone(ctx context.Context, tx *sql.Tx) error { return database.Alone(ctx, tx, "intelligence") }
