package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// LeaseTime is how long a lease lasts after it was taken or renewed. With what it takes to notice its
// end, others take over the work of a dead process within 30 seconds.
const LeaseTime = 20 * time.Second

// Errors of leases.
var (
	// ErrHeld: another owner has a lease that has not ended.
	ErrHeld = errors.New("another process is working on the organization")
	// ErrLost: the lease ended, and another owner took it over.
	ErrLost = errors.New("another process has taken over the work")
)

// Lease is one owner's right to make the generations of an organization, and to change or remove
// their files. Each call checks in its own transaction that the owner still has the lease.
//
// A lease that has ended stays its owner's until another owner takes it over; from then on nothing
// that the old owner left running counts. So an owner may be paused for any time and do no harm
// when it wakes.
type Lease struct {
	store      *Store
	org, owner string
}

// TakeLease takes or renews the lease on an organization for an owner with a unique name. The
// error is ErrHeld if another owner has a lease that has not ended by the database's clock. All
// running attempts of other owners are dead from then on: none of them can win. Those of workers go
// on while their worker lives.
func (s *Store) TakeLease(ctx context.Context, org, owner string) (*Lease, error) {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		taken, err := row(org).Take(ctx, s.db, tx, owner)
		if err == nil && !taken {
			err = ErrHeld
		}
		if err != nil {
			return err
		}
		return killAttempts(ctx, tx, org, owner, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("taking the lease on organization %q: %w", org, err)
	}
	return &Lease{s, org, owner}, nil
}

// row is the row of the lease on an organization.
func row(org string) database.Lease {
	return database.Lease{Table: "lease", Column: "organization", Key: org, Time: LeaseTime}
}

// Held reports whether an owner has a lease on an organization that has not ended.
func Held(ctx context.Context, s *Store, org string) (bool, error) {
	held, err := row(org).Held(ctx, s.db)
	if err != nil {
		return false, fmt.Errorf("reading the lease on organization %q: %w", org, err)
	}
	return held, nil
}

// killAttempts makes running attempts dead, except the owner's, that no worker owns, or that were
// started before a time.
func killAttempts(ctx context.Context, tx *sql.Tx, org, owner string, before int64) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE attempt SET state = 'dead' WHERE organization = $1 AND state = 'running' AND owner <> $2
			AND (started < $3 OR NOT EXISTS (SELECT 1 FROM worker w WHERE w.id = attempt.owner))`, org, owner, before)
	return err
}

// reading returns the reading of the database's clock.
func reading(ctx context.Context, db *database.DB, tx *sql.Tx) (int64, error) {
	now, err := db.Reading(ctx, tx)
	return database.Millis(now), err
}

// EndLease ends the lease on an organization, whoever owns it. It is for a starting program that
// has proved every other owner dead: on SQLite, by the lock of the data folder.
func (s *Store) EndLease(ctx context.Context, org string) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM lease WHERE organization = $1`, org); err != nil {
		return fmt.Errorf("ending the old lease on organization %q: %w", org, err)
	}
	return nil
}

// Renew makes the lease last LeaseTime from now on. The error is ErrLost if another owner has
// taken it over.
func (l *Lease) Renew(ctx context.Context) error {
	if err := kept(row(l.org).Renew(ctx, l.store.db, l.owner)); err != nil {
		return fmt.Errorf("renewing the lease on organization %q: %w", l.org, err)
	}
	return nil
}

// Release ends the lease, if the owner still has it.
func (l *Lease) Release(ctx context.Context) error {
	if err := row(l.org).Release(ctx, l.store.db, l.owner); err != nil {
		return fmt.Errorf("releasing the lease on organization %q: %w", l.org, err)
	}
	return nil
}

// write runs f in a transaction in which the owner has the lease. It writes the lease's row, so
// that nobody can take over meanwhile, on PostgreSQL as well.
func (l *Lease) write(ctx context.Context, f func(*sql.Tx) error) error {
	return l.store.db.Write(ctx, l.holding(ctx, f))
}

// writeAgain is write for an f that does no harm if it runs again after it was stored.
func (l *Lease) writeAgain(ctx context.Context, f func(*sql.Tx) error) error {
	return l.store.db.WriteAgain(ctx, l.holding(ctx, f))
}

func (l *Lease) holding(ctx context.Context, f func(*sql.Tx) error) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		if err := l.check(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	}
}

// writeAlone is write for what ends a generation: it also locks the organization, whose rules it may
// change.
func (l *Lease) writeAlone(ctx context.Context, f func(*sql.Tx) error) error {
	return l.store.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, l.org); err != nil {
			return err
		}
		if err := l.check(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

func (l *Lease) check(ctx context.Context, tx *sql.Tx) error {
	return kept(row(l.org).Owned(ctx, tx, l.owner))
}

// kept returns ErrLost if a lease is no longer the owner's.
func kept(owned bool, err error) error {
	if err == nil && !owned {
		err = ErrLost
	}
	return err
}
