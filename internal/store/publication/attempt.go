package publication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// What an attempt makes, if not a range.
const (
	// ManifestRange is a manifest; its name contains the attempt's ID.
	ManifestRange = -1
	// Superseded is the state of files that a repair has replaced: those that no snapshot names
	// may go.
	Superseded = -2
)

// Attempt is one try at one range of a generation, or at its manifest. The names of its files
// contain its ID.
type Attempt struct {
	ID         string
	Generation int64
	Range      int
}

// StartAttempts records attempts of the owner before their first file is written. The error is
// ErrNotRunning if the generation is not running.
func (l *Lease) StartAttempts(ctx context.Context, number int64, now time.Time, attempts ...Attempt) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		start, err := tx.PrepareContext(ctx, startAttempt)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			rows, err := database.Affected(start.ExecContext(ctx, a.ID, a.Range, database.Millis(now), l.owner, l.org, number))
			if err == nil && rows == 0 {
				err = ErrNotRunning
			}
			if err != nil {
				return fmt.Errorf("attempt %q at range %d: %w", a.ID, a.Range, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("starting attempts at generation %d: %w", number, err)
	}
	return nil
}

// The statements of attempts are prepared once per transaction, which may have many attempts.
const (
	startAttempt = `
		INSERT INTO attempt (organization, id, generation, range_number, state, started, owner)
		SELECT organization, $1, number, $2, 'running', $3, $4 FROM generation
		WHERE organization = $5 AND number = $6 AND state = 'running'`
	completeRange = `
		INSERT INTO completion (organization, generation, range_number, attempt, result, devices)
		SELECT a.organization, a.generation, a.range_number, a.id, $1, $2
		FROM attempt a JOIN generation g ON g.organization = a.organization AND g.number = a.generation
		WHERE a.organization = $3 AND a.id = $4 AND a.generation = $5 AND a.range_number = $6
			AND a.state = 'running' AND a.owner = $7 AND g.state = 'running'
		ON CONFLICT (organization, generation, range_number) DO NOTHING`
	settleAttempt = `
		UPDATE attempt SET state = CASE WHEN EXISTS (
			SELECT 1 FROM completion c
			WHERE c.organization = attempt.organization AND c.generation = attempt.generation
				AND c.range_number = attempt.range_number AND c.attempt = attempt.id) THEN 'won' ELSE 'lost' END
		WHERE organization = $1 AND id = $2 AND generation = $3 AND range_number = $4 AND state = 'running'`
	stateOfAttempt = `
		SELECT state FROM attempt WHERE organization = $1 AND id = $2 AND generation = $3 AND range_number = $4`
)

// Outcome is the result of an attempt: JSON that names its files.
type Outcome struct {
	Attempt
	Result []byte
	// Devices is the number of devices in the range, to show progress.
	Devices int64
}

// Complete ends attempts with their results, all in one transaction. An attempt wins if it is
// still the owner's and marked running, its generation is running, and no other attempt has won
// the range. Otherwise it is lost, and its files may go. Calling again gives the same answers. An
// attempt that was forgotten is ErrNotFound.
func (l *Lease) Complete(ctx context.Context, number int64, outcomes ...Outcome) (won []bool, err error) {
	err = l.write(ctx, func(tx *sql.Tx) error {
		won = won[:0]
		c, err := newCompleting(ctx, tx)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			one, err := c.complete(ctx, l, number, o)
			if err != nil {
				return fmt.Errorf("attempt %q at range %d: %w", o.ID, o.Range, database.Explain(err))
			}
			won = append(won, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("completing ranges of generation %d: %w", number, err)
	}
	return won, nil
}

// completing holds the statements that complete attempts in one transaction, and end with it.
type completing struct{ insert, settle, state *sql.Stmt }

func newCompleting(ctx context.Context, tx *sql.Tx) (c completing, err error) {
	err = database.Statements{&c.insert: completeRange, &c.settle: settleAttempt,
		&c.state: stateOfAttempt}.Prepare(ctx, tx)
	return c, err
}

// complete stores a result, marks its attempt as won or lost, and reads which.
func (c completing) complete(ctx context.Context, l *Lease, number int64, o Outcome) (won bool, err error) {
	if _, err := c.insert.ExecContext(ctx, database.NonNil(o.Result), o.Devices, l.org, o.ID, number,
		o.Range, l.owner); err != nil {
		return false, err
	}
	if _, err := c.settle.ExecContext(ctx, l.org, o.ID, number, o.Range); err != nil {
		return false, err
	}
	var state string
	err = c.state.QueryRowContext(ctx, l.org, o.ID, number, o.Range).Scan(&state)
	return state == "won", err
}

// Completions returns the results of a generation's completed ranges, by range.
// They are kept until a later generation is sealed.
func (s *Store) Completions(ctx context.Context, org string, number int64) (map[int][]byte, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT range_number, result FROM completion WHERE organization = $1 AND generation = $2`, org, number)
	results := make(map[int][]byte)
	_, err = database.Collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
		var rng int
		var result []byte
		err = r.Scan(&rng, &result)
		results[rng] = result
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading completions of generation %d: %w", number, err)
	}
	return results, nil
}

// Completed counts the ranges of a generation that are complete, and their devices.
func (s *Store) Completed(ctx context.Context, org string, number int64) (ranges int, devices int64, err error) {
	err = s.db.Reader().QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(devices), 0) FROM completion WHERE organization = $1 AND generation = $2`, org, number).
		Scan(&ranges, &devices)
	if err != nil {
		return 0, 0, fmt.Errorf("counting complete ranges of generation %d: %w", number, database.Explain(err))
	}
	return ranges, devices, nil
}

// Attempts returns the known attempts by ID: those whose files may exist without a snapshot that
// names them.
func (s *Store) Attempts(ctx context.Context, org string) (map[string]Attempt, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT id, generation, range_number FROM attempt WHERE organization = $1`, org)
	known := map[string]Attempt{}
	_, err = database.Collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
		var a Attempt
		err = r.Scan(&a.ID, &a.Generation, &a.Range)
		known[a.ID] = a
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing attempts: %w", err)
	}
	return known, nil
}

// DeadAttempts returns the attempts whose files will never be named: those that lost, were
// abandoned, or belong to a failed generation.
func (s *Store) DeadAttempts(ctx context.Context, org string) ([]Attempt, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT id, generation, range_number FROM attempt
		WHERE organization = $1 AND state IN ('lost', 'dead') ORDER BY generation, range_number, id`, org)
	all, err := database.Collect(rows, err, func(r *sql.Rows) (a Attempt, err error) {
		return a, r.Scan(&a.ID, &a.Generation, &a.Range)
	})
	if err != nil {
		return nil, fmt.Errorf("listing dead attempts: %w", err)
	}
	return all, nil
}

// ForgetAttempt removes a dead or lost attempt once its files are gone. Any other attempt is left
// as it is, without an error.
func (l *Lease) ForgetAttempt(ctx context.Context, id string) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM attempt WHERE organization = $1 AND id = $2 AND state IN ('lost', 'dead')`, l.org, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting attempt %q: %w", id, err)
	}
	return nil
}
