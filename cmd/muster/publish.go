package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/snapshot"
)

// publishCmd is `muster publish`.
type publishCmd struct {
	Rebuild     bool `help:"Make everything anew, and begin history again: for a snapshot that is damaged."`
	AllowShrink bool `help:"The word that ends a doubt: the clock is right, and devices that have been silent for too long go, however many."`
	stateFlags
	retention
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (publishCmd) Help() string {
	return `Makes a snapshot of everything that was reported before the command began, and waits until it is published. A snapshot is made even when nothing has changed.

With --data it also removes what has been kept for long enough, as muster serve does: give it the same settings, best by variables or --config. A server has its own.

A snapshot is merged from the one before, and so cannot be made when that is damaged: muster repair brings it in order. With --rebuild nothing is taken from the snapshot before but first-seen times, as far as they can be read. Changes from before it can no longer be asked for; clients begin with a full export.

No snapshot is made while the clock is in doubt, or would take a fifth of the devices, and at least 20, out of the exports at once: a clock that is wrong makes a whole fleet look silent. Reports are taken meanwhile, and the last snapshot is served. Make sure that the clock is right; the doubt ends when enough devices report with times that agree with it. Where they do not, or are really gone, --allow-shrink says so.

Examples:

    muster publish --server http://127.0.0.1:8800
    muster publish --data muster-data --json

Exit statuses: 0 published, 1 failed, 3 data folder in use, 6 server not reached, 7 in doubt: nothing was published.`
}

// published is a snapshot as the API tells of it.
type published struct {
	Number        int64           `json:"number"`
	BegunTime     time.Time       `json:"begunTime"`
	GeneratedTime time.Time       `json:"generatedTime"`
	Totals        snapshot.Totals `json:"totals"`
}

// Run makes the next snapshot.
func (c *publishCmd) Run(ctx context.Context, k *kong.Context, t *terminal) error {
	raw, err := c.publish(ctx, k, t)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.json(raw)
	}
	var made published
	if err := json.Unmarshal(raw, &made); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	return t.table([]string{"snapshot", "generated", "devices", "findings", "critical", "new", "fixed", "updated"}, [][]string{made.row()})
}

// publish asks for a snapshot and waits for it.
func (c *publishCmd) publish(ctx context.Context, k *kong.Context, t *terminal) (reply json.RawMessage, err error) {
	if err := c.retention.check(); err != nil {
		return nil, err
	}
	shown := t.begin("making a snapshot")
	defer shown.end()
	s, err := c.open(ctx, k, t, need{resume: true, settings: c.settings()})
	if err != nil {
		return nil, err
	}
	defer s.end(&err)
	query := url.Values{"wait": {"true"}, "rebuild": {strconv.FormatBool(c.Rebuild)},
		"allowShrink": {strconv.FormatBool(c.AllowShrink)}}
	if err := s.do(ctx, call{method: http.MethodPost, path: "/v1/generations", query: query}, &reply); err != nil {
		switch {
		case statusOf(err) == statusDoubt:
			err = hinted(err, "look at the clock (date) and at who reports; if both are right, --allow-shrink publishes all the same")
		case strings.Contains(err.Error(), "rebuild=true"):
			err = hinted(err, "muster repair brings it in order, and says what is lost; --rebuild begins history again")
		}
		return nil, fmt.Errorf("publishing: %w", err)
	}
	return reply, nil
}

// row is the snapshot as a line of a table.
func (p *published) row() []string {
	changes := p.Totals.Changes["vulnerabilities"]
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{count(p.Number), p.GeneratedTime.Format(time.RFC3339), count(p.Totals.Devices),
		count(p.Totals.Rows["vulnerabilities"]), count(p.Totals.Severities.Critical),
		count(changes.New), count(changes.Fixed), count(changes.Updated)}
}
