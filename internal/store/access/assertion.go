package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
)

// UseAssertion notes that a client used an assertion, until it expires, and
// tells whether it was the first time. Those that expired before now are
// forgotten, unless the clock is ahead of all that was believed.
func (s *Store) UseAssertion(ctx context.Context, client string, hash [32]byte, expires, now time.Time) (fresh bool, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		surely, err := clock.Certain(ctx, tx, now)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM assertion WHERE expires < $1`, database.Millis(surely)); err != nil {
			return err
		}
		rows, err := database.Affected(tx.ExecContext(ctx,
			`INSERT INTO assertion (client, hash, expires) VALUES ($1, $2, $3) ON CONFLICT (client, hash) DO NOTHING`,
			client, hash[:], database.Millis(expires)))
		fresh = rows == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("noting an assertion of client %q: %w", client, err)
	}
	return fresh, nil
}
