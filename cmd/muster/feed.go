package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/intel/catalog"
)

// feedCmd is `muster feed`.
type feedCmd struct {
	Import  feedImportCmd  `cmd:"" help:"Take files as a feed, without a network."`
	Refresh feedRefreshCmd `cmd:"" help:"Fetch feeds from where they are published."`
	List    feedListCmd    `cmd:"" help:"List feeds."`
}

// feed is a feed as the API tells of it.
type feed struct {
	Kind         string     `json:"kind"`
	Name         string     `json:"name"`
	Records      int64      `json:"records"`
	Bytes        int64      `json:"bytes"`
	ImportedTime *time.Time `json:"importedTime"`
	CheckedTime  *time.Time `json:"checkedTime"`
	Failure      string     `json:"failure"`
	// What an import or a refresh tells in addition.
	Unchanged bool     `json:"unchanged"`
	Skipped   int      `json:"skipped"`
	Odd       []string `json:"odd"`
	Error     string   `json:"error"`
}

// feeds is the reply to an import or a refresh.
type feeds struct {
	Feeds   []feed           `json:"feeds"`
	Catalog *catalog.Summary `json:"catalog"`
}

// print prints what became of feeds.
func (f *feeds) print(t *terminal) error {
	var rows [][]string
	for _, one := range f.Feeds {
		if one.Error != "" {
			t.warn("%s", one.Error)
			continue
		}
		for _, odd := range one.Odd {
			t.warn("feed %s: left out: %s", one.Name, odd)
		}
		rows = append(rows, []string{one.Kind, one.Name, strconv.FormatInt(one.Records, 10), strconv.Itoa(one.Skipped), size(one.Bytes), one.outcome()})
	}
	if len(rows) > 0 {
		if err := t.table([]string{"kind", "name", "records", "left out", "size", ""}, rows); err != nil {
			return err
		}
	}
	if f.Catalog == nil {
		return nil
	}
	return printCatalog(t, *f.Catalog)
}

// outcome says in a word what became of a feed.
func (f *feed) outcome() string {
	if f.Unchanged {
		return "unchanged"
	}
	return "imported"
}

func printCatalog(t *terminal, c catalog.Summary) error {
	_, err := fmt.Fprintf(t.out, "catalog: %d CVEs (%d with a score), %d products, %d packages, %d rules\n",
		c.CVEs, c.Scored, c.Products, c.Packages, c.Rules)
	return err
}

// feedListCmd is `muster feed list`.
type feedListCmd struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (feedListCmd) Help() string {
	return `Lists feeds and the catalog that was built of them.

Examples:

    muster feed list --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists feeds.
func (c *feedListCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var raw json.RawMessage
	if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/feeds"}, &raw); err != nil {
		return fmt.Errorf("listing feeds: %w", err)
	}
	if c.JSON {
		return t.json(raw)
	}
	return printFeeds(t, raw)
}

func printFeeds(t *terminal, raw json.RawMessage) error {
	var known struct {
		Feeds   []feed
		Catalog *struct{ Summary catalog.Summary }
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		return fmt.Errorf("reading feeds: %w", err)
	}
	var rows [][]string
	for _, f := range known.Feeds {
		rows = append(rows, []string{f.Kind, f.Name, strconv.FormatInt(f.Records, 10), size(f.Bytes), moment(f.ImportedTime), moment(f.CheckedTime), f.Failure})
	}
	if err := t.table([]string{"kind", "name", "records", "size", "imported", "checked", ""}, rows); err != nil || known.Catalog == nil {
		return err
	}
	return printCatalog(t, known.Catalog.Summary)
}

// moment writes a time that may never have been.
func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// feedRefreshCmd is `muster feed refresh`.
type feedRefreshCmd struct {
	Kind        string `arg:"" optional:"" enum:"cve5,nvd,osv,kev,eol," default:"" help:"Kind of the one feed to fetch: cve5, nvd, osv, kev or eol."`
	Name        string `arg:"" optional:"" help:"Name of the one feed to fetch; of kind osv, the ecosystem, such as AlmaLinux:9."`
	AllowShrink bool   `help:"Accept a feed that has lost more than half of its records."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (feedRefreshCmd) Help() string {
	return `Fetches the feeds that were fetched before, or the one that is named, and builds a new catalog if any has changed. Before the first time it is CVE records, NVD, known exploitation (KEV) and ends of support. A feed that fails stays as it was.

HTTPS_PROXY is honoured. Through a server it is the server that fetches.

Examples:

    muster feed refresh --data muster-data
    muster feed refresh osv Debian:12 --data muster-data

Exit statuses: 0 all are up to date, 1 some failed, 2 wrong usage, 3 data folder in use, 6 server not reached.`
}

// Run fetches feeds.
func (c *feedRefreshCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	if c.Kind != "" && c.Name == "" {
		return usage("a feed is kind and name: muster feed refresh %s NAME", c.Kind)
	}
	s, err := c.open(ctx, k, t, need{make: true})
	if err != nil {
		return err
	}
	defer s.end(&err)
	query := url.Values{"kind": {c.Kind}, "name": {c.Name}, "allowShrink": {strconv.FormatBool(c.AllowShrink)}}
	shown := t.begin("fetching feeds")
	var raw json.RawMessage
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/feeds/refresh", query: query}, &raw)
	shown.end()
	if err != nil {
		return fmt.Errorf("fetching feeds: %w", err)
	}
	return printFeedsReply(t, raw, c.JSON)
}

// printFeedsReply prints the reply to an import or a refresh, and is an error
// if a feed failed.
func printFeedsReply(t *terminal, raw json.RawMessage, asJSON bool) error {
	var reply feeds
	err := json.Unmarshal(raw, &reply)
	switch {
	case err != nil:
		return fmt.Errorf("reading the reply: %w", err)
	case asJSON:
		err = t.json(raw)
	default:
		err = reply.print(t)
	}
	failed := 0
	for _, f := range reply.Feeds {
		if f.Error != "" {
			failed++
		}
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d feeds could not be fetched, and stay as they were", failed, len(reply.Feeds))
	}
	return err
}
