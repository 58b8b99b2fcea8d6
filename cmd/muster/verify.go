package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/generation"
)

// verifyCmd is `muster verify`.
type verifyCmd struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (verifyCmd) Help() string {
	return `Reads the whole database, every manifest and every file that is kept, compares checksums, sizes, hashes and rows, and proves that each full snapshot is the one before it with its changes applied. Files that nothing names are listed; they are no problem, unless they say that the database is older than the files. Nothing is changed.

A server does the same by itself, slowly, every day (muster serve --verify-interval).

Examples:

    muster verify --data muster-data
    muster verify --server http://127.0.0.1:8800 --json

Exit statuses: 0 all is well, 1 failed, 3 data folder in use, 4 problems were found, 6 server not reached.`
}

// Run verifies.
func (c *verifyCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if errors.Is(err, errDamaged) { // so that it cannot be opened
		if err := c.print(t, generation.Verification{Problems: []string{err.Error()}, Unknown: []string{}}); err != nil {
			return err
		}
		return found(err, 1)
	}
	if err != nil {
		return err
	}
	defer s.end(&err)
	shown := t.begin("verifying snapshots")
	var done generation.Verification
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/verify"}, &done)
	shown.end()
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	if err := c.print(t, done); err != nil {
		return err
	}
	if n := len(done.Problems) + done.More; n > 0 {
		return found(nil, n)
	}
	return nil
}

// found is the error that ends the command where there are problems. The advice
// is that of why, if it has some.
func found(why error, problems int) error {
	err := fmt.Errorf("%w: %d in what is kept", errProblems, problems)
	var advice *hintedError
	if errors.As(why, &advice) {
		return hinted(err, "%s", advice.hint)
	}
	return hinted(err, "muster repair says what can be done about damaged files, doc/operations.md about the rest")
}

func (c *verifyCmd) print(t *terminal, found generation.Verification) error {
	if c.JSON {
		return t.json(found)
	}
	for _, problem := range found.Problems {
		fmt.Fprintln(t.out, inline(problem))
	}
	if found.More > 0 {
		fmt.Fprintf(t.out, "and %d more problems\n", found.More)
	}
	for _, name := range found.Unknown {
		fmt.Fprintln(t.out, "nothing names the file", inline(name))
	}
	_, err := fmt.Fprintf(t.out, "%d snapshots, %d files, %s, %d deltas compared, %d devices, %d unknown files, %d problems\n",
		found.Snapshots, found.Files, size(found.Bytes), found.Deltas, found.Devices, len(found.Unknown), len(found.Problems)+found.More)
	return err
}
