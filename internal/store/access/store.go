package access

import (
	"context"
	"database/sql"

	"github.com/muster-project/muster/internal/store/database"
)

// Store keeps clients, credentials and keys. Its methods may be called from any
// goroutine.
type Store struct {
	db     *database.DB
	client *sql.Stmt // reads a client by its id, for every request
}

// Open returns the clients of db.
func Open(ctx context.Context, db *database.DB) (*Store, error) {
	s := &Store{db: db}
	return s, database.Statements{&s.client: clientByID}.Prepare(ctx, db.Reader())
}
