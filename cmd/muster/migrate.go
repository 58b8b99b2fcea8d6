package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/database"
)

// migrateCmd is `muster migrate`.
type migrateCmd struct {
	Status migrateStatusCmd `cmd:"" help:"Tell how far the schema of the database is."`
	Up     migrateUpCmd     `cmd:"" help:"Bring the schema of the database up to date."`
}

// migrateFlags name a database.
type migrateFlags struct {
	Data     string `placeholder:"DIR" env:"MUSTER_DATA" help:"The database of this data folder."`
	Database string `placeholder:"URL" env:"MUSTER_DATABASE" help:"This PostgreSQL database, such as postgres://muster@db.example.com/muster."`
	JSON     bool   `help:"Print JSON."`
}

// config returns where the database is.
func (f *migrateFlags) config(k *kong.Context, t *console.Terminal) (database.Config, error) {
	places := connect.Places{Database: f.Database}
	if err := places.Prefer(k, &f.Data); err != nil {
		return database.Config{}, err
	}
	f.Database = places.Database
	if err := connect.NoPassword(k, f.Database); err != nil {
		return database.Config{}, err
	}
	tell := func(text string) { t.Note("%s", text) }
	switch {
	case f.Data == "" && f.Database == "":
		return database.Config{}, console.Usage("want --data or --database")
	case f.Database != "":
		return database.Config{URL: f.Database, Tell: tell}, nil
	}
	return database.Config{Path: filepath.Join(f.Data, node.StoreFile), Existing: true, Tell: tell}, nil
}

// migrateStatus is how far a schema is, for programs.
type migrateStatus struct {
	// Version is the number of steps that were taken, Newest the last that this program knows.
	Version int `json:"version"`
	Newest  int `json:"newest"`
	// Open are the steps that will be taken.
	Open []int `json:"open"`
	// Newer says that the database is newer than this program, which refuses it.
	Newer bool `json:"newer"`
}

// show reads and prints how far a schema is.
func (f *migrateFlags) show(ctx context.Context, t *console.Terminal, cfg database.Config) error {
	schema, err := database.ReadSchema(ctx, cfg)
	if err != nil {
		return err
	}
	status := migrateStatus{Version: schema.Version, Newest: schema.Known, Open: []int{},
		Newer: schema.Version > schema.Known}
	for step := schema.Version + 1; step <= schema.Known; step++ {
		status.Open = append(status.Open, step)
	}
	if f.JSON {
		return t.JSON(status)
	}
	text := "up to date"
	switch {
	case status.Newer:
		text = "newer than this program, which refuses it: use a newer muster"
	case len(status.Open) > 0:
		text = fmt.Sprintf("steps %d to %d are open: the next command that opens the database takes them",
			status.Open[0], schema.Known)
	}
	_, err = fmt.Fprintf(t.Out, "schema version %d of %d: %s\n", schema.Version, schema.Known, text)
	return err
}

// migrateStatusCmd is `muster migrate status`.
type migrateStatusCmd struct{ migrateFlags }

// Help is the long part of the command's help.
func (migrateStatusCmd) Help() string {
	return `Tells which steps the schema of a database has and which are open. Nothing is changed, and the database may be in use. A program refuses to open a database that is newer than itself.

Examples:

    muster migrate status --data muster-data
    muster migrate status --database postgres://muster@db.example.com/muster --json

Exit statuses: 0 told, 1 failed.`
}

// Run tells how far the schema is.
func (c *migrateStatusCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	cfg, err := c.config(k, t)
	if err != nil {
		return err
	}
	return c.show(ctx, t, cfg)
}

// migrateUpCmd is `muster migrate up`.
type migrateUpCmd struct{ migrateFlags }

// Help is the long part of the command's help.
func (migrateUpCmd) Help() string {
	return `Takes the open steps of a database's schema, in order. Every command that opens a database does the same first; this one lets you choose the time. There is no way back: back up first. Servers of the version before go on with a PostgreSQL database while and after it is upgraded; those that start later refuse it.

Examples:

    muster migrate up --data muster-data
    muster migrate up --database postgres://muster@db.example.com/muster

Exit statuses: 0 up to date, 1 failed, 3 data folder in use, or the database is newer or damaged.`
}

// Run takes the open steps.
func (c *migrateUpCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) (err error) {
	cfg, err := c.config(k, t)
	if err != nil {
		return err
	}
	if cfg.Path != "" {
		lock, err := node.TakeLock(filepath.Join(c.Data, node.LockFile), "migrate up")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.Release()) }()
	}
	db, err := database.Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	return c.show(ctx, t, cfg)
}
