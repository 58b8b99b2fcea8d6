package intelligence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Feed is one source of intelligence and how far it has been read. Its key is Kind and Name.
type Feed struct {
	Kind, Name string
	// URL is where it is fetched from; empty if it is only imported.
	URL string
	// Mark is how far it has been read, in the feed's own form.
	Mark string
	// Path is where its raw files lie.
	Path string
	// Records, Bytes and SHA256 describe the last import.
	Records, Bytes int64
	SHA256         string
	// Imported is when the files last changed, Checked when the source was last asked; zero:
	// never.
	Imported, Checked time.Time
	// Failure is why the last check failed; empty if it did not.
	Failure string
	// Table is compiled from its records; empty if it was not compiled yet.
	Table Table
	// Contents is JSON of what the records are about; empty if the feed was compiled by a program
	// that did not store it. Skipped is how many records were left out.
	Contents string
	Skipped  int64
	// Answered is when its source answered last without a failure; zero if it is not known. Failures is how many
	// refreshes in a row failed.
	Answered time.Time
	Failures int64
	// Origin is JSON of where a bundle has the feed from; empty if no bundle brought it.
	Origin string
}

// Table is a compiled feed: the id of its content and its path.
type Table struct{ ID, Path string }

const feedColumns = `kind, name, url, mark, path, records, bytes, sha256, imported, checked, failure, table_id, table_path,
	contents, skipped, answered, failures, origin`

func scanFeed(rows *sql.Rows) (f Feed, err error) {
	var imported, checked, answered int64
	err = rows.Scan(&f.Kind, &f.Name, &f.URL, &f.Mark, &f.Path, &f.Records, &f.Bytes, &f.SHA256, &imported, &checked,
		&f.Failure, &f.Table.ID, &f.Table.Path, &f.Contents, &f.Skipped, &answered, &f.Failures, &f.Origin)
	f.Imported, f.Checked = database.FromMillis(imported), database.FromMillis(checked)
	f.Answered = database.FromMillis(answered)
	return f, err
}

// PutFeed stores a feed and replaces the one of its kind and name.
func (s *Store) PutFeed(ctx context.Context, f Feed) error {
	return s.db.WriteAgain(ctx, guarded(ctx, s, func(tx *sql.Tx) error { return putFeed(ctx, tx, f) }))
}

// PutCompiled is PutFeed for a feed that was compiled again; rejected is JSON of the records that
// were left out.
func (s *Store) PutCompiled(ctx context.Context, f Feed, rejected string) error {
	return s.db.WriteAgain(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		if err := putFeed(ctx, tx, f); err != nil {
			return err
		}
		return putRejected(ctx, tx, f, rejected)
	}))
}

// Taken is a feed with durable files that takes the place of the one of its kind and name. Rejected is JSON of the
// records that were left out; of a feed whose files stay as they were, "" keeps what is stored.
type Taken struct {
	Feed
	Rejected string
}

// TakeFeeds stores feeds, all or none, replaces those of their kinds and names, whose files are then named by nothing,
// and asks for a build. It returns the number of the build that will contain the feeds.
func (s *Store) TakeFeeds(ctx context.Context, feeds []Taken, now time.Time) (build int64, err error) {
	err = s.db.Write(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		for _, f := range feeds {
			if err := takeFeed(ctx, tx, f); err != nil {
				return err
			}
		}
		build, err = askForBuild(ctx, tx, now)
		return err
	}))
	return build, err
}

func takeFeed(ctx context.Context, tx *sql.Tx, f Taken) error {
	if err := enterFiles(ctx, tx, f.Kind, f.Name); err != nil {
		return err
	}
	if err := putFeed(ctx, tx, f.Feed); err != nil {
		return err
	}
	if f.Rejected != "" {
		if err := putRejected(ctx, tx, f.Feed, f.Rejected); err != nil {
			return err
		}
	}
	return noteReturned(ctx, tx, f.Kind, f.Name)
}

// noteReturned forgets that a feed was removed. The row stays, so that the sequence goes on.
func noteReturned(ctx context.Context, tx *sql.Tx, kind, name string) error {
	_, err := tx.ExecContext(ctx, `UPDATE feed_removed SET returned = 1 WHERE kind = $1 AND name = $2`, kind, name)
	if err != nil {
		return fmt.Errorf("storing that feed %q of kind %q is back: %w", name, kind, err)
	}
	return nil
}

// enterFiles records the files of a feed, which will be named by nothing.
func enterFiles(ctx context.Context, tx *sql.Tx, kind, name string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO intelligence_file (path)
		SELECT path FROM feed WHERE kind = $1 AND name = $2 AND path <> ''
		UNION SELECT table_path FROM feed WHERE kind = $1 AND name = $2 AND table_path <> ''
		ON CONFLICT (path) DO NOTHING`, kind, name)
	if err != nil {
		return fmt.Errorf("listing former files of feed %q %q: %w", kind, name, err)
	}
	return nil
}

func putRejected(ctx context.Context, tx *sql.Tx, f Feed, rejected string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO feed_rejection (kind, name, rejected) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET rejected = excluded.rejected`, f.Kind, f.Name, rejected)
	if err != nil {
		return fmt.Errorf("storing what was left out of feed %q %q: %w", f.Kind, f.Name, err)
	}
	return nil
}

// Rejected returns JSON of the records that were left out of a feed; empty if nothing is stored.
func (s *Store) Rejected(ctx context.Context, kind, name string) (string, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT rejected FROM feed_rejection WHERE kind = $1 AND name = $2`, kind, name)
	found, err := database.CollectOne(rows, err, database.ScanText)
	if errors.Is(err, database.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading what was left out of feed %q %q: %w", kind, name, err)
	}
	return found, nil
}

func putFeed(ctx context.Context, tx *sql.Tx, f Feed) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO feed (`+feedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
			$16, $17, $18)
		ON CONFLICT (kind, name) DO UPDATE SET
			url = excluded.url, mark = excluded.mark, path = excluded.path, records = excluded.records,
			bytes = excluded.bytes, sha256 = excluded.sha256, imported = excluded.imported,
			checked = excluded.checked, failure = excluded.failure,
			table_id = excluded.table_id, table_path = excluded.table_path,
			contents = excluded.contents, skipped = excluded.skipped,
			answered = excluded.answered, failures = excluded.failures, origin = excluded.origin`,
		f.Kind, f.Name, f.URL, f.Mark, f.Path, f.Records, f.Bytes, f.SHA256, database.Millis(f.Imported),
		database.Millis(f.Checked), f.Failure,
		f.Table.ID, f.Table.Path, f.Contents, f.Skipped, database.Millis(f.Answered), f.Failures, f.Origin)
	if err != nil {
		return fmt.Errorf("storing feed %q %q: %w", f.Kind, f.Name, err)
	}
	return nil
}

// Feeds lists all feeds by kind and name.
func (s *Store) Feeds(ctx context.Context) ([]Feed, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+feedColumns+` FROM feed ORDER BY kind, name`)
	all, err := database.Collect(rows, err, scanFeed)
	if err != nil {
		return nil, fmt.Errorf("listing feeds: %w", err)
	}
	return all, nil
}

// Feed returns one feed; ErrNotFound if there is none.
func (s *Store) Feed(ctx context.Context, kind, name string) (Feed, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT `+feedColumns+` FROM feed WHERE kind = $1 AND name = $2`, kind, name)
	found, err := database.CollectOne(rows, err, scanFeed)
	if err != nil {
		return Feed{}, fmt.Errorf("reading feed %q %q: %w", kind, name, err)
	}
	return found, nil
}
