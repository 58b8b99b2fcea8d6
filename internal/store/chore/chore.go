package chore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/database"
)

// LeaseTime is how long a turn lasts after it was taken or renewed.
const LeaseTime = 20 * time.Second

// ErrLost: the turn ended, and another process has taken one.
var ErrLost = errors.New("another node has taken over")

// Store keeps who does chores, and when they were done. Its methods may be called from any goroutine.
type Store struct{ db *database.DB }

// New returns the chores of db.
func New(db *database.DB) *Store { return &Store{db} }

// slack is by how much another node's reading of the clock may be later than one's own and still count: of two nodes
// that want a turn at once, the one that read the clock first may write last, and must not take the other's turn.
const slack = time.Minute

// Turn is the right to do a chore once.
type Turn struct {
	store *Store
	name  string
	owner string
	begun int64
}

// Done is what is known of the last turn that was done.
type Done struct {
	// Begun is when it began, by the database's clock; zero if there was none.
	Begun time.Time
	// Result is JSON of its result; empty for none.
	Result string
}

// Take takes a turn if the chore is due: if nobody has a turn, and the last one that was done began an
// interval ago or earlier. It returns nil if it is not due. Times that the clock will not reach within slack
// count as past: they are from a clock that was ahead.
func (s *Store) Take(ctx context.Context, name string, every time.Duration) (*Turn, error) {
	due, err := s.due(ctx, name, every)
	if err == nil && !due {
		return nil, nil // without a write, since it is asked every few seconds
	}
	t := &Turn{store: s, name: name, owner: uuid.NewString()}
	var taken int64
	if err == nil {
		err = s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
			now, err := s.db.Reading(ctx, tx)
			if err != nil {
				return err
			}
			t.begun = database.Millis(now)
			taken, err = database.Affected(tx.ExecContext(ctx, `
				INSERT INTO chore (name, owner, until, begun, result) VALUES ($1, $2, $3, 0, '')
				ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
				WHERE chore.owner = excluded.owner
					OR (chore.until <= $4 OR chore.until > $5) AND (chore.begun <= $6 OR chore.begun > $7)`,
				name, t.owner, database.Millis(now.Add(LeaseTime)), t.begun, database.Millis(now.Add(LeaseTime+slack)),
				t.begun-every.Milliseconds(), database.Millis(now.Add(slack))))
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("taking a turn at %q: %w", name, err)
	}
	if taken == 0 {
		return nil, nil
	}
	return t, nil
}

// due reports whether a turn can probably be taken.
func (s *Store) due(ctx context.Context, name string, every time.Duration) (due bool, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		reading, err := s.db.Reading(ctx, tx)
		if err != nil {
			return err
		}
		now, others := database.Millis(reading), 0
		err = tx.QueryRowContext(ctx, `
			SELECT count(*) FROM chore WHERE name = $1
				AND (until > $2 AND until <= $3 OR begun > $4 AND begun <= $5)`,
			name, now, now+(LeaseTime+slack).Milliseconds(), now-every.Milliseconds(), now+slack.Milliseconds()).Scan(&others)
		due = others == 0
		return err
	})
	return due, err
}

// Last returns the last turn at a chore that was done.
func (s *Store) Last(ctx context.Context, name string) (Done, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT begun, result FROM chore WHERE name = $1`, name)
	last, err := database.CollectOne(rows, err, func(r *sql.Rows) (d Done, err error) {
		var begun int64
		err = r.Scan(&begun, &d.Result)
		d.Begun = database.FromMillis(begun)
		return d, err
	})
	if errors.Is(err, database.ErrNotFound) {
		return Done{}, nil
	}
	if err != nil {
		return Done{}, fmt.Errorf("reading when %q was done: %w", name, err)
	}
	return last, nil
}

// lease is the row of the turn's lease.
func (t *Turn) lease() database.Lease {
	return database.Lease{Table: "chore", Column: "name", Key: t.name, Time: LeaseTime}
}

// Renew makes the turn last LeaseTime from now on. The error is ErrLost if another process has taken one.
func (t *Turn) Renew(ctx context.Context) error {
	owned, err := t.lease().Renew(ctx, t.store.db, t.owner)
	if err == nil && !owned {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("renewing the turn at %q: %w", t.name, err)
	}
	return nil
}

// Done ends the turn: the chore is due an interval after the turn began. An empty result keeps the one
// before. The error is ErrLost if another process has taken a turn.
func (t *Turn) Done(ctx context.Context, result string) error {
	return t.end(ctx, `UPDATE chore SET until = 0, begun = $1, result = CASE WHEN $2 = '' THEN result ELSE $3 END
		WHERE name = $4 AND owner = $5`, t.begun, result, result, t.name, t.owner)
}

// GiveBack ends the turn without a result: the chore is as due as it was. A turn that was lost is no error.
func (t *Turn) GiveBack(ctx context.Context) error {
	err := t.end(ctx, `UPDATE chore SET until = 0 WHERE name = $1 AND owner = $2`, t.name, t.owner)
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

func (t *Turn) end(ctx context.Context, statement string, args ...any) error {
	rows, err := t.store.db.ExecAgain(ctx, statement, args...)
	if err == nil && rows == 0 {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("ending the turn at %q: %w", t.name, err)
	}
	return nil
}
