package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// verifyCmd is `muster verify`.
type verifyCmd struct {
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (verifyCmd) Help() string {
	return `Reads the whole database, every manifest and every file that is kept, compares checksums, sizes, hashes and rows, and proves that each full snapshot is the previous one with its changes applied. Files that no manifest names are listed; they are not a problem, unless they show that the database is older than the files. Nothing is changed.

A server does the same every day, slowly (muster serve --verify-interval).

Examples:

    muster verify --data muster-data
    muster verify --server http://127.0.0.1:8800 --json

Exit statuses: 0 no problems, 1 failed, 3 data folder in use, 4 problems were found, 6 server not reached.`
}

// Run verifies. If the folder is too damaged to be opened, that is the one problem it reports.
func (c *verifyCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	s, err := c.Open(ctx, k, t, connect.Need{})
	if errors.Is(err, node.ErrDamaged) {
		found := control.Verification{Problems: []string{err.Error()}, Unknown: []string{}}
		if c.JSON {
			return errors.Join(t.JSON(found), problems(1, err))
		}
		return errors.Join(printVerification(t, found), problems(1, err))
	}
	if err != nil {
		return err
	}
	return errors.Join(c.verify(ctx, t, s), s.Close())
}

func (c *verifyCmd) verify(ctx context.Context, t *console.Terminal, s *connect.State) error {
	shown := t.Begin("verifying snapshots")
	reply, err := connect.Ask(ctx, s, control.Verify(), "verifying")
	shown.End()
	if err != nil {
		return err
	}
	if err := connect.Show(t, c.JSON, reply, func(found control.Verification) error {
		return printVerification(t,
			found)
	}); err != nil {
		return err
	}
	return problems(len(reply.Value.Problems)+reply.Value.More, nil)
}

// problems returns the error of a verification that found n problems, nil for 0. Its hint is
// that of why, if why has one.
func problems(n int, why error) error {
	if n == 0 {
		return nil
	}
	advice := cmp.Or(plain.Hint(why), "muster repair repairs damaged files; doc/operations.md tells what to do about the rest")
	return plain.Hinted(fmt.Errorf("%w: %d", console.ErrProblems, n), "%s", advice)
}

func printVerification(t *console.Terminal, found control.Verification) error {
	for _, problem := range found.Problems {
		fmt.Fprintln(t.Out, plain.Inline(problem))
	}
	if found.More > 0 {
		fmt.Fprintf(t.Out, "and %d more problems\n", found.More)
	}
	for _, name := range found.Unknown {
		fmt.Fprintln(t.Out, "unknown file", plain.Inline(name))
	}
	for _, what := range found.NotChecked {
		fmt.Fprintln(t.Out, "not checked:", plain.Inline(what))
	}
	_, err := fmt.Fprintf(t.Out, "%d snapshots, %d files, %s, %d deltas compared, %d devices, %d unknown files, %d problems\n",
		found.Snapshots, found.Files, console.Size(found.Bytes), found.Deltas, found.Devices, len(found.Unknown),
		len(found.Problems)+found.More)
	return err
}
