package generation

import (
	"errors"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// elsewhere reports whether an error says that another process makes the generation. Whoever waits for it
// here asks the store, and is told when it is made.
func elsewhere(err error) bool {
	return errors.Is(err, publication.ErrLost) || errors.Is(err, crew.ErrUnable)
}

// unreachable reports whether an error is that of a database that does not answer, which says nothing about
// the generation.
func unreachable(err error) bool {
	return errors.Is(err, database.ErrUnavailable) || errors.Is(err, database.ErrUnknown)
}

// left reports whether the generation is neither made nor failed: whoever has the lease next resumes it.
func left(err error) bool { return elsewhere(err) || unreachable(err) }
