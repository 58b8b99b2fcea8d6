package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// MaxPause bounds how long removals may be paused: nobody should be able to stop them for good.
const MaxPause = 7 * 24 * time.Hour

// ErrPaused: files may not be removed, because a backup is being taken.
var ErrPaused = errors.New("a backup is being taken: nothing is removed")

// removals is the name of the lock that pausing waits for.
const removals = "removals"

// pauseOf is the row of a pause of that length.
func pauseOf(length time.Duration) Lease {
	return Lease{Table: "work", Column: "name", Key: "backup", Time: length}
}

// PauseRemovals makes MayRemove refuse for a time, or for another time from now on. When it returns, every
// transaction that was told that it may remove files has ended. So what a later copy of the database needs
// stays: whatever is removed, it knows to be going.
func PauseRemovals(ctx context.Context, db *DB, length time.Duration) error {
	if length <= 0 || length > MaxPause {
		return fmt.Errorf("pausing removals for %v: must be more than 0 and at most %v", length, MaxPause)
	}
	err := db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if err := Alone(ctx, tx, removals); err != nil {
			return err
		}
		_, err := pauseOf(length).Take(ctx, db, tx, "backup")
		return err
	})
	if err != nil {
		return fmt.Errorf("pausing removals: %w", err)
	}
	return nil
}

// ResumeRemovals ends a pause.
func ResumeRemovals(ctx context.Context, db *DB) error {
	if err := pauseOf(MaxPause).Release(ctx, db, "backup"); err != nil {
		return fmt.Errorf("resuming removals: %w", err)
	}
	return nil
}

// Paused returns until when removals are paused; zero if they are not.
func Paused(ctx context.Context, db *DB) (until time.Time, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		until, err = pausedUntil(ctx, db, tx)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading whether removals are paused: %w", err)
	}
	return until, nil
}

// MayRemove returns ErrPaused if removals are paused. Until the transaction ends no pause begins, so what it
// decides to remove, and what it stores about that, is in every backup.
func MayRemove(ctx context.Context, db *DB, tx *sql.Tx) error {
	if err := Shared(ctx, tx, removals); err != nil {
		return err
	}
	until, err := pausedUntil(ctx, db, tx)
	if err == nil && !until.IsZero() {
		err = ErrPaused
	}
	return err
}

// pausedUntil returns the end of a pause; zero if there is none. One that is longer than any may be was set by a
// clock that was ahead.
func pausedUntil(ctx context.Context, db *DB, tx *sql.Tx) (time.Time, error) {
	now, err := db.Reading(ctx, tx)
	if err != nil {
		return time.Time{}, err
	}
	var until int64
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(until), 0) FROM work WHERE name = 'backup' AND until > $1 AND until <= $2`,
		Millis(now), Millis(now.Add(MaxPause))).Scan(&until)
	return FromMillis(until), err
}
