package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/move"
)

// moveCmd is `muster move`.
type moveCmd struct {
	Data string `required:"" placeholder:"DIR" env:"MUSTER_DATA" help:"Move this data folder; no server may be using it."`
	connect.Places
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (moveCmd) Help() string {
	return `Takes a data folder to what several nodes share: its database to an empty PostgreSQL database, its files to object storage or to a folder that all nodes see. Devices, reports, snapshots, clients, enrolments and feeds are there afterwards, and tokens, links and skip tokens go on working. It prints what was moved.

The signing keys are sealed with --key or MUSTER_KEY from then on; without either the folder's own key is put beside the files.

The folder is checked first and is not changed, but for the file "moved", which keeps it from being served by mistake. A folder that is damaged, in doubt or in use is refused, and so is a place that has an organization or files already. Every file is compared with its SHA-256 on the way.

A move may be interrupted at any time and run again: it goes on, and no server starts at the new place before it has ended. What it leaves in the folder (the audit log, the administrator's secret, certificates of ACME) is listed.

Examples:

    muster move --data muster-data --database postgres://muster@db.example.com/muster --files azblob://muster --key key.txt
    muster move --data muster-data --database postgres://muster@db.example.com/muster --files file:///srv/muster --json

Exit statuses: 0 moved, 1 failed, 2 wrong usage, 3 folder or place refused or in use, 7 the folder is in doubt.`
}

// Run moves a folder.
func (c *moveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Database == "" || c.Files == "" {
		return console.Usage("want --database and --files")
	}
	where, err := c.Places.Of(k)
	if err != nil {
		return err
	}
	shown := t.Begin("moving the data folder")
	tell := func(text string) { shown.Say("%s", text) }
	moved, err := move.Move(ctx, move.Config{Places: where, Tell: tell,
		Folder: node.Config{Path: c.Data, Command: k.Selected().Name, Version: t.Version, Tell: tell,
			Log: slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))}})
	shown.End()
	if err != nil {
		return err
	}
	if moved.KeyBeside {
		t.Warn("the folder's key is beside the files: who can read them and the database can sign tokens; --key or MUSTER_KEY keeps it apart")
	}
	if c.JSON {
		return t.JSON(moved)
	}
	return printMoved(t, moved)
}

// printMoved tells what was moved.
func printMoved(t *console.Terminal, moved move.Moved) error {
	if moved.Before {
		_, err := fmt.Fprintf(t.Out, "%s was moved before: to database %s with files in %s\n", moved.Folder, moved.Database, moved.Files)
		return err
	}
	var rows [][]string
	for _, table := range moved.Tables {
		rows = append(rows, []string{table.Name, strconv.FormatInt(table.Rows, 10)})
	}
	if err := t.Table([]string{"TABLE", "ROWS"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, f := range moved.Folders {
		rows = append(rows, []string{f.Name, strconv.Itoa(f.Files), console.Size(f.Bytes), strconv.Itoa(f.There)})
	}
	if err := t.Table([]string{"FOLDER", "FILES", "SIZE", "THERE BEFORE"}, rows); err != nil {
		return err
	}
	for _, name := range moved.Left {
		fmt.Fprintln(t.Out, "left in the folder:", name)
	}
	_, err := fmt.Fprintf(t.Out, "moved %s to database %s with files in %s\n", moved.Folder, moved.Database, moved.Files)
	return err
}
