package exception

import "github.com/muster-project/muster/internal/store/database"

// Store keeps exceptions. Its methods may be called from any goroutine.
type Store struct{ db *database.DB }

// New returns the exceptions of db.
func New(db *database.DB) *Store { return &Store{db} }
