package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/database"
)

// WorkerTime is how long a worker lives after it was last heard of.
const WorkerTime = 15 * time.Second

// ErrBuried: the process was not heard of for too long, and others make its ranges.
var ErrBuried = errors.New("the process was taken for dead")

// Worker is a process that makes ranges, of any organization. It lives from Join until it leaves,
// or until an owner of a lease finds that its time is over (Lease.Bury). From then on nothing that
// it left running counts, so it may be paused for any time and do no harm when it wakes: it joins
// again, by another id.
type Worker struct {
	db *database.DB
	id string
}

// Workers are all workers. Its methods may be called from any goroutine.
type Workers struct{ db *database.DB }

// NewWorkers returns the workers of db.
func NewWorkers(db *database.DB) *Workers { return &Workers{db} }

// WorkerRow is what is stored of a worker.
type WorkerRow struct {
	ID    string
	Node  string    // the node's name, for people
	Able  string    // JSON: which generations it can make
	Live  bool      // whether its time is not over
	Until time.Time // by the database's clock
}

// Join makes the process a worker. able is JSON that says which generations it can make.
func (s *Workers) Join(ctx context.Context, node, able string) (*Worker, error) {
	w := &Worker{s.db, uuid.NewString()}
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, s.db, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO worker (id, node, until, able) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
			w.id, node, now+WorkerTime.Milliseconds(), able)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("joining the processes that make ranges: %w", err)
	}
	return w, nil
}

// ID is the worker's id: a UUID.
func (w *Worker) ID() string { return w.id }

// Beat makes the worker live for WorkerTime from now on. The error is ErrBuried if it is dead.
func (w *Worker) Beat(ctx context.Context) error {
	err := w.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if err := w.check(ctx, tx); err != nil {
			return err
		}
		now, err := reading(ctx, w.db, tx) // after the wait for the row
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE worker SET until = $1 WHERE id = $2`, now+WorkerTime.Milliseconds(), w.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("telling that this process lives: %w", err)
	}
	return nil
}

// Leave ends the worker. Its running attempts are dead at once.
func (w *Worker) Leave(ctx context.Context) error {
	err := w.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM worker WHERE id = $1`, w.id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE attempt SET state = 'dead' WHERE state = 'running' AND owner = $1`, w.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("leaving the processes that make ranges: %w", err)
	}
	return nil
}

// End ends all workers but one; an empty id is none. It is for a starting program that has
// proved every other process dead: on SQLite, by the lock of the data folder.
func (s *Workers) End(ctx context.Context, but string) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM worker WHERE id <> $1`, but); err != nil {
		return fmt.Errorf("ending old workers: %w", err)
	}
	return nil
}

// All lists the workers whose death nobody has noticed yet, by node and id.
func (s *Workers) All(ctx context.Context) ([]WorkerRow, error) {
	var all []WorkerRow
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		now, err := reading(ctx, s.db, tx)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT id, node, able, until FROM worker ORDER BY node, id`)
		all, err = database.Collect(rows, err, func(r *sql.Rows) (w WorkerRow, err error) {
			var until int64
			err = r.Scan(&w.ID, &w.Node, &w.Able, &until)
			w.Until, w.Live = database.FromMillis(until), now < until && until <= now+WorkerTime.Milliseconds()
			return w, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing workers: %w", err)
	}
	return all, nil
}

// check writes the worker's row, so that nobody can remove it meanwhile.
func (w *Worker) check(ctx context.Context, tx *sql.Tx) error {
	lives, err := database.Affected(tx.ExecContext(ctx, `UPDATE worker SET node = node WHERE id = $1`, w.id))
	if err == nil && lives == 0 {
		err = ErrBuried
	}
	return err
}

// write runs f in a transaction in which the worker lives and the generation stays as it is: it
// writes the rows of both, so that on PostgreSQL, too, nobody can change them meanwhile. running says
// whether the generation is planned and running.
func (w *Worker) write(ctx context.Context, org string, number int64, f func(tx *sql.Tx, running bool) error) error {
	return w.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if err := w.check(ctx, tx); err != nil {
			return err
		}
		running, err := database.Affected(tx.ExecContext(ctx, `
			UPDATE generation SET state = state
			WHERE organization = $1 AND number = $2 AND state = 'running' AND planned`, org, number))
		if err != nil {
			return err
		}
		return f(tx, running > 0)
	})
}
