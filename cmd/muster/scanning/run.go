package scanning

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/muster-project/muster/cmd/muster/benchmarking"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/scan"
)

// Run assesses, prints, and judges by --fail-on and --max-unassessed.
func (c *Scan) Run(ctx context.Context, t *console.Terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	layers, err := benchmarking.Open(c.Checks)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	list, err := c.reports(ctx, t, now)
	if err != nil {
		return err
	}
	known, err := c.intelligence(ctx, t, list, now)
	if err != nil {
		return err
	}
	checks, err := benchmarkOf(ctx, known, layers)
	if err != nil {
		return err
	}
	results, err := judge(t, known, checks, list, now)
	if err != nil {
		return err
	}
	if err := c.print(t, known, results, now); err != nil {
		return err
	}
	return c.verdict(results)
}

// benchmarkOf loads the checks of settings: the program's own, those of feeds and those of folders. Checks of
// folders are tried with their cases first.
func benchmarkOf(ctx context.Context, known *scan.Intelligence, layers []fs.FS) (*benchmark.Benchmark, error) {
	checks, err := benchmark.LoadFiles(known.Checks(), layers...)
	if err == nil && len(layers) > 0 {
		err = checks.Tried(ctx)
	}
	if err != nil {
		return nil, plain.Hinted(fmt.Errorf("%w: loading checks: %w", control.ErrInput, err),
			"muster benchmark test says what is wrong in a folder of checks")
	}
	return checks, nil
}

// judge assesses the reports.
func judge(t *console.Terminal, known *scan.Intelligence, checks *benchmark.Benchmark, list []*inventory.Report,
	now time.Time) (results []*scan.Result, err error) {
	shown := t.Begin("assessing")
	defer shown.End()
	for _, one := range list {
		r, err := known.Judge(one, checks, now)
		if r == nil {
			return nil, err
		}
		if err != nil {
			t.Warn("%v", err)
		}
		results = append(results, r)
	}
	return results, nil
}

// verdict returns the error that gives the exit status: findings come before what was not looked at.
func (c *Scan) verdict(results []*scan.Result) error {
	failing := 0
	for _, r := range results {
		failing += r.Failing(scan.FailOn(c.FailOn))
	}
	if failing > 0 {
		return fmt.Errorf("%w: %d findings at or above --fail-on %s", console.ErrProblems, failing, c.FailOn)
	}
	for _, r := range results {
		if !r.Looked(c.MaxUnassessed) {
			return c.unlooked(r)
		}
	}
	return nil
}

// unlooked returns the error of a machine that was not assessed, with why, and what helps.
func (c *Scan) unlooked(r *scan.Result) error {
	cov, name := &r.Coverage, r.Device.Name
	var err error
	switch {
	case r.Empty():
		err = fmt.Errorf("%w: %q has no software to assess", ErrUnassessed, name)
	case cov.State == coverage.NotAssessed && r.Device.OSPlatform != "":
		err = fmt.Errorf("%w: the system of %q: %s", ErrUnassessed, name, cov.Reason.Explain())
	case r.Unassessed() <= c.MaxUnassessed:
		err = fmt.Errorf("%w: nothing of %q", ErrUnassessed, name)
	default:
		err = fmt.Errorf("%w: %s of the software of %q, more than --max-unassessed %v", ErrUnassessed,
			coverages.PercentText(r.Unassessed()), name, c.MaxUnassessed)
	}
	switch {
	case r.Device.OSPlatform != "" && cov.Reason == coverage.ReleaseUnknown:
		return plain.Hinted(err, "--os ID:VERSION names the distribution and release")
	case len(cov.Wants) > 0 && !c.Refresh:
		return plain.Hinted(err, "--refresh fetches the feeds that it needs")
	}
	return err
}
