package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// EnsureOrganization makes an organization or, if it is there, renames it. An
// empty name keeps the one it has.
func (s *Store) EnsureOrganization(ctx context.Context, id, name string) error {
	_, err := s.exec(ctx, `
		INSERT INTO organization (id, name) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE excluded.name <> ''`, id, name)
	if err != nil {
		return fmt.Errorf("making organization %q: %w", id, err)
	}
	return nil
}

// AddOrganization makes an organization. Its id is a GUID, as it stands in the
// URL of its token endpoint; ErrExists if there is one with it.
func (s *Store) AddOrganization(ctx context.Context, id, name string) (Organization, error) {
	rows, err := s.exec(ctx, `INSERT INTO organization (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, name)
	if err == nil && rows == 0 {
		err = ErrExists
	}
	if err != nil {
		return Organization{}, fmt.Errorf("adding organization %q: %w", id, err)
	}
	return Organization{ID: id, Name: name}, nil
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

// Organizations lists all of them by id.
func (s *Store) Organizations(ctx context.Context) ([]Organization, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT id, name, revision FROM organization ORDER BY id`)
	all, err := collect(rows, err, func(r *sql.Rows) (o Organization, err error) {
		return o, r.Scan(&o.ID, &o.Name, &o.Revision)
	})
	if err != nil {
		return nil, fmt.Errorf("listing organizations: %w", err)
	}
	return all, nil
}

// takeRevisions reserves the organization's next n revisions and returns the
// one before the first of them, and the revision of its group rules. On
// PostgreSQL it also holds the organization until the transaction ends, so
// that revisions become visible in order.
func takeRevisions(ctx context.Context, take *sql.Stmt, org string, n int) (before, rules int64, err error) {
	var last int64
	err = take.QueryRowContext(ctx, n, org).Scan(&last, &rules)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("organization %q: %w", org, ErrNotFound)
	}
	return last - int64(n), rules, err
}
