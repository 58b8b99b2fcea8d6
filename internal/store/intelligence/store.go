package intelligence

import (
	"context"
	"database/sql"

	"github.com/muster-project/muster/internal/store/database"
)

// Store keeps feeds, builds and catalogs. Its methods may be called from any
// goroutine.
type Store struct{ db *database.DB }

// New returns the intelligence of db.
func New(db *database.DB) *Store { return &Store{db} }

// alone keeps others from changing what numbers and sequences are made of.
func alone(ctx context.Context, tx *sql.Tx) error { return database.Alone(ctx, tx, "intelligence") }
