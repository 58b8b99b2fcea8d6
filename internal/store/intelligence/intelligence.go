package intelligence

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/store/database"
)

// EnterFile records the name of a file or folder of intelligence before it exists.
func (s *Store) EnterFile(ctx context.Context, path string) error {
	_, err := execute(ctx, s, `INSERT INTO intelligence_file (path) VALUES ($1) ON CONFLICT (path) DO NOTHING`, path)
	if err != nil {
		return fmt.Errorf("recording file %q: %w", path, err)
	}
	return nil
}

// ForgetFile removes a name once its file is gone.
func (s *Store) ForgetFile(ctx context.Context, path string) error {
	if _, err := execute(ctx, s, `DELETE FROM intelligence_file WHERE path = $1`, path); err != nil {
		return fmt.Errorf("forgetting file %q: %w", path, err)
	}
	return nil
}

// EnteredFiles lists the recorded names.
func (s *Store) EnteredFiles(ctx context.Context) ([]string, error) {
	return s.paths(ctx, `SELECT path FROM intelligence_file ORDER BY path`)
}

// UnnamedFiles lists the recorded names that no feed and no catalog uses. Names are listed under the guard:
// with a lease, nobody else is making a file with one of these names, then and later. The error is database.ErrPaused
// while a backup is being taken.
func (s *Store) UnnamedFiles(ctx context.Context) (paths []string, err error) {
	err = s.db.Write(ctx, guarded(ctx, s, func(tx *sql.Tx) error {
		if err := database.MayRemove(ctx, s.db, tx); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `
			SELECT path FROM intelligence_file
			WHERE path NOT IN (SELECT path FROM feed) AND path NOT IN (SELECT table_path FROM feed)
				AND path NOT IN (SELECT path FROM catalog) AND path NOT IN (SELECT path FROM catalog_table)
			ORDER BY path`)
		paths, err = database.Collect(rows, err, database.ScanText)
		return err
	}))
	if err != nil {
		return nil, fmt.Errorf("listing files that nothing names: %w", err)
	}
	return paths, nil
}

func (s *Store) paths(ctx context.Context, query string) ([]string, error) {
	rows, err := s.db.Reader().QueryContext(ctx, query)
	paths, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return nil, fmt.Errorf("listing files of intelligence: %w", err)
	}
	return paths, nil
}
