package database

import (
	"context"
	"database/sql"
	"fmt"
)

// check asks the server what it knows of damage: pages that failed their checksums, indexes and
// constraints that do not hold. It reads no page itself.
func (p *postgres) check(ctx context.Context, _ func(context.Context, int64) error,
	fault func(error)) (Checked, error) {
	checked := Checked{Not: []string{
		"the server's files: pg_amcheck and pg_checksums check them, and backups by pg_verifybackup"}}
	var sums string
	var failures int64
	err := p.reader.QueryRowContext(ctx, `
		SELECT pg_database_size(current_database()), current_setting('data_checksums'),
			coalesce((SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()), 0)`).
		Scan(&checked.Bytes, &sums, &failures)
	if err != nil {
		return checked, err
	}
	if sums != "on" {
		checked.Not = append(checked.Not, "pages of the database: the server was made without data checksums (initdb --data-checksums, pg_checksums --enable)")
	}
	if failures > 0 {
		fault(Damaged("the server found %d pages that do not match their checksums", failures))
	}
	rows, err := p.reader.QueryContext(ctx, `
		SELECT 'index', indexrelid::regclass::text FROM pg_index
		WHERE NOT (indisvalid AND indisready) AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
		UNION ALL SELECT 'constraint', conname::text FROM pg_constraint
		WHERE NOT convalidated AND connamespace = current_schema()::regnamespace`)
	_, err = Collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var kind, name string
		if err = rows.Scan(&kind, &name); err == nil {
			fault(Damaged("%s %q is not valid", kind, name))
		}
		return none, err
	})
	if err != nil {
		return checked, fmt.Errorf("asking the server for indexes and constraints: %w", err)
	}
	return checked, nil
}
