package publication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// AttemptTime is the longest time that an attempt at a range may take. It is dead then, even if its
// process lives: something that it waits for does not answer.
const AttemptTime = 15 * time.Minute

// LateFiles is how long after its start an attempt of a process that others share the store with is
// remembered: a process that was paused, or an upload whose reply was lost, may make a file after the
// others were swept.
const LateFiles = 2 * AttemptTime

// Bury removes workers whose time is over, and makes their running attempts at ranges of the
// organization dead. dead are all dead attempts of the generation: their ranges must be made again,
// unless they are complete. offer, in the same transaction, gets them to those who will make them.
// A worker that would live longer than WorkerTime was told so by a clock that was ahead: its time is
// over, too.
func (l *Lease) Bury(ctx context.Context, number int64, offer func(tx *sql.Tx, dead []Attempt) error) error {
	err := l.writeAgain(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, l.store.db, tx)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM worker WHERE until <= $1 OR until > $2`, now,
			now+WorkerTime.Milliseconds()); err != nil {
			return err
		}
		if err := killAttempts(ctx, tx, l.org, l.owner, now-AttemptTime.Milliseconds()); err != nil {
			return err
		}
		dead, err := deadAttempts(ctx, tx, l.org, number)
		if err != nil {
			return err
		}
		return offer(tx, dead)
	})
	if err != nil {
		return fmt.Errorf("looking for dead workers of generation %d: %w", number, err)
	}
	return nil
}

func deadAttempts(ctx context.Context, tx *sql.Tx, org string, number int64) ([]Attempt, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT id, generation, range_number FROM attempt a
		WHERE organization = $1 AND generation = $2 AND state = 'dead' AND range_number >= 0
			AND NOT EXISTS (SELECT 1 FROM completion c WHERE c.organization = a.organization
				AND c.generation = a.generation AND c.range_number = a.range_number)
		ORDER BY range_number, id`, org, number)
	return database.Collect(rows, err, scanAttempt)
}

// Standing is how far the ranges of a generation are.
type Standing struct {
	// Ended: the generation is not running.
	Ended bool
	// Complete is how many are complete, Devices how many devices these have, Running how many
	// attempts run.
	Complete, Running int
	Devices           int64
	// Failures are those of attempts at ranges that are not complete.
	Failures []Failure
}

// Standing returns how far the ranges of a generation are.
func (s *Store) Standing(ctx context.Context, org string, number int64) (now Standing, err error) {
	err = s.db.Reader().QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(devices), 0),
			(SELECT count(*) FROM attempt WHERE organization = $1 AND generation = $2 AND state = 'running'),
			NOT EXISTS (SELECT 1 FROM generation WHERE organization = $1 AND number = $2 AND state = 'running')
		FROM completion WHERE organization = $1 AND generation = $2`, org, number).
		Scan(&now.Complete, &now.Devices, &now.Running, &now.Ended)
	if err == nil {
		var rows *sql.Rows
		rows, err = s.db.Reader().QueryContext(ctx, `
			SELECT failure, failure_text FROM attempt a
			WHERE organization = $1 AND generation = $2 AND failure <> '' AND NOT EXISTS (
				SELECT 1 FROM completion c WHERE c.organization = a.organization
					AND c.generation = a.generation AND c.range_number = a.range_number)
			ORDER BY range_number, id`, org, number)
		now.Failures, err = database.Collect(rows, err, func(r *sql.Rows) (f Failure, err error) {
			return f, r.Scan(&f.Kind, &f.Text)
		})
	}
	if err != nil {
		return Standing{}, fmt.Errorf("reading how far generation %d is: %w", number, database.Explain(err))
	}
	return now, nil
}
