package organization

import "github.com/muster-project/muster/internal/store/database"

// Store keeps organizations and their groups. Its methods may be called from any
// goroutine.
type Store struct{ db *database.DB }

// New returns the organizations of db.
func New(db *database.DB) *Store { return &Store{db} }
