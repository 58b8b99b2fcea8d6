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

func scanAttempt(r *sql.Rows) (a Attempt, err error) {
	return a, r.Scan(&a.ID, &a.Generation, &a.Range)
}

// StartManifest records the attempt at a generation's manifest, before its file is written. It is
// the owner's, and ends with the lease. The error is ErrNotRunning if the generation is not running.
func (l *Lease) StartManifest(ctx context.Context, number int64, id string) error {
	err := l.writeAgain(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, l.store.db, tx)
		if err != nil {
			return err
		}
		rows, err := database.Affected(tx.ExecContext(ctx, `
			INSERT INTO attempt (organization, id, generation, range_number, state, started, owner)
			SELECT organization, $1, number, $2, 'running', $3, $4 FROM generation
			WHERE organization = $5 AND number = $6 AND state = 'running'
			ON CONFLICT (organization, id) DO UPDATE SET owner = excluded.owner`,
			id, ManifestRange, now, l.owner, l.org, number))
		if err == nil && rows == 0 {
			err = ErrNotRunning
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("starting the manifest of generation %d: %w", number, err)
	}
	return nil
}

// Start records attempts at ranges of a generation before their first file is written. An attempt
// is not started if its range is complete, or if another worker's attempt at it runs. The error is
// ErrNotRunning if the generation is not running or not planned, and ErrBuried if the worker is dead.
func (w *Worker) Start(ctx context.Context, org string, number int64,
	attempts ...Attempt) (started []Attempt, err error) {
	err = w.write(ctx, org, number, func(tx *sql.Tx, running bool) error {
		started = nil
		if !running {
			return ErrNotRunning
		}
		start, err := tx.PrepareContext(ctx, startAttempt)
		if err != nil {
			return err
		}
		now, err := reading(ctx, w.db, tx)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			rows, err := database.Affected(start.ExecContext(ctx, org, a.ID, number, a.Range, now, w.id))
			if err != nil {
				return fmt.Errorf("attempt %q at range %d: %w", a.ID, a.Range, err)
			}
			if rows > 0 {
				started = append(started, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("starting attempts at generation %d: %w", number, err)
	}
	return started, nil
}

// The statements of attempts are prepared once per transaction, which may have many attempts.
const (
	startAttempt = `
		INSERT INTO attempt (organization, id, generation, range_number, state, started, owner)
		SELECT $1, $2, $3, $4, 'running', $5, $6
		WHERE NOT EXISTS (SELECT 1 FROM completion c
				WHERE c.organization = $1 AND c.generation = $3 AND c.range_number = $4)
			AND NOT EXISTS (SELECT 1 FROM attempt a
				WHERE a.organization = $1 AND a.generation = $3 AND a.range_number = $4 AND a.state = 'running' AND a.owner <> $6)
		ON CONFLICT (organization, id) DO UPDATE SET owner = excluded.owner`
	// winAttempt writes the attempt's row before anything is completed: from then on nobody else can
	// declare it dead.
	winAttempt = `
		UPDATE attempt SET state = 'won'
		WHERE organization = $1 AND id = $2 AND generation = $3 AND range_number = $4 AND state = 'running' AND owner = $5
			AND EXISTS (SELECT 1 FROM generation g
				WHERE g.organization = attempt.organization AND g.number = attempt.generation AND g.state = 'running')`
	completeRange = `
		INSERT INTO completion (organization, generation, range_number, attempt, result, devices)
		SELECT organization, generation, range_number, id, $1, $2 FROM attempt
		WHERE organization = $3 AND id = $4 AND generation = $5 AND range_number = $6 AND state = 'won'
		ON CONFLICT (organization, generation, range_number) DO NOTHING`
	settleAttempt = `
		UPDATE attempt SET state = CASE WHEN EXISTS (
			SELECT 1 FROM completion c
			WHERE c.organization = attempt.organization AND c.generation = attempt.generation
				AND c.range_number = attempt.range_number AND c.attempt = attempt.id) THEN 'won' ELSE 'lost' END
		WHERE organization = $1 AND id = $2 AND generation = $3 AND range_number = $4 AND state IN ('running', 'won')`
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

// Complete ends attempts with their results, all in one transaction. An attempt wins if it is the
// worker's and still marked running, its generation is running, and no other attempt has won the
// range. Otherwise it is lost, and its files may go. Calling again gives the same answers. The error
// is ErrBuried if the worker is dead, and ErrNotFound for an attempt that was forgotten.
func (w *Worker) Complete(ctx context.Context, org string, number int64, outcomes ...Outcome) (won []bool, err error) {
	err = w.write(ctx, org, number, func(tx *sql.Tx, _ bool) error {
		won = nil
		c, err := newCompleting(ctx, tx)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			one, err := c.complete(ctx, w, org, number, o)
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
type completing struct{ win, insert, settle, state *sql.Stmt }

func newCompleting(ctx context.Context, tx *sql.Tx) (c completing, err error) {
	err = database.Statements{&c.win: winAttempt, &c.insert: completeRange, &c.settle: settleAttempt,
		&c.state: stateOfAttempt}.Prepare(ctx, tx)
	return c, err
}

// complete stores a result, marks its attempt as won or lost, and reads which.
func (c completing) complete(ctx context.Context, w *Worker, org string, number int64,
	o Outcome) (won bool, err error) {
	if _, err := c.win.ExecContext(ctx, org, o.ID, number, o.Range, w.id); err != nil {
		return false, err
	}
	if _, err := c.insert.ExecContext(ctx, database.NonNil(o.Result), o.Devices, org, o.ID, number, o.Range); err != nil {
		return false, err
	}
	if _, err := c.settle.ExecContext(ctx, org, o.ID, number, o.Range); err != nil {
		return false, err
	}
	var state string
	err = c.state.QueryRowContext(ctx, org, o.ID, number, o.Range).Scan(&state)
	return state == "won", err
}

// Failure says why an attempt failed.
type Failure struct {
	// Kind is a word for programs; it is never empty.
	Kind string
	// Text is for people.
	Text string
}

// Abandon ends running attempts without a result: they are dead. why is what failed; it is zero if
// they are handed back to be made again. The worker may be dead. An attempt that was forgotten
// meanwhile is recorded again: files may have come after its others were swept.
func (w *Worker) Abandon(ctx context.Context, org string, number int64, why Failure, attempts ...Attempt) error {
	err := w.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, w.db, tx)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			if _, err := tx.ExecContext(ctx, abandonAttempt, a.ID, Superseded, now, w.id, org, number,
				why.Kind, why.Text); err != nil {
				return fmt.Errorf("attempt %q at range %d: %w", a.ID, a.Range, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("abandoning attempts at generation %d: %w", number, err)
	}
	return nil
}

// abandonAttempt records one that was forgotten as Superseded: the sweep removes only those of its
// files that nothing names, should it have won long ago.
const abandonAttempt = `
	INSERT INTO attempt (organization, id, generation, range_number, state, started, owner)
	SELECT organization, $1, number, $2, 'dead', $3, $4 FROM generation WHERE organization = $5 AND number = $6
	ON CONFLICT (organization, id) DO UPDATE SET state = 'dead', failure = $7, failure_text = $8
	WHERE attempt.state = 'running'`

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
// abandoned, or belong to a failed generation. The error is database.ErrPaused
// while a backup is being taken.
func (s *Store) DeadAttempts(ctx context.Context, org string) (all []Attempt, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := database.MayRemove(ctx, s.db, tx); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `
			SELECT id, generation, range_number FROM attempt
			WHERE organization = $1 AND state IN ('lost', 'dead') ORDER BY generation, range_number, id`, org)
		all, err = database.Collect(rows, err, scanAttempt)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing dead attempts: %w", err)
	}
	return all, nil
}

// ForgetAttempt removes a dead or lost attempt once its files are gone, unless it was started less than a
// time ago. Any other attempt is left as it is, without an error.
func (l *Lease) ForgetAttempt(ctx context.Context, id string, age time.Duration) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, l.store.db, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM attempt WHERE organization = $1 AND id = $2 AND state IN ('lost', 'dead')
				AND (started <= $3 OR started > $4)`, l.org, id, now-age.Milliseconds(), now)
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting attempt %q: %w", id, err)
	}
	return nil
}
