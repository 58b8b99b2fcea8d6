package benchmarking

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/console"
)

// lintCmd is `muster benchmark lint`.
type lintCmd struct{ Layers }

// Help is the long part of the command's help.
func (lintCmd) Help() string {
	return `Reads files of checks and says everything that is wrong with them, with file and line: syntax, members that are missing or unknown, expressions that do not compile or are too long, ids that stand twice, and verdicts without a case. muster benchmark test tries the cases.

Examples:

    muster benchmark lint checks
    muster benchmark lint checks --only --json

Exit statuses: 0 nothing is wrong, 1 failed, 2 wrong usage, 4 something is wrong, 5 a folder cannot be read, or has no files of checks.`
}

// Run reads the checks.
func (c *lintCmd) Run(t *console.Terminal) error {
	b, wrong, err := c.load()
	if err != nil {
		return err
	}
	f := found{Faults: wrong}
	if b != nil {
		f.Checks = len(b.Definitions())
	}
	return c.tell(t, f, fmt.Sprintf("%d checks: nothing is wrong", f.Checks))
}

// testCmd is `muster benchmark test`.
type testCmd struct{ Layers }

// Help is the long part of the command's help.
func (testCmd) Help() string {
	return `Tries every check with its cases: facts of which it must say compliant, nonCompliant or notApplicable, or be silent. A check must also be silent without one of the families of facts that it reads, and stay within the limit of cost.

Examples:

    muster benchmark test
    muster benchmark test checks --only

Exit statuses: 0 all cases are right, 1 failed, 2 wrong usage, 4 a case or a file is wrong, 5 a folder cannot be read, or has no files of checks.`
}

// Run tries the checks.
func (c *testCmd) Run(ctx context.Context, t *console.Terminal) error {
	b, wrong, err := c.load()
	if err != nil {
		return err
	}
	f := found{Faults: wrong}
	if b != nil {
		shown := t.Begin("trying checks")
		f.Checks = len(b.Definitions())
		f.Cases, wrong, err = b.Try(ctx)
		f.Faults = c.placed(wrong)
		shown.End()
		if err != nil {
			return err
		}
	}
	return c.tell(t, f, fmt.Sprintf("%d checks, %d cases: all are right", f.Checks, f.Cases))
}

// Check tells what is wrong in a folder of checks, and with their cases; nothing if all is right.
func Check(ctx context.Context, t *console.Terminal, folder string, json bool) error {
	l := Layers{Folders: []string{folder}, JSON: json}
	b, wrong, err := l.load()
	if err != nil {
		return err
	}
	if b != nil {
		if _, wrong, err = b.Try(ctx); err != nil {
			return err
		}
		wrong = l.placed(wrong)
	}
	if len(wrong) == 0 {
		return nil
	}
	return l.tell(t, found{Faults: wrong}, "")
}
