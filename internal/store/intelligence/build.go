package intelligence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// The states of a build.
const (
	BuildWaiting = "waiting"
	BuildRunning = "running"
	BuildBuilt   = "built"
	BuildFailed  = "failed"
)

// Build is one build of the catalog from all feeds.
type Build struct {
	Number int64
	State  string
	// Asked, Begun and Ended are times; zero: not yet.
	Asked, Begun, Ended time.Time
	// Failure is why it failed; the catalog before stays current.
	Failure string
	// Catalog is the id of the built catalog, Summary its contents in JSON.
	Catalog, Summary string
}

// keptBuilds is how many builds are kept.
const keptBuilds = 100

const buildColumns = `number, state, asked, begun, ended, failure, catalog, summary`

func scanBuild(rows *sql.Rows) (b Build, err error) {
	var asked, begun, ended int64
	err = rows.Scan(&b.Number, &b.State, &asked, &begun, &ended, &b.Failure, &b.Catalog, &b.Summary)
	b.Asked, b.Begun, b.Ended = database.FromMillis(asked), database.FromMillis(begun), database.FromMillis(ended)
	return b, err
}

// AskForBuild asks for a build and returns the number of the one that waits. A running build does
// not count, since it has read the feeds already.
func (s *Store) AskForBuild(ctx context.Context, now time.Time) (number int64, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		number, err = askForBuild(ctx, tx, now)
		return err
	})
	return number, err
}

func askForBuild(ctx context.Context, tx *sql.Tx, now time.Time) (number int64, err error) {
	const waiting = `SELECT number FROM build WHERE state = 'waiting' ORDER BY number DESC LIMIT 1`
	err = tx.QueryRowContext(ctx, waiting).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		err = tx.QueryRowContext(ctx, `
			INSERT INTO build (`+buildColumns+`)
			VALUES ((SELECT coalesce(max(number), 0) + 1 FROM build), 'waiting', $1, 0, 0, '', '', '')
			RETURNING number`, database.Millis(now)).Scan(&number)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM build WHERE number <= $1`, number-keptBuilds)
	}
	if err != nil {
		return 0, fmt.Errorf("asking for a build: %w", err)
	}
	return number, nil
}

// BeginBuild marks a waiting build as running; false if it does not wait.
func (s *Store) BeginBuild(ctx context.Context, number int64, now time.Time) (bool, error) {
	rows, err := execute(ctx, s, `UPDATE build SET state = 'running', begun = $1 WHERE number = $2 AND state = 'waiting'`,
		database.Millis(now), number)
	if err != nil {
		return false, fmt.Errorf("beginning build %d: %w", number, err)
	}
	return rows > 0, nil
}

// EndBuild stores the result of a build.
func (s *Store) EndBuild(ctx context.Context, b Build) error {
	_, err := execute(ctx, s, `UPDATE build SET state = $1, ended = $2, failure = $3, catalog = $4, summary = $5 WHERE number = $6`,
		b.State, database.Millis(b.Ended), b.Failure, b.Catalog, b.Summary, b.Number)
	if err != nil {
		return fmt.Errorf("ending build %d: %w", b.Number, err)
	}
	return nil
}

// ResumeBuilds makes builds that were interrupted by a stop wait again.
func (s *Store) ResumeBuilds(ctx context.Context) error {
	_, err := execute(ctx, s, `UPDATE build SET state = 'waiting', begun = 0 WHERE state = 'running'`)
	if err != nil {
		return fmt.Errorf("resuming builds: %w", err)
	}
	return nil
}

// Build returns one build; ErrNotFound if there is none or it is no longer kept.
func (s *Store) Build(ctx context.Context, number int64) (Build, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+buildColumns+` FROM build WHERE number = $1`, number)
	found, err := database.CollectOne(rows, err, scanBuild)
	if err != nil {
		return Build{}, fmt.Errorf("reading build %d: %w", number, err)
	}
	return found, nil
}

// Builds lists the kept builds, newest first.
func (s *Store) Builds(ctx context.Context) ([]Build, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+buildColumns+` FROM build ORDER BY number DESC`)
	all, err := database.Collect(rows, err, scanBuild)
	if err != nil {
		return nil, fmt.Errorf("listing builds: %w", err)
	}
	return all, nil
}
