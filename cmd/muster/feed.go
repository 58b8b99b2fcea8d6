package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// feedListCmd is `muster feed list`.
type feedListCmd struct {
	replyFlags
}

// Help is the long part of the command's help.
func (feedListCmd) Help() string {
	return `Lists feeds and the catalog that was built from them.

Examples:

    muster feed list --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists feeds.
func (c *feedListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return list(ctx, k, t, &c.replyFlags, control.ListFeeds(), "listing feeds", func(known control.FeedList) error {
		var rows [][]string
		for _, f := range known.Feeds {
			rows = append(rows, []string{f.Kind, f.Name, strconv.FormatInt(f.Records, 10), console.Size(f.Bytes),
				moment(f.ImportedTime), moment(f.CheckedTime), f.Failure})
		}
		if err := t.Table([]string{"kind", "name", "records", "size", "imported", "checked", ""}, rows); err != nil {
			return err
		}
		if known.Catalog != nil {
			if err := printCatalog(t, known.Catalog.Summary); err != nil {
				return err
			}
		}
		return printBuild(t, known.Build)
	})
}

// printBuild prints the state of a build that has no catalog yet. A failed build is a warning
// and not an error: listing worked.
func printBuild(t *console.Terminal, b *control.Build) error {
	switch {
	case b == nil || b.State == "built":
		return nil
	case b.State == "failed":
		t.Warn("build %d of the catalog failed, the previous catalog stays in use: %s", b.Number, b.Failure)
		return nil
	}
	_, err := fmt.Fprintf(t.Out, "build %d of the catalog: %s\n", b.Number, b.State)
	return err
}

func printCatalog(t *console.Terminal, summary control.Encoded[counts.Catalog]) error {
	c, err := summary.Decode()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "catalog: %d CVEs (%d with a score), %d products, %d packages, %d rules\n",
		c.CVEs, c.Scored, c.Products, c.Packages, c.Rules)
	return err
}

// moment formats a time; nil is "never".
func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return instant(*t)
}

// feedRefreshCmd is `muster feed refresh`.
type feedRefreshCmd struct {
	Kind        string `arg:"" optional:"" enum:"cve5,nvd,osv,kev,eol," default:"" help:"Kind of the one feed to fetch: cve5, nvd, osv, kev or eol."`
	Name        string `arg:"" optional:"" help:"Name of the one feed to fetch. For kind osv the name is the ecosystem, such as AlmaLinux:9."`
	AllowShrink bool   `help:"Accept a feed that has lost more than half of its records."`
	replyFlags
}

// Help is the long part of the command's help.
func (feedRefreshCmd) Help() string {
	return `Fetches the feeds that were fetched before, or the one that is named, and builds a new catalog if any has changed. The first time it fetches CVE records, NVD, known exploited vulnerabilities (KEV) and ends of support. A feed that fails stays as it was.

HTTPS_PROXY is used. With --server the server fetches.

Examples:

    muster feed refresh --data muster-data
    muster feed refresh osv Debian:12 --data muster-data

Exit statuses: 0 all are up to date, 1 some failed, 2 wrong usage, 3 data folder in use, 6 server not reached.`
}

// Run fetches feeds.
func (c *feedRefreshCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Kind != "" && c.Name == "" {
		return console.Usage("a feed needs kind and name: muster feed refresh %s NAME", c.Kind)
	}
	return c.work(ctx, k, t, need{make: true}, func(s *state) error {
		shown := t.Begin("fetching feeds")
		reply, err := askFor(ctx, s, control.RefreshFeeds(c.Kind, c.Name, c.AllowShrink), "fetching feeds")
		shown.End()
		if err != nil {
			return err
		}
		return printFeeds(t, c.JSON, reply)
	})
}

// printFeeds prints the reply to an import or a refresh. It returns an error if a feed failed.
func printFeeds(t *console.Terminal, asJSON bool, reply control.Reply[control.FeedsReply]) error {
	if err := show(t, asJSON, reply, func(f control.FeedsReply) error { return printImports(t, f) }); err != nil {
		return err
	}
	all, failed := reply.Value.Feeds, 0
	for _, f := range all {
		if f.Error != "" {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d feeds could not be fetched and stay as they were", failed, len(all))
	}
	return nil
}

// printImports prints the outcome for each feed.
func printImports(t *console.Terminal, f control.FeedsReply) error {
	var rows [][]string
	for _, one := range f.Feeds {
		if one.Error != "" {
			t.Warn("%s", one.Error)
			continue
		}
		for _, odd := range one.Odd {
			t.Warn("feed %s: skipped: %s", one.Name, odd)
		}
		outcome := "imported"
		if one.Unchanged {
			outcome = "unchanged"
		}
		rows = append(rows, []string{one.Kind, one.Name, strconv.FormatInt(one.Records, 10), strconv.Itoa(one.Skipped),
			console.Size(one.Bytes), outcome})
	}
	if len(rows) > 0 {
		if err := t.Table([]string{"kind", "name", "records", "skipped", "size", ""}, rows); err != nil {
			return err
		}
	}
	if f.Catalog == nil {
		return nil
	}
	return printCatalog(t, *f.Catalog)
}
