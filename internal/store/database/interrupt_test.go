package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// endless is a statement that ends only by being interrupted.
const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`

// A stop waits for no statement, however long it would run: the statement ends with its context,
// its transaction is undone, and the connection serves the next one.
func TestEveryStatementEndsWithItsContext(t *testing.T) {
	s := storetest.Open(t, store.Config{})
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
			return database.Explain(s.DB.Reader().QueryRowContext(ctx, endless).Scan(&n))
		})
	})
	t.Run("writing", func(t *testing.T) {
		interrupted(t, func(ctx context.Context, begun func()) error {
			defer time.AfterFunc(10*time.Millisecond, begun).Stop()
			return s.DB.Write(ctx, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE organization SET name = (`+endless+`)`)
				return err
			})
		})
	})
	t.Run("beginning a generation", func(t *testing.T) {
		interrupted(t, func(ctx context.Context, begun func()) error {
			_, _, err := s.Publication.Begin(ctx, organization.Default, time.Now(),
				func(p *publication.Pinning) (publication.Terms, error) {
					begun()
					return publication.Terms{}, nil
				})
			return err
		})
	})
	if err := s.Organizations.Ensure(t.Context(), organization.Default, "after"); err != nil {
		t.Error(err)
	}
	if all, err := s.Publication.Generations(t.Context(), organization.Default, 10); err != nil || len(all) != 0 {
		t.Errorf("generations %v, %v", all, err)
	}
}
