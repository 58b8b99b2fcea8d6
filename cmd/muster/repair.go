package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/generation"
)

// repairCmd is `muster repair`.
type repairCmd struct {
	From   string   `placeholder:"DIR" help:"With --data: a folder with copies of files, such as a backup; they are found by their content."`
	GiveUp []string `placeholder:"WHAT" enum:"files,key,log" help:"What may be let go of if it cannot be repaired: files; with --data also key or log."`
	DryRun bool     `help:"Change nothing, and say what would be done."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (repairCmd) Help() string {
	return `Finds damaged and missing files of snapshots and brings them in order: from copies with the right SHA-256 below --from; else from the snapshot before and what changed since. The latter is sealed anew, and pulls of the snapshot that are going on begin again. Nothing is lost by that. What cannot be repaired is left, and named.

--give-up files lets go of what is left. Of older snapshots the files are not kept any more; of the newest the damaged ranges begin anew, in a snapshot that is published at once: devices are made from their reports, first-seen times come from whatever can be read, and clients that ask for changes from before begin with a full export.

--give-up key makes a new key where that of the data folder is lost: all tokens, links and skip tokens end. --give-up log goes on without what is lost of the database's log: reports that were stored last are gone.

A damaged database is not repaired: restore the data folder from a backup.

Examples:

    muster repair --data muster-data --from /mnt/backup/muster --dry-run
    muster repair --data muster-data --from /mnt/backup/muster
    muster repair --server http://127.0.0.1:8800 --give-up files

Exit statuses: 0 nothing is damaged any more, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 something is left, 5 not allowed, 6 server not reached.`
}

// Run repairs.
func (c *repairCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	give := givenUp{key: slices.Contains(c.GiveUp, "key"), log: slices.Contains(c.GiveUp, "log")}
	s, err := c.openFor(ctx, k, t, need{give: give})
	if err != nil {
		return err
	}
	defer s.end(&err)
	query := url.Values{"dryRun": {strconv.FormatBool(c.DryRun)}, "giveUp": {strconv.FormatBool(slices.Contains(c.GiveUp, "files"))}}
	if c.From != "" {
		from, err := filepath.Abs(c.From)
		if err != nil {
			return usage("--from: %w", err)
		}
		query.Set("from", from)
	}
	shown := t.begin("repairing snapshots")
	var done generation.RepairReport
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/repair", query: query}, &done)
	shown.end()
	if err != nil {
		return fmt.Errorf("repairing: %w", err)
	}
	if err := c.print(t, done); err != nil {
		return err
	}
	if done.Left > 0 {
		return hinted(fmt.Errorf("%w: %d files are left as they are", errProblems, done.Left),
			"--from DIR takes copies from a backup; --give-up files lets go of them")
	}
	return nil
}

// openFor opens the state, if the flags fit it.
func (c *repairCmd) openFor(ctx context.Context, k *kong.Context, t *terminal, n need) (*state, error) {
	if err := c.choose(k); err != nil {
		return nil, err
	}
	if c.Server != "" && (c.From != "" || n.give != givenUp{}) {
		return nil, usage("--from, --give-up key and --give-up log go with --data")
	}
	if c.DryRun && n.give != (givenUp{}) {
		return nil, usage("--dry-run excludes --give-up key and --give-up log")
	}
	return c.open(ctx, k, t, n)
}

func (c *repairCmd) print(t *terminal, done generation.RepairReport) error {
	if c.JSON {
		return t.json(done)
	}
	for _, f := range done.Files {
		fmt.Fprintf(t.out, "snapshot %d: %s: %s (%s)\n", f.Snapshot, inline(f.File), f.How, inline(f.Detail))
	}
	if done.Published > 0 {
		fmt.Fprintf(t.out, "published snapshot %d\n", done.Published)
	}
	verb := "repaired or given up"
	if done.Dry {
		verb = "would be repaired or given up"
	}
	_, err := fmt.Fprintf(t.out, "%d damaged files, %d %s, %d left\n", len(done.Files), len(done.Files)-done.Left, verb, done.Left)
	return err
}
