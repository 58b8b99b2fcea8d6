package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
)

// UseAssertion records that a client used an assertion, until it expires, and reports whether this
// was the first use. Assertions that expired before now are removed, unless the clock is ahead of
// every reading that was believed.
func (s *Store) UseAssertion(ctx context.Context, client string, hash [32]byte,
	expires, now time.Time) (fresh bool, err error) {
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
		return false, fmt.Errorf("recording an assertion of client %q: %w", client, err)
	}
	return fresh, nil
}
