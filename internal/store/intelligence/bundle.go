package intelligence

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// BundleKey is the public key of somebody whose bundles of feeds are imported.
type BundleKey struct {
	// ID is that of the key, Public the key as people write it, Name is for people.
	ID, Public, Name string
	Added            time.Time
}

// maxBundleKeys is how many keys are kept at most.
const maxBundleKeys = 100

// BundleKeys lists the keys, oldest first.
func BundleKeys(ctx context.Context, s *Store) ([]BundleKey, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT id, public, name, added FROM bundle_key ORDER BY added, id`)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (k BundleKey, err error) {
		var added int64
		err = rows.Scan(&k.ID, &k.Public, &k.Name, &added)
		k.Added = database.FromMillis(added)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing keys of bundles: %w", err)
	}
	return all, nil
}

// AddBundleKey stores a key, and returns when it was added; of one that is there it changes the name. Beyond 100 it is
// ErrTooMany.
func AddBundleKey(ctx context.Context, s *Store, k BundleKey) (added time.Time, err error) {
	err = s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		var since int64
		err := tx.QueryRowContext(ctx, `
			INSERT INTO bundle_key (id, public, name, added) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING added`, k.ID, k.Public, k.Name,
			database.Millis(k.Added)).Scan(&since)
		if err != nil {
			return err
		}
		added = database.FromMillis(since)
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM bundle_key`).Scan(&n); err != nil {
			return err
		}
		if n > maxBundleKeys {
			return fmt.Errorf("%w: %d keys are trusted, the most that may be", database.ErrTooMany, maxBundleKeys)
		}
		return nil
	})
	if err != nil {
		return added, fmt.Errorf("storing key %q of bundles: %w", k.ID, err)
	}
	return added, nil
}

// RemoveBundleKey removes a key; ErrNotFound if there is none of the id.
func RemoveBundleKey(ctx context.Context, s *Store, id string) error {
	rows, err := s.db.Exec(ctx, `DELETE FROM bundle_key WHERE id = $1`, id)
	if err == nil && rows == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("removing key %q of bundles: %w", id, err)
	}
	return nil
}
