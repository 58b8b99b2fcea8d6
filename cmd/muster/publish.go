package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/plain"
)

// publishCmd is `muster publish`.
type publishCmd struct {
	Rebuild     bool `help:"Make all rows again and restart the history, if the last snapshot is damaged."`
	AllowShrink bool `help:"Confirm that the clock is right, which ends a doubt: devices that have been silent for too long are dropped, however many."`
	connect.Flags
	retention
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (publishCmd) Help() string {
	return `Makes a snapshot of everything that was reported before the command began, and waits until it is published. It makes one even if nothing has changed.

With --data it also removes what has been kept for long enough, as muster serve does: give it the same settings, best by variables or --config. With --server the settings of the server apply.

A snapshot is merged from the previous one, and cannot be made if that is damaged: muster repair repairs it. With --rebuild only first-seen times are taken from the previous snapshot, as far as they can be read. Earlier changes are no longer available; clients begin with a full export.

No snapshot is made while the clock is in doubt, or if one would drop a fifth of the devices, and at least 20, from the exports at once: a wrong clock makes a whole fleet look silent. Reports are received meanwhile, and the last snapshot is served. Make sure that the clock is right. The doubt ends when enough devices report with times that agree with it. If they do not, or if the devices are really gone, use --allow-shrink.

Examples:

    muster publish --server http://127.0.0.1:8800
    muster publish --data muster-data --json

Exit statuses: 0 published, 1 failed, 3 data folder in use, 6 server not reached, 7 in doubt: nothing was published.`
}

// Run makes the next snapshot.
func (c *publishCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if err := c.retention.check(); err != nil {
		return err
	}
	shown := t.Begin("making a snapshot")
	var reply control.Reply[control.Generation]
	need := connect.Need{Resume: true, Settings: c.retention.values().Settings()}
	err := c.Work(ctx, k, t, need, func(s *connect.State) (err error) {
		defer follow(ctx, s, shown)()
		reply, err = connect.Ask(ctx, s, control.Publish(control.Wish{Rebuild: c.Rebuild, AllowShrink: c.AllowShrink}),
			"publishing")
		return advisePublishing(err)
	})
	shown.End()
	if err != nil {
		return err
	}
	return connect.Show(t, c.JSON, reply, func(made control.Generation) error {
		totals, err := made.Totals.Decode()
		if err != nil {
			return err
		}
		err = t.Table([]string{"snapshot", "generated", "devices", "findings", "critical", "high", "medium", "low", "unrated",
			"new", "fixed", "updated"},
			[][]string{publishedRow(&made, &totals)})
		if err != nil {
			return err
		}
		if n := totals.Rows[defender.NonCVEAdvisories.String()]; n > 0 {
			fmt.Fprintf(t.Out, "non-CVE advisories: %d findings more; exports show them with includeNonCve=true\n", n)
		}
		if line := coverages.Fixed(totals.FixedFindings); line != "" {
			fmt.Fprintln(t.Out, line)
		}
		for _, f := range totals.RemovedFeeds {
			fmt.Fprintf(t.Out, "removed since the snapshot before: %s %s, of %d records; what only it knew is fixed here, but not assessed\n",
				f.Kind, plain.Inline(f.Name), f.Records)
		}
		return t.Lines(coverages.Lines(totals.Coverage))
	})
}

// followEvery is the time between two requests for the progress of a generation.
const followEvery = time.Second

// follow shows the progress of the generation on a terminal until end is called.
func follow(ctx context.Context, s *connect.State, shown *console.Progress) (end func()) {
	if !shown.Seen() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() {
		for ask := time.NewTicker(followEvery); ; {
			select {
			case <-ctx.Done():
				ask.Stop()
				return
			case <-ask.C:
			}
			reply, err := control.Do(ctx, s.Session, control.ListGenerations())
			if err != nil || len(reply.Value.Generations) == 0 { // a caller that may publish may not be allowed to list
				continue
			}
			if g := reply.Value.Generations[0]; g.Progress != nil {
				shown.Say("making snapshot %d: %d of %d ranges, %d devices", g.Number, g.Progress.Ranges,
					g.Progress.TotalRanges, g.Progress.Devices)
			}
		}
	})
	return func() {
		cancel()
		following.Wait()
	}
}

// advisePublishing adds what to do if no snapshot was made.
func advisePublishing(err error) error {
	var reply *control.Error
	switch {
	case errors.As(err, &reply) && reply.InDoubt():
		return plain.Hinted(err, "check the clock (date) and which devices report; if both are right, --allow-shrink publishes anyway")
	case control.HasCode(err, control.CodeSnapshotDamaged):
		return plain.Hinted(err, "muster repair repairs it and says what is lost; --rebuild restarts the history")
	}
	return err
}

// publishedRow returns a snapshot as a row of a table.
func publishedRow(made *control.Generation, totals *counts.Snapshot) []string {
	changes := totals.Changes["vulnerabilities"]
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	if !coverages.Looked(totals.Coverage) && totals.Devices > 0 && totals.Rows["vulnerabilities"] == 0 {
		// Nobody looked: there are not "0 findings".
		return []string{count(made.Number), console.InstantOrEmpty(made.GeneratedTime), count(totals.Devices),
			"not assessed", "-", "-", "-", "-", "-", count(changes.New), count(changes.Fixed), count(changes.Updated)}
	}
	return []string{count(made.Number), console.InstantOrEmpty(made.GeneratedTime), count(totals.Devices),
		count(totals.Rows["vulnerabilities"]), count(totals.Severities.Critical), count(totals.Severities.High),
		count(totals.Severities.Medium), count(totals.Severities.Low), count(totals.Severities.Unrated),
		count(changes.New), count(changes.Fixed), count(changes.Updated)}
}
