package publication

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// MaxPulls is how many pulls of a caller are remembered.
const MaxPulls = 64

// Pulls remembers where pulls are, for all nodes, whose clients count by themselves. Its methods may be
// called from any goroutine.
type Pulls struct{ db *database.DB }

// NewPulls returns the pulls of db.
func NewPulls(db *database.DB) *Pulls { return &Pulls{db} }

// Pull names a pull by who pulls and what is listed. Hashes of both are stored.
type Pull struct{ Caller, List string }

// hashed returns the key of the pull's row.
func (p Pull) hashed() (caller, list []byte) {
	c, l := sha256.Sum256([]byte(p.Caller)), sha256.Sum256([]byte(p.List))
	return c[:], l[:]
}

// Place is where a pull is: in which snapshot, and where its last page ended.
type Place struct {
	// Number is that of the snapshot, Mark its mark.
	Number int64
	Mark   uint64
	// Skip is how many objects were given out, Raw how many rows were looked at for them, and Key that
	// of the last object.
	Skip, Raw int64
	Key       string
}

// Place returns where a pull is; a zero place if its last page was made before a time, or is not
// remembered.
func (s *Pulls) Place(ctx context.Context, of Pull, since time.Time) (Place, error) {
	caller, list := of.hashed()
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT snapshot, mark, skipped, looked, last FROM pull WHERE caller = $1 AND list = $2 AND used >= $3`,
		caller, list, database.Millis(since))
	at, err := database.CollectOne(rows, err, func(r *sql.Rows) (p Place, err error) {
		var mark int64
		var key []byte
		err = r.Scan(&p.Number, &mark, &p.Skip, &p.Raw, &key)
		p.Mark, p.Key = uint64(mark), string(key)
		return p, err
	})
	if errors.Is(err, database.ErrNotFound) {
		return Place{}, nil
	}
	if err != nil {
		return Place{}, fmt.Errorf("reading where a pull is: %w", database.Explain(err))
	}
	return at, nil
}

// Set remembers where a pull is now. Of a caller's pulls those used last are remembered, MaxPulls of them.
func (s *Pulls) Set(ctx context.Context, of Pull, at Place, now time.Time) error {
	caller, list := of.hashed()
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		rows, err := database.Affected(tx.ExecContext(ctx, `
			UPDATE pull SET snapshot = $1, mark = $2, skipped = $3, looked = $4, last = $5, used = $6
			WHERE caller = $7 AND list = $8`,
			at.Number, int64(at.Mark), at.Skip, at.Raw, []byte(at.Key), database.Millis(now), caller, list))
		if err != nil || rows > 0 {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			DELETE FROM pull WHERE caller = $1 AND list NOT IN (
				SELECT list FROM pull WHERE caller = $2 ORDER BY used DESC, list LIMIT $3)`,
			caller, caller, MaxPulls-1); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO pull (caller, list, snapshot, mark, skipped, looked, last, used)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (caller, list) DO UPDATE SET snapshot = excluded.snapshot, mark = excluded.mark,
				skipped = excluded.skipped, looked = excluded.looked, last = excluded.last, used = excluded.used`,
			caller, list, at.Number, int64(at.Mark), at.Skip, at.Raw, []byte(at.Key), database.Millis(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("storing where a pull is: %w", err)
	}
	return nil
}

// Forget removes pulls whose last page was made before a time.
func (s *Pulls) Forget(ctx context.Context, before time.Time) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM pull WHERE used < $1`, database.Millis(before)); err != nil {
		return fmt.Errorf("forgetting pulls: %w", err)
	}
	return nil
}
