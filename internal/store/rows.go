package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// collect scans every row of a query.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, explain(err)
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
	return all, explain(rows.Err())
}

// millis is the database's form of a time; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the inverse of millis, in UTC.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// one is ErrNotFound where a statement touched no row.
func one(result sql.Result, err error) error {
	rows, err := affected(result, err)
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	return err
}

// hash256 is scanned from a column of 32 bytes.
type hash256 [32]byte

// Scan implements sql.Scanner.
func (h *hash256) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("stored hash is %v, must be %d bytes", value, len(h))
	}
	copy(h[:], b)
	return nil
}

// nonNil keeps an empty document from becoming NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// scanText scans a row of one text.
func scanText(rows *sql.Rows) (text string, err error) { return text, rows.Scan(&text) }

// statements are texts of SQL, and where each goes once it is prepared.
type statements map[**sql.Stmt]string

// preparer is a database, or a transaction, with which its statements end.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepare prepares all of them.
func (all statements) prepare(ctx context.Context, db preparer) (err error) {
	for into, query := range all {
		if *into, err = db.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("preparing %q: %w", query, err)
		}
	}
	return nil
}
