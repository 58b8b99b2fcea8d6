package enrollment

import "github.com/muster-project/muster/internal/store/database"

// Store keeps enrolments, and enrols devices. Its methods may be called from any
// goroutine.
type Store struct{ db *database.DB }

// New returns the enrolments of db.
func New(db *database.DB) *Store { return &Store{db} }
