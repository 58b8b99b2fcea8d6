package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Affected returns how many rows a statement changed.
func Affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Collect scans every row of a query.
func Collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, Explain(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, Explain(rows.Err())
}

// CollectOne scans the first row of a query; ErrNotFound if there is none.
func CollectOne[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) (one T, _ error) {
	all, err := Collect(rows, err, scan)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return one, err
	}
	return all[0], nil
}

// Millis is the database's form of a time; the zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis is the inverse of Millis, in UTC.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// One returns ErrNotFound if a statement changed no row.
func One(result sql.Result, err error) error {
	rows, err := Affected(result, err)
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	return err
}

// Hash is scanned from a column of 32 bytes.
type Hash [32]byte

// Scan implements sql.Scanner.
func (h *Hash) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("stored hash is %v, must be %d bytes", value, len(h))
	}
	copy(h[:], b)
	return nil
}

// NonNil returns an empty slice for nil, so that an empty document is not stored as NULL.
func NonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ScanText scans a row of one text column.
func ScanText(rows *sql.Rows) (text string, err error) { return text, rows.Scan(&text) }

// Statements maps the place of each prepared statement to its SQL text.
type Statements map[**sql.Stmt]string

// Preparer is a database or a transaction. Statements prepared with it end with it.
type Preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Prepare prepares all of them with a database, or with a transaction.
func (all Statements) Prepare(ctx context.Context, db Preparer) (err error) {
	for into, query := range all {
		if *into, err = db.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("preparing %q: %w", query, err)
		}
	}
	return nil
}
