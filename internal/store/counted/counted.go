// Package counted keeps the counts of snapshots that add up (package trend), for longer than snapshots are kept. They
// are stored by the transaction that publishes a snapshot, so that both are there or none (decision 154).
package counted

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Store keeps counts. Its methods may be called from any goroutine.
type Store struct{ db *database.DB }

// New returns the counts of db.
func New(db *database.DB) *Store { return &Store{db} }

// Counts are those of a snapshot.
type Counts struct {
	// Previous is the snapshot from which the changes start: 0 if none was before, trend.Anew if they are not known.
	Previous int64
	Groups   trend.ByGroup
	// Opened are the ages of findings. Those of the newest snapshot alone are kept.
	Opened trend.AgesByGroup
}

// Insert stores the counts of a snapshot that tx publishes; nothing if they are nil.
func (c *Counts) Insert(ctx context.Context, tx *sql.Tx, org string, number int64, begun, generated time.Time) error {
	if c == nil {
		return nil
	}
	whole := c.Groups.Sum(nil)
	_, err := tx.ExecContext(ctx, `
		UPDATE trend SET opened = $1 WHERE organization = $2
			AND number = (SELECT max(t.number) FROM trend t WHERE t.organization = $3)`, []byte{}, org, org)
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO trend (organization, number, previous, begun, generated, whole, parts, opened)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, org, number, c.Previous, database.Millis(begun), database.Millis(generated),
			whole.Encode(), c.Groups.Encode(), c.Opened.Encode())
	}
	if err != nil {
		return fmt.Errorf("keeping the counts: %w", err)
	}
	return nil
}

// Since returns the counts of the snapshots that were published since a time, oldest first, and of the one before
// them: the sum of those groups for which groups is true, nil for all. A snapshot of an older program has none.
func (s *Store) Since(ctx context.Context, org string, since time.Time,
	groups func(group int64) bool) ([]trend.Point, error) {
	column := `whole`
	if groups != nil {
		column = `parts`
	}
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT number, previous, begun, generated, `+column+` FROM trend
		WHERE organization = $1 AND generated >= (SELECT coalesce(max(b.generated), 0) FROM trend b
			WHERE b.organization = $2 AND b.generated < $3)
		ORDER BY generated`, org, org, database.Millis(since))
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (p trend.Point, err error) {
		var begun, generated int64
		var data []byte
		if err = rows.Scan(&p.Number, &p.Previous, &begun, &generated, &data); err != nil {
			return p, err
		}
		p.Begun, p.Generated = database.FromMillis(begun), database.FromMillis(generated)
		if groups == nil {
			p.Counts, err = trend.Decode(data)
		} else {
			p.Counts, err = trend.DecodeByGroup(data, groups)
		}
		if err != nil {
			return p, fmt.Errorf("snapshot %d: %w", p.Number, err)
		}
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading counts of snapshots: %w", err)
	}
	return trend.Chain(all), nil
}

// Opened returns the ages of findings by group, of the newest snapshot; nil if it is another one or has no counts.
func (s *Store) Opened(ctx context.Context, org string, number int64) (trend.AgesByGroup, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT opened FROM trend WHERE organization = $1 AND number = $2 AND length(opened) > 0`, org, number)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (by trend.AgesByGroup, err error) {
		var data []byte
		if err = rows.Scan(&data); err == nil {
			by, err = trend.DecodeAges(data)
		}
		return by, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the ages of findings of snapshot %d: %w", number, err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all[0], nil
}

// Prune removes the counts of snapshots from before a time.
func (s *Store) Prune(ctx context.Context, org string, before time.Time) error {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM trend WHERE organization = $1 AND generated < $2`, org, database.Millis(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("pruning counts of snapshots before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return nil
}
