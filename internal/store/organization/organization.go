package organization

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-project/muster/internal/store/database"
)

// Default is the id of the one organization of a server with no others.
const Default = "6f1c7a52-3d0e-4b8f-9a6d-2f5f0c1e8b47"

// Organization is one tenant: it owns devices, groups, and snapshots.
type Organization struct {
	ID, Name string
	// Revision is the revision of the newest report.
	Revision int64
}

// maxOrganizations is how many organizations a server may have.
const maxOrganizations = 10_000

// Ensure makes an organization or renames an existing one. An empty name keeps the
// current name. A name that another organization has is ErrExists.
func (s *Store) Ensure(ctx context.Context, id, name string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if name != "" {
			if err := Admit(ctx, tx, id, name); err != nil {
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

// Admit refuses a name that is taken, and more organizations than the limit. Names are compared
// here, in the transaction that takes the name, and not by an index, because old databases may
// have two organizations of one name.
func Admit(ctx context.Context, tx *sql.Tx, id, name string) error {
	if err := database.Alone(ctx, tx, "organizations"); err != nil {
		return err // others would decide at the same time
	}
	rows, err := tx.QueryContext(ctx, organizations)
	all, err := database.Collect(rows, err, scanOrganization)
	if err != nil {
		return err
	}
	fresh, key := true, organizationKey(name)
	for _, o := range all {
		if o.ID == id {
			fresh = false
		} else if organizationKey(o.Name) == key || strings.EqualFold(o.ID, key) {
			return fmt.Errorf("an organization called %q %w", o.Name, database.ErrExists)
		}
	}
	if fresh && len(all) >= maxOrganizations {
		return fmt.Errorf("%w: a server has at most %d organizations", database.ErrTooMany, maxOrganizations)
	}
	return nil
}

// organizationKey returns the key by which names are compared: names that look the same to people
// have the same key, whatever their case, Unicode spelling, number of spaces and invisible
// characters.
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

// ByID returns one organization; ErrNotFound if there is none with the id.
func (s *Store) ByID(ctx context.Context, id string) (o Organization, err error) {
	const query = `SELECT id, name, revision FROM organization WHERE id = $1`
	err = s.db.Reader().QueryRowContext(ctx, query, id).Scan(&o.ID, &o.Name, &o.Revision)
	if err != nil {
		return Organization{}, fmt.Errorf("reading organization %q: %w", id, database.Explain(err))
	}
	return o, nil
}

const organizations = `SELECT id, name, revision FROM organization ORDER BY id`

func scanOrganization(r *sql.Rows) (o Organization, err error) {
	return o, r.Scan(&o.ID, &o.Name, &o.Revision)
}

// All lists all organizations by id.
func (s *Store) All(ctx context.Context) ([]Organization, error) {
	rows, err := s.db.Reader().QueryContext(ctx, organizations)
	all, err := database.Collect(rows, err, scanOrganization)
	if err != nil {
		return nil, fmt.Errorf("listing organizations: %w", err)
	}
	return all, nil
}
