package publication

import "github.com/muster-project/muster/internal/store/database"

// Store keeps generations and snapshots. Its methods may be called from any
// goroutine.
type Store struct{ db *database.DB }

// New returns the generations and snapshots of db.
func New(db *database.DB) *Store { return &Store{db} }
