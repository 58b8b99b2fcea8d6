package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// Schema tells how far the schema of a database is.
type Schema struct {
	// Version is how many steps were taken; 0 for an empty database.
	Version int
	// Known is the newest version that this program knows: Open takes the steps in between. If Version
	// is higher, Open returns ErrNewer.
	Known int
}

// ReadSchema reads how far the schema of a database is and changes nothing, also while others use it.
// An SQLite file that is not there is fs.ErrNotExist.
func ReadSchema(ctx context.Context, cfg Config) (Schema, error) {
	cfg = cfg.withDefaults()
	name, err := cfg.Name()
	if err != nil {
		return Schema{}, err
	}
	steps, err := schemaSteps()
	if err != nil {
		return Schema{}, err
	}
	read := readSQLiteVersion
	if cfg.URL != "" {
		read = readPostgresVersion
	}
	version, err := read(ctx, cfg)
	if err != nil {
		return Schema{}, fmt.Errorf("reading the schema of database %q: %w", name, Explain(err))
	}
	return Schema{Version: max(version, 0), Known: len(steps)}, nil
}

func readPostgresVersion(ctx context.Context, cfg Config) (int, error) {
	config, err := parseURL(cfg.URL)
	if err != nil {
		return 0, err
	}
	db := connector{config: config, patience: firstPatience, reads: true}.pool(1, settings())
	version, err := postgresUsable(ctx, db, false)
	return version, errors.Join(err, db.Close())
}

// readSQLiteVersion opens the file so that not even a log that a killed process left is touched.
func readSQLiteVersion(ctx context.Context, cfg Config) (version int, err error) {
	if _, err := os.Stat(cfg.Path); err != nil {
		return 0, err
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return 0, err
	}
	uri, err := url.Parse(address(path))
	if err != nil {
		return 0, err
	}
	registerVFS()
	uri.RawQuery += "&mode=ro"
	if log, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) || err == nil && log.Size() == 0 {
		uri.RawQuery += "&immutable=1" // makes no files
	}
	db, err := sql.Open("sqlite3", uri.String())
	if err != nil {
		return 0, err
	}
	var tables int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'schema_step'`).Scan(&tables)
	if err == nil && tables > 0 {
		err = db.QueryRowContext(ctx, takenSteps).Scan(&version)
	}
	return version, errors.Join(err, db.Close())
}
