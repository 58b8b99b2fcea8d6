package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// endless is a statement that ends by being interrupted alone.
const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`

// A stop waits for no statement, however much it has to do: it ends with the
// context of whoever runs it, its transaction is undone, and the connection does
// the next thing.
func TestEveryStatementEndsWithItsContext(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EnsureOrganization(t.Context(), DefaultOrganization, ""); err != nil {
		t.Fatal(err)
	}
	interrupted := func(t *testing.T, run func(ctx context.Context, begun func()) error) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := run(ctx, cancel); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	t.Run("reading", func(t *testing.T) {
		interrupted(t, func(ctx context.Context, begun func()) error {
			defer time.AfterFunc(10*time.Millisecond, begun).Stop()
			var n int
			return explain(s.reader.QueryRowContext(ctx, endless).Scan(&n))
		})
	})
	t.Run("writing", func(t *testing.T) {
		interrupted(t, func(ctx context.Context, begun func()) error {
			defer time.AfterFunc(10*time.Millisecond, begun).Stop()
			return s.write(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE organization SET name = (`+endless+`)`)
				return err
			})
		})
	})
	t.Run("beginning a generation", func(t *testing.T) {
		interrupted(t, func(ctx context.Context, begun func()) error {
			_, _, err := s.Begin(ctx, DefaultOrganization, time.Now(), func(p *Pinning) (Terms, error) {
				begun()
				return Terms{}, nil
			})
			return err
		})
	})
	if err := s.EnsureOrganization(t.Context(), DefaultOrganization, "after"); err != nil {
		t.Error(err)
	}
	if all, err := s.Generations(t.Context(), DefaultOrganization, 10); err != nil || len(all) != 0 {
		t.Errorf("generations %v, %v", all, err)
	}
}
