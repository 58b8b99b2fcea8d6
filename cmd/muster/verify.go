package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/pipeline"
)

// verifyCmd is `muster verify`.
type verifyCmd struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (verifyCmd) Help() string {
	return `Reads every manifest and every file that is kept, compares sizes, hashes and rows, and proves that each full snapshot is the one before it with its changes applied.

Examples:

    muster verify --data muster-data
    muster verify --server http://127.0.0.1:8800 --json

Exit statuses: 0 all is well, 1 failed, 3 data folder in use, 4 problems were found, 6 server not reached.`
}

// Run verifies.
func (c *verifyCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	shown := t.begin("verifying snapshots")
	var found pipeline.Verification
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/verify"}, &found)
	shown.end()
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	if err := c.print(t, found); err != nil {
		return err
	}
	if n := len(found.Problems); n > 0 {
		return hinted(fmt.Errorf("%w: %d in what is kept", errProblems, n), "doc/operations.md says what to do about damaged files")
	}
	return nil
}

func (c *verifyCmd) print(t *terminal, found pipeline.Verification) error {
	if c.JSON {
		return t.json(found)
	}
	for _, problem := range found.Problems {
		fmt.Fprintln(t.out, inline(problem))
	}
	_, err := fmt.Fprintf(t.out, "%d snapshots, %d files, %s, %d deltas compared, %d problems\n",
		found.Snapshots, found.Files, size(found.Bytes), found.Deltas, len(found.Problems))
	return err
}
