package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/store/database"
)

// retentionCmd is `muster retention`.
type retentionCmd struct {
	Pause  retentionPauseCmd  `cmd:"" help:"Keep all files while a backup is taken."`
	Resume retentionResumeCmd `cmd:"" help:"End a pause."`
	Status retentionStatusCmd `cmd:"" help:"Tell whether removals are paused."`
}

// retentionFlags name the database of several nodes. The only process of a data folder is stopped instead.
type retentionFlags struct {
	Database string `required:"" placeholder:"URL" env:"MUSTER_DATABASE" help:"The PostgreSQL database, such as postgres://muster@db.example.com/muster."`
	JSON     bool   `help:"Print JSON."`
}

// retentionStatus tells whether removals are paused, for programs.
type retentionStatus struct {
	Paused bool `json:"paused"`
	// Until is when the pause ends by itself; null without one.
	Until *time.Time `json:"until"`
}

// work opens the database, does something with it, and tells whether removals are paused then.
func (f *retentionFlags) work(ctx context.Context, k *kong.Context, t *console.Terminal,
	do func(*database.DB) error) (err error) {
	if err := connect.NoPassword(k, f.Database); err != nil {
		return err
	}
	db, err := database.Open(ctx, database.Config{URL: f.Database, Existing: true,
		Tell: func(text string) { t.Note("%s", text) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := do(db); err != nil {
		return err
	}
	until, err := database.Paused(ctx, db)
	if err != nil {
		return err
	}
	if f.JSON {
		status := retentionStatus{Paused: !until.IsZero()}
		if status.Paused {
			status.Until = &until
		}
		return t.JSON(status)
	}
	if until.IsZero() {
		_, err = fmt.Fprintln(t.Out, "removals are not paused")
	} else {
		_, err = fmt.Fprintf(t.Out, "removals are paused until %s\n", console.Instant(until))
	}
	return err
}

// retentionPauseCmd is `muster retention pause`.
type retentionPauseCmd struct {
	retentionFlags
	For time.Duration `default:"24h" placeholder:"TIME" help:"When the pause ends by itself, at most 168h from now."`
}

// Help is the long part of the command's help.
func (retentionPauseCmd) Help() string {
	return `Makes all nodes keep every file from now on, so that a copy of the database that is taken after this command, and a copy of the files that is taken after that, fit together. Snapshots are made and served meanwhile. The pause ends by itself, so that a backup that failed does not fill the store; end it with muster retention resume. A second pause begins anew.

Examples:

    muster retention pause --database postgres://muster@db.example.com/muster --for 6h

Exit statuses: 0 paused, 1 failed, 2 wrong usage, 3 the database is newer or being filled.`
}

// Run pauses removals.
func (c *retentionPauseCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.For < time.Second || c.For > database.MaxPause {
		return console.Usage("--for is %v, must be 1s to %v", c.For, database.MaxPause)
	}
	return c.work(ctx, k, t, func(db *database.DB) error { return database.PauseRemovals(ctx, db, c.For) })
}

// retentionResumeCmd is `muster retention resume`.
type retentionResumeCmd struct{ retentionFlags }

// Help is the long part of the command's help.
func (retentionResumeCmd) Help() string {
	return `Lets all nodes remove files again, once the copies of the database and of the files are complete. Without a pause it changes nothing.

Examples:

    muster retention resume --database postgres://muster@db.example.com/muster

Exit statuses: 0 removals go on, 1 failed, 2 wrong usage, 3 the database is newer or being filled.`
}

// Run ends a pause.
func (c *retentionResumeCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, func(db *database.DB) error { return database.ResumeRemovals(ctx, db) })
}

// retentionStatusCmd is `muster retention status`.
type retentionStatusCmd struct{ retentionFlags }

// Help is the long part of the command's help.
func (retentionStatusCmd) Help() string {
	return `Tells whether removals are paused, and until when. It changes nothing.

Examples:

    muster retention status --database postgres://muster@db.example.com/muster
    muster retention status --database postgres://muster@db.example.com/muster --json

Exit statuses: 0 told, 1 failed, 2 wrong usage, 3 the database is newer or being filled.`
}

// Run tells whether removals are paused.
func (c *retentionStatusCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, func(*database.DB) error { return nil })
}
