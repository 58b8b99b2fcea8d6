package intelligence

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Catalog names a built catalog.
type Catalog struct {
	ID, Path string
	// Summary is JSON for people.
	Summary string
	Built   time.Time
}

const catalogColumns = `id, path, summary, built`

func scanCatalog(rows *sql.Rows) (c Catalog, err error) {
	var built int64
	err = rows.Scan(&c.ID, &c.Path, &c.Summary, &built)
	c.Built = database.FromMillis(built)
	return c, err
}

// SetCatalog makes a catalog the current one. Its file and tables must be durable. A catalog may
// be set more than once.
func (s *Store) SetCatalog(ctx context.Context, c Catalog, tables []Table) error {
	err := s.db.WriteAgain(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO catalog (id, sequence, path, summary, built)
			VALUES ($1, (SELECT coalesce(max(sequence), 0) + 1 FROM catalog), $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET
				sequence = excluded.sequence, path = excluded.path, summary = excluded.summary, built = excluded.built`,
			c.ID, c.Path, c.Summary, database.Millis(c.Built))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM catalog_table WHERE catalog = $1`, c.ID); err != nil {
			return err
		}
		for _, t := range tables {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO catalog_table (catalog, id, path) VALUES ($1, $2, $3) ON CONFLICT (catalog, id) DO NOTHING`, c.ID, t.ID, t.Path)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("setting catalog %q: %w", c.ID, err)
	}
	return nil
}

// CatalogTables lists the tables of a catalog, or those of all catalogs if id is empty.
func (s *Store) CatalogTables(ctx context.Context, id string) ([]Table, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT DISTINCT id, path FROM catalog_table WHERE $1 = '' OR catalog = $1 ORDER BY id, path`, id)
	tables, err := database.Collect(rows, err, func(rows *sql.Rows) (t Table, err error) {
		return t, rows.Scan(&t.ID, &t.Path)
	})
	if err != nil {
		return nil, fmt.Errorf("listing tables of catalog %q: %w", id, err)
	}
	return tables, nil
}

// Catalog returns the current catalog; ErrNotFound before the first.
func (s *Store) Catalog(ctx context.Context) (Catalog, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+catalogColumns+` FROM catalog ORDER BY sequence DESC LIMIT 1`)
	found, err := database.CollectOne(rows, err, scanCatalog)
	if err != nil {
		return Catalog{}, fmt.Errorf("reading the current catalog: %w", err)
	}
	return found, nil
}

// OldCatalogs returns the catalogs that are not current, oldest first. Those that no running
// generation has pinned may be removed.
func (s *Store) OldCatalogs(ctx context.Context) ([]Catalog, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+catalogColumns+` FROM catalog
		WHERE sequence < (SELECT max(sequence) FROM catalog) ORDER BY sequence`)
	old, err := database.Collect(rows, err, scanCatalog)
	if err != nil {
		return nil, fmt.Errorf("listing old catalogs: %w", err)
	}
	return old, nil
}

// ForgetCatalog removes a catalog that is not current, once its file is gone. The current one is
// left as it is, without an error.
func (s *Store) ForgetCatalog(ctx context.Context, id string) error {
	_, err := execute(ctx, s, `
		DELETE FROM catalog WHERE id = $1 AND sequence < (SELECT max(sequence) FROM catalog)`, id)
	if err != nil {
		return fmt.Errorf("forgetting catalog %q: %w", id, err)
	}
	return nil
}
