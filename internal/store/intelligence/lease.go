package intelligence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// LeaseTime is how long a lease lasts after it was taken or renewed.
const LeaseTime = 20 * time.Second

// Errors of leases.
var (
	// ErrHeld: another owner has a lease that has not ended.
	ErrHeld = errors.New("another node is changing feeds")
	// ErrLost: the lease ended, and another owner took it over.
	ErrLost = errors.New("another node has taken over the work on feeds")
)

// Lease is one node's right to change feeds and catalogs, where several share the database.
type Lease struct {
	db    *database.DB
	owner string
}

// TakeLease takes the lease for an owner with a unique name. The error is ErrHeld if another owner has
// one that has not ended by the database's clock.
func TakeLease(ctx context.Context, s *Store, owner string) (*Lease, error) {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		reading, err := s.db.Reading(ctx, tx)
		if err != nil {
			return err
		}
		now := database.Millis(reading)
		taken, err := database.Affected(tx.ExecContext(ctx, `
			INSERT INTO work (name, owner, until) VALUES ('intelligence', $1, $2)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
			WHERE work.owner = excluded.owner OR work.until <= $3 OR work.until > excluded.until`,
			owner, now+LeaseTime.Milliseconds(), now))
		if err == nil && taken == 0 {
			err = ErrHeld
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("taking the lease on feeds: %w", err)
	}
	return &Lease{s.db, owner}, nil
}

// Held reports whether a node has a lease that has not ended.
func Held(ctx context.Context, s *Store) (held bool, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		reading, err := s.db.Reading(ctx, tx)
		if err != nil {
			return err
		}
		now, found := database.Millis(reading), 0
		err = tx.QueryRowContext(ctx, `SELECT count(*) FROM work WHERE name = 'intelligence' AND until > $1 AND until <= $2`,
			now, now+LeaseTime.Milliseconds()).Scan(&found)
		held = found > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("reading the lease on feeds: %w", err)
	}
	return held, nil
}

// Renew makes the lease last LeaseTime from now on. The error is ErrLost if another owner has taken it
// over.
func (l *Lease) Renew(ctx context.Context) error {
	err := l.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		reading, err := l.db.Reading(ctx, tx)
		if err != nil {
			return err
		}
		return l.kept(tx.ExecContext(ctx, `UPDATE work SET until = $1 WHERE name = 'intelligence' AND owner = $2`,
			database.Millis(reading.Add(LeaseTime)), l.owner))
	})
	if err != nil {
		return fmt.Errorf("renewing the lease on feeds: %w", err)
	}
	return nil
}

// Release ends the lease, if the owner still has it.
func (l *Lease) Release(ctx context.Context) error {
	if _, err := l.db.Exec(ctx, `DELETE FROM work WHERE name = 'intelligence' AND owner = $1`, l.owner); err != nil {
		return fmt.Errorf("releasing the lease on feeds: %w", err)
	}
	return nil
}

// Check returns ErrLost if another owner has the lease. It writes the lease's row, so that nobody can take
// it over before the transaction ends.
func (l *Lease) Check(ctx context.Context, tx *sql.Tx) error {
	return l.kept(tx.ExecContext(ctx, `UPDATE work SET owner = owner WHERE name = 'intelligence' AND owner = $1`, l.owner))
}

// kept is the outcome of a statement that changes the row of a lease that is still the owner's.
func (l *Lease) kept(done sql.Result, err error) error {
	rows, err := database.Affected(done, err)
	if err == nil && rows == 0 {
		err = ErrLost
	}
	return err
}
