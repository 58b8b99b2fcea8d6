package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// DefaultOrganization is the one organization of a server that was not told
// of others.
const DefaultOrganization = "6f1c7a52-3d0e-4b8f-9a6d-2f5f0c1e8b47"

// Organization is one tenant: it owns devices, groups, and snapshots.
type Organization struct {
	ID, Name string
	// Revision is that of the newest report.
	Revision int64
}

// maxOrganizations is how many a server may have.
const maxOrganizations = 10_000

// EnsureOrganization makes an organization or, if it is there, renames it. An
// empty name keeps the one it has. ErrExists if another is called so.
func (s *Store) EnsureOrganization(ctx context.Context, id, name string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if name != "" {
			if err := admitOrganization(ctx, tx, id, name); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO organization (id, name) VALUES ($1, $2)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE excluded.name <> ''`, id, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("making organization %q: %w", id, err)
	}
	return nil
}

// admitOrganization refuses a name that is taken, and more organizations than
// there may be. Names are compared here, inside the transaction that takes one,
// and not by an index: databases from before may have two of a name.
func admitOrganization(ctx context.Context, tx *sql.Tx, id, name string) error {
	if _, err := lockOrganization(ctx, tx, DefaultOrganization); err != nil && !errors.Is(err, ErrNotFound) {
		return err // the home organization keeps others from deciding at the same time
	}
	rows, err := tx.QueryContext(ctx, organizations)
	all, err := collect(rows, err, scanOrganization)
	if err != nil {
		return err
	}
	fresh, key := true, organizationKey(name)
	for _, o := range all {
		if o.ID == id {
			fresh = false
		} else if organizationKey(o.Name) == key || strings.EqualFold(o.ID, key) {
			return fmt.Errorf("an organization called %q %w", o.Name, ErrExists)
		}
	}
	if fresh && len(all) >= maxOrganizations {
		return fmt.Errorf("%w: a server has at most %d organizations", ErrTooMany, maxOrganizations)
	}
	return nil
}

// organizationKey is what names of organizations are told apart by: whatever
// their case, spelling in Unicode, number of spaces, and characters that nobody
// sees, people read the same.
func organizationKey(name string) string {
	folded := cases.Fold().String(norm.NFKC.String(name))
	seen := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, folded)
	return strings.Join(strings.Fields(norm.NFKC.String(seen)), " ")
}

// Organization returns one of them, ErrNotFound if there is none with the id.
func (s *Store) Organization(ctx context.Context, id string) (o Organization, err error) {
	const query = `SELECT id, name, revision FROM organization WHERE id = $1`
	err = s.reader.QueryRowContext(ctx, query, id).Scan(&o.ID, &o.Name, &o.Revision)
	if err != nil {
		return Organization{}, fmt.Errorf("reading organization %q: %w", id, explain(err))
	}
	return o, nil
}

const organizations = `SELECT id, name, revision FROM organization ORDER BY id`

func scanOrganization(r *sql.Rows) (o Organization, err error) {
	return o, r.Scan(&o.ID, &o.Name, &o.Revision)
}

// Organizations lists all of them by id.
func (s *Store) Organizations(ctx context.Context) ([]Organization, error) {
	rows, err := s.reader.QueryContext(ctx, organizations)
	all, err := collect(rows, err, scanOrganization)
	if err != nil {
		return nil, fmt.Errorf("listing organizations: %w", err)
	}
	return all, nil
}

// reserveRevisions is what takeRevisions runs.
const reserveRevisions = `UPDATE organization SET revision = revision + $1 WHERE id = $2 RETURNING revision, clock, ` + editionColumns

// takeRevisions reserves the organization's next n revisions and returns the
// one before the first of them, the edition of its group rules, and the newest
// reading of the clock that was believed. On PostgreSQL it also holds the
// organization until the transaction ends, so that revisions become visible in
// order.
func takeRevisions(ctx context.Context, take *sql.Stmt, org string, n int) (before int64, rules edition, mark time.Time, err error) {
	var last, clock int64
	err = take.QueryRowContext(ctx, n, org).Scan(&last, &clock, &rules.revision, &rules.groups)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, rules, mark, fmt.Errorf("organization %q: %w", org, ErrNotFound)
	}
	return last - int64(n), rules, fromMillis(clock), err
}

// lockOrganization returns the newest revision. On PostgreSQL it also waits
// for the reports that have taken theirs and are not committed yet.
func lockOrganization(ctx context.Context, tx *sql.Tx, org string) (revision int64, err error) {
	const lock = `UPDATE organization SET revision = revision WHERE id = $1 RETURNING revision`
	err = tx.QueryRowContext(ctx, lock, org).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("organization %q: %w", org, ErrNotFound)
	}
	return revision, err
}
