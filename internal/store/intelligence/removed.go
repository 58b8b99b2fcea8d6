package intelligence

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Removed is a feed that was removed and did not come again.
type Removed struct {
	Kind, Name string
	// Records and Contents are those that it had (Feed).
	Records  int64
	Contents string
	// At is when it was removed. Sequence is higher for each removal.
	At       time.Time
	Sequence int64
}

// keptRemoved is how many removed feeds are kept, the newest.
const keptRemoved = 1000

// RemoveFeed removes a feed, whose files are then named by nothing, remembers that it did, and asks
// for a build. It returns the number of the build that will be without the feed. An unknown feed is
// ErrNotFound.
func (s *Store) RemoveFeed(ctx context.Context, kind, name string, now time.Time) (build int64, err error) {
	err = s.db.Write(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		if err := enterFiles(ctx, tx, kind, name); err != nil {
			return err
		}
		if err := noteRemoved(ctx, tx, kind, name, now); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `DELETE FROM feed WHERE kind = $1 AND name = $2`, kind, name)
		if err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		if err != nil {
			return err
		}
		if rows == 0 {
			return database.ErrNotFound
		}
		build, err = askForBuild(ctx, tx, now)
		return err
	}))
	if err != nil {
		return 0, fmt.Errorf("removing feed %q of kind %q: %w", name, kind, err)
	}
	return build, nil
}

// noteRemoved remembers that a feed is removed.
func noteRemoved(ctx context.Context, tx *sql.Tx, kind, name string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO feed_removed (kind, name, records, contents, removed, sequence, returned)
		SELECT kind, name, records, contents, $1, (SELECT coalesce(max(sequence), 0) + 1 FROM feed_removed), 0
		FROM feed WHERE kind = $2 AND name = $3
		ON CONFLICT (kind, name) DO UPDATE SET
			records = excluded.records, contents = excluded.contents, removed = excluded.removed,
			sequence = excluded.sequence, returned = excluded.returned`, database.Millis(now), kind, name)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM feed_removed WHERE sequence <= (SELECT max(sequence) FROM feed_removed) - $1`, keptRemoved)
	return err
}

// RemovedFeeds lists the feeds that were removed and did not come again, by kind and name, at most
// the last keptRemoved.
func (s *Store) RemovedFeeds(ctx context.Context) ([]Removed, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT kind, name, records, contents, removed, sequence FROM feed_removed WHERE returned = 0 ORDER BY kind, name`)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (r Removed, err error) {
		var at int64
		err = rows.Scan(&r.Kind, &r.Name, &r.Records, &r.Contents, &at, &r.Sequence)
		r.At = database.FromMillis(at)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing removed feeds: %w", err)
	}
	return all, nil
}
