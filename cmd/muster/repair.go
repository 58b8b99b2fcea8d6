package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// repairCmd is `muster repair`.
type repairCmd struct {
	From   string   `placeholder:"DIR" help:"With --data: a folder with copies of files, such as a backup. Copies are found by their content."`
	GiveUp []string `placeholder:"WHAT" enum:"files,unknown,key,log" help:"What to give up if it cannot be repaired: files, unknown, and without a server also key; with --data also log."`
	DryRun bool     `help:"Change nothing and print what would be done."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (repairCmd) Help() string {
	return `Finds damaged and missing files of snapshots and repairs them: from copies with the right SHA-256 below --from, else from the previous snapshot and the changes since. In the second case the snapshot gets a new manifest, and pulls of it that are under way begin again; nothing is lost. Files that cannot be repaired are left and listed.

--give-up files gives up the files that are left. Those of older snapshots are no longer kept. Damaged ranges of the newest snapshot are made again, in a snapshot that is published at once: rows are made from the reports of the devices, first-seen times are kept as far as they can be read, and clients that ask for earlier changes begin with a full export.

--give-up unknown removes the files of snapshots that the database does not know, which verify lists, after an older database was restored; the numbers of snapshots go on above theirs.

--give-up key makes a new key if the key of the data folder, or beside the files that nodes share, is lost, or takes that of --key: all tokens, links and skip tokens become invalid. Stop all nodes first. --give-up log continues without the lost part of the database's log: the reports that were stored last are gone.

A damaged database is not repaired: restore the data folder from a backup.

Examples:

    muster repair --data muster-data --from /mnt/backup/muster --dry-run
    muster repair --data muster-data --from /mnt/backup/muster
    muster repair --server http://127.0.0.1:8800 --give-up files

Exit statuses: 0 nothing is damaged any more, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 damage is left, 5 not allowed, 6 server not reached.`
}

// Run repairs.
func (c *repairCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	give := node.GivenUp{Key: slices.Contains(c.GiveUp, "key"), Log: slices.Contains(c.GiveUp, "log")}
	if err := c.check(k, give); err != nil {
		return err
	}
	how := control.Repairing{GiveUp: slices.Contains(c.GiveUp, "files"), Dry: c.DryRun,
		GiveUpUnknown: slices.Contains(c.GiveUp, "unknown")}
	if c.From != "" {
		var err error
		if how.From, err = filepath.Abs(c.From); err != nil {
			return console.Usage("--from: %w", err)
		}
	}
	return c.Work(ctx, k, t, connect.Need{Give: give}, func(s *connect.State) error {
		shown := t.Begin("repairing snapshots")
		reply, err := connect.Ask(ctx, s, control.Repair(how), "repairing")
		shown.End()
		if err != nil {
			return err
		}
		if err := connect.Show(t, c.JSON, reply, func(done control.RepairReport) error {
			return printRepair(t, done)
		}); err != nil {
			return err
		}
		if left := reply.Value.Left; left > 0 {
			return plain.Hinted(fmt.Errorf("%w: %d damaged files are left", console.ErrProblems, left),
				"--from DIR takes copies from a backup; --give-up files gives them up")
		}
		return nil
	})
}

// check refuses flags that do not go together.
func (c *repairCmd) check(k *kong.Context, give node.GivenUp) error {
	if err := c.Choose(k); err != nil {
		return err
	}
	if c.Server != "" && (c.From != "" || give != node.GivenUp{}) {
		return console.Usage("--from, --give-up key and --give-up log do not go with --server")
	}
	if give.Log && c.Shared() {
		return console.Usage("--give-up log needs --data: a PostgreSQL server looks after its log itself")
	}
	if c.DryRun && give != (node.GivenUp{}) {
		return console.Usage("--dry-run excludes --give-up key and --give-up log")
	}
	return nil
}

func printRepair(t *console.Terminal, done control.RepairReport) error {
	for _, f := range done.Files {
		fmt.Fprintf(t.Out, "snapshot %d: %s: %s (%s)\n", f.Snapshot, plain.Inline(f.File), f.How, plain.Inline(f.Detail))
	}
	if done.Published > 0 {
		fmt.Fprintf(t.Out, "published snapshot %d\n", done.Published)
	}
	verb := "repaired or given up"
	if done.Dry {
		verb = "would be repaired or given up"
	}
	_, err := fmt.Fprintf(t.Out, "%d damaged files, %d %s, %d left\n", len(done.Files),
		len(done.Files)-done.Left, verb, done.Left)
	return err
}
