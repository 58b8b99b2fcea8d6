package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// SigningKey is a key of the server, sealed by the caller.
type SigningKey struct {
	// ID is a GUID; tokens name their key by it.
	ID string
	// Purpose is what the key signs: token, link or page.
	Purpose string
	Sealed  []byte
	// Retired is when the key stopped signing; since then it only checks. Zero while it signs.
	Created, Retired time.Time
}

const keyColumns = `id, purpose, sealed, created, retired`

func scanKey(rows *sql.Rows) (k SigningKey, err error) {
	var created, retired int64
	err = rows.Scan(&k.ID, &k.Purpose, &k.Sealed, &created, &retired)
	k.Created, k.Retired = database.FromMillis(created), database.FromMillis(retired)
	return k, err
}

// AddSigningKey stores a key that signs, and retires the one that signed for the same purpose:
// each purpose has one signing key.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error { return addSigningKey(ctx, tx, k) })
	if err != nil {
		return fmt.Errorf("adding a signing key for %q: %w", k.Purpose, err)
	}
	return nil
}

// ReplaceSigningKey is AddSigningKey if the key with the id old signs for the purpose, or none does and
// old is empty. Otherwise it changes nothing: another process has replaced it.
func (s *Store) ReplaceSigningKey(ctx context.Context, old string, k SigningKey) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := database.Alone(ctx, tx, keyLock); err != nil {
			return err
		}
		var signing string
		err := tx.QueryRowContext(ctx, `
			SELECT coalesce(max(id), '') FROM signing_key WHERE purpose = $1 AND retired = 0`, k.Purpose).Scan(&signing)
		if err != nil || signing != old {
			return err
		}
		return addSigningKey(ctx, tx, k)
	})
	if err != nil {
		return fmt.Errorf("replacing the signing key for %q: %w", k.Purpose, err)
	}
	return nil
}

// keyLock is what whoever replaces a key locks: two would sign for one purpose.
const keyLock = "signing_key"

func addSigningKey(ctx context.Context, tx *sql.Tx, k SigningKey) error {
	if err := database.Alone(ctx, tx, keyLock); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE signing_key SET retired = $1 WHERE purpose = $2 AND retired = 0`,
		database.Millis(k.Created), k.Purpose)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO signing_key (`+keyColumns+`) VALUES ($1, $2, $3, $4, 0)`,
		k.ID, k.Purpose, k.Sealed, database.Millis(k.Created))
	return err
}

// SigningKeys lists all keys, for each purpose the newest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT `+keyColumns+` FROM signing_key ORDER BY purpose, retired > 0, created DESC, retired DESC, id`)
	all, err := database.Collect(rows, err, scanKey)
	if err != nil {
		return nil, fmt.Errorf("reading signing keys: %w", err)
	}
	return all, nil
}

// RemoveSigningKeys removes the keys of a purpose that were retired before a time, and returns
// their number.
func (s *Store) RemoveSigningKeys(ctx context.Context, purpose string, retiredBefore time.Time) (int64, error) {
	removed, err := s.db.ExecAgain(ctx, `DELETE FROM signing_key WHERE purpose = $1 AND retired > 0 AND retired < $2`,
		purpose, database.Millis(retiredBefore))
	if err != nil {
		return 0, fmt.Errorf("removing signing keys for %q: %w", purpose, err)
	}
	return removed, nil
}

// ForgetSigningKeys removes all keys. It is for a data folder that has lost its own key: the keys
// cannot be opened any more.
func (s *Store) ForgetSigningKeys(ctx context.Context) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM signing_key`); err != nil {
		return fmt.Errorf("removing all signing keys: %w", err)
	}
	return nil
}
