package clock

import "github.com/muster-project/muster/internal/store/database"

// Store keeps the evidence by which the server's clock is judged. Its methods may be called from
// any goroutine.
type Store struct{ db *database.DB }

// New returns the clocks of a database.
func New(db *database.DB) *Store { return &Store{db} }
