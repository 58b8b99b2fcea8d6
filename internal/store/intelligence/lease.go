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

// row is the lease's row.
func row() database.Lease {
	return database.Lease{Table: "work", Column: "name", Key: "intelligence", Time: LeaseTime}
}

// TakeLease takes the lease for an owner with a unique name. The error is ErrHeld if another owner has
// one that has not ended by the database's clock.
func TakeLease(ctx context.Context, s *Store, owner string) (*Lease, error) {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		taken, err := row().Take(ctx, s.db, tx, owner)
		if err == nil && !taken {
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
func Held(ctx context.Context, s *Store) (bool, error) {
	held, err := row().Held(ctx, s.db)
	if err != nil {
		return false, fmt.Errorf("reading the lease on feeds: %w", err)
	}
	return held, nil
}

// Renew makes the lease last LeaseTime from now on. The error is ErrLost if another owner has taken it
// over.
func (l *Lease) Renew(ctx context.Context) error {
	if err := kept(row().Renew(ctx, l.db, l.owner)); err != nil {
		return fmt.Errorf("renewing the lease on feeds: %w", err)
	}
	return nil
}

// Release ends the lease, if the owner still has it.
func (l *Lease) Release(ctx context.Context) error {
	if err := row().Release(ctx, l.db, l.owner); err != nil {
		return fmt.Errorf("releasing the lease on feeds: %w", err)
	}
	return nil
}

// Check returns ErrLost if another owner has the lease. It writes the lease's row, so that nobody can take
// it over before the transaction ends.
func (l *Lease) Check(ctx context.Context, tx *sql.Tx) error {
	return kept(row().Owned(ctx, tx, l.owner))
}

// kept returns ErrLost if a lease is no longer the owner's.
func kept(owned bool, err error) error {
	if err == nil && !owned {
		err = ErrLost
	}
	return err
}
