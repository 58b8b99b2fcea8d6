package database

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Lease is a row that says who may do what one owner may do at a time, and until when by the
// database's clock. A lease that has ended stays its owner's until another owner takes it over. One that
// lasts longer than Time counts as ended, too: it was taken by a clock that was ahead.
type Lease struct {
	// Table has the columns Column, which is its primary key, owner and until. Both are names in a
	// program, and never from outside.
	Table, Column string
	// Key is the value of Column.
	Key string
	// Time is how long a lease lasts after it was taken or renewed.
	Time time.Duration
}

// Take takes or renews the lease for an owner. taken is false if another owner has one that has not ended.
func (l Lease) Take(ctx context.Context, db *DB, tx *sql.Tx, owner string) (taken bool, err error) {
	reading, err := db.Reading(ctx, tx)
	if err != nil {
		return false, err
	}
	now := Millis(reading)
	rows, err := Affected(tx.ExecContext(ctx, `
		INSERT INTO `+l.Table+` (`+l.Column+`, owner, until) VALUES ($1, $2, $3)
		ON CONFLICT (`+l.Column+`) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE `+l.Table+`.owner = excluded.owner OR `+l.Table+`.until <= $4 OR `+l.Table+`.until > excluded.until`,
		l.Key, owner, now+l.Time.Milliseconds(), now))
	return rows > 0, err
}

// Held reports whether an owner has a lease that has not ended.
func (l Lease) Held(ctx context.Context, db *DB) (bool, error) {
	var held int
	err := db.Read(ctx, func(tx *sql.Tx) error {
		reading, err := db.Reading(ctx, tx)
		if err != nil {
			return err
		}
		now := Millis(reading)
		return tx.QueryRowContext(ctx, `
			SELECT count(*) FROM `+l.Table+` WHERE `+l.Column+` = $1 AND until > $2 AND until <= $3`,
			l.Key, now, now+l.Time.Milliseconds()).Scan(&held)
	})
	return held > 0, err
}

// Owned reports whether the lease is the owner's. It writes the row, so that nobody can take it over
// before the transaction ends.
func (l Lease) Owned(ctx context.Context, tx *sql.Tx, owner string) (bool, error) {
	rows, err := Affected(tx.ExecContext(ctx,
		`UPDATE `+l.Table+` SET owner = owner WHERE `+l.Column+` = $1 AND owner = $2`, l.Key, owner))
	return rows > 0, err
}

// Renew makes the owner's lease last Time from now on. owned is false if another owner has taken it over.
func (l Lease) Renew(ctx context.Context, db *DB, owner string) (owned bool, err error) {
	err = db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if owned, err = l.Owned(ctx, tx, owner); err != nil || !owned {
			return err
		}
		now, err := db.Reading(ctx, tx) // after the wait for the row
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE `+l.Table+` SET until = $1 WHERE `+l.Column+` = $2 AND owner = $3`,
			Millis(now.Add(l.Time)), l.Key, owner)
		return err
	})
	return owned, err
}

// Release ends the lease, if the owner still has it.
func (l Lease) Release(ctx context.Context, db *DB, owner string) error {
	_, err := db.ExecAgain(ctx, `DELETE FROM `+l.Table+` WHERE `+l.Column+` = $1 AND owner = $2`, l.Key, owner)
	return err
}

// Keep renews a lease at an interval until ctx ends; then it returns nil. An error that wraps lost ends it, and is
// returned: another owner has the lease. tell gets every other error, after which the lease is renewed
// again when it is due next.
func Keep(ctx context.Context, every time.Duration, renew func(context.Context) error, lost error,
	tell func(error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := renew(ctx)
		switch {
		case errors.Is(err, lost):
			return err
		case err != nil && ctx.Err() == nil:
			tell(err)
		}
	}
}
