package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/plain"
)

// feedListCmd is `muster feed list`.
type feedListCmd struct {
	Rejected bool `help:"List the records of each feed that were left out, at most the first 1,000, with the reasons."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (feedListCmd) Help() string {
	return `Lists feeds and the catalog that was built from them: what their records are about, how many records there are and how many were rejected because they could not be used, when the first and the last record were changed, and how old the last is. Feeds that were removed since the last snapshot follow.

Examples:

    muster feed list --data muster-data
    muster feed list --rejected --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists feeds.
func (c *feedListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListFeeds(c.Rejected), "listing feeds", func(known control.FeedList) error {
		if c.Rejected {
			return printRejected(t, known.Feeds)
		}
		var rows [][]string
		for _, f := range known.Feeds {
			about, first, last, age, err := contentsOf(f.Contents, time.Now())
			if err != nil {
				return err
			}
			rows = append(rows, []string{f.Kind, f.Name, strconv.FormatInt(f.Records, 10), strconv.FormatInt(f.Rejected, 10),
				about, first, last, age, console.Size(f.Bytes), moment(f.ImportedTime), moment(f.CheckedTime),
				stateOf(&f, time.Now())})
		}
		if err := t.Table([]string{"kind", "name", "records", "rejected", "about", "first", "last", "age", "size", "imported",
			"checked", ""}, rows); err != nil {
			return err
		}
		for _, r := range known.Removed {
			if _, err := fmt.Fprintf(t.Out, "removed since the last snapshot: %s %s, of %d records; what only it knew is no longer assessed\n",
				r.Kind, plain.Inline(r.Name), r.Records); err != nil {
				return err
			}
		}
		if known.Catalog != nil {
			if err := printCatalog(t, known.Catalog.Summary); err != nil {
				return err
			}
		}
		return printBuild(t, known.Build)
	})
}

// stateOf says what is wrong with a feed, and from which bundle it is; "" for nothing.
func stateOf(f *control.Feed, now time.Time) string {
	var all []string
	if f.OldTime != nil && f.OldTime.Before(now) {
		all = append(all, "too old since "+f.OldTime.Format(time.DateOnly))
	}
	if f.Failures > 1 {
		all = append(all, fmt.Sprintf("failed %d times", f.Failures))
	}
	if f.Failure != "" {
		all = append(all, f.Failure)
	}
	if f.Bundle != nil {
		all = append(all, "of the bundle of "+f.Bundle.MadeTime.Format(time.DateOnly))
	}
	return strings.Join(all, "; ")
}

// contentsOf returns what a feed is about, the days of its first and last record, and the age of the
// last; "" where it is not known.
func contentsOf(encoded *control.Encoded[counts.FeedContents],
	now time.Time) (about, first, last, age string, err error) {
	if encoded == nil {
		return "", "", "", "", nil
	}
	c, err := encoded.Decode()
	if err != nil || c.NewestTime == nil || c.OldestTime == nil {
		return c.About(), "", "", "", err
	}
	days := int(max(0, now.Sub(*c.NewestTime)) / (24 * time.Hour))
	return c.About(), c.OldestTime.Format(time.DateOnly), c.NewestTime.Format(time.DateOnly), strconv.Itoa(days) + " d", nil
}

// printRejected prints the records that were left out.
func printRejected(t *console.Terminal, feeds []control.Feed) error {
	var rows [][]string
	for _, f := range feeds {
		for _, r := range f.Rejections {
			rows = append(rows, []string{f.Kind, f.Name, plain.Inline(r.Record), plain.Inline(r.Reason)})
		}
		if more := f.Rejected - int64(len(f.Rejections)); more > 0 {
			rows = append(rows, []string{f.Kind, f.Name, fmt.Sprintf("and %d more", more), ""})
		}
	}
	return t.Table([]string{"kind", "name", "record", "reason"}, rows)
}

// feedSuggestCmd is `muster feed suggest`.
type feedSuggestCmd struct{ connect.ReplyFlags }

// Help is the long part of the command's help.
func (feedSuggestCmd) Help() string {
	return `Lists the feeds that the devices of the newest snapshot need and that are missing, a part of what is published, or old: with the number of devices that need them, and where their files are published, for sites without a network. muster feed refresh --suggested fetches them.

Examples:

    muster feed suggest --data muster-data
    muster feed suggest --json --server http://127.0.0.1:8800

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run suggests feeds.
func (c *feedSuggestCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.SuggestFeeds(), "suggesting feeds", func(s control.SuggestionList) error {
		if len(s.Feeds) == 0 {
			_, err := fmt.Fprintf(t.Out, "the %d devices need no other feed\n", s.Devices)
			return err
		}
		var rows [][]string
		for _, f := range s.Feeds {
			rows = append(rows, []string{f.Kind, plain.Inline(f.Name), f.State, strconv.FormatInt(f.Devices, 10),
				plain.Inline(strings.Join(f.For, ", ")), plain.Inline(f.Has), f.URL})
		}
		return t.Table([]string{"kind", "name", "state", "devices", "for", "has", "from"}, rows)
	})
}

// kindWords are the kinds of feeds, for the tags of commands.
func kindWords() kong.Vars {
	var kinds []string
	for _, kind := range feeds.Kinds() {
		kinds = append(kinds, string(kind))
	}
	last := len(kinds) - 1
	return kong.Vars{"kinds": strings.Join(kinds, ","), "anykind": strings.Join(kinds[:last], ", ") + " or " + kinds[last]}
}

// feedRemoveCmd is `muster feed remove`.
type feedRemoveCmd struct {
	Kind string `arg:"" enum:"${kinds}" help:"Kind of the feed: ${anykind}."`
	Name string `arg:"" help:"Name of the feed, as muster feed list shows it."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (feedRemoveCmd) Help() string {
	return `Removes a feed with its files, and builds a new catalog without it. The next snapshot reports findings that only this feed knew as fixed, since changes have no other word; publish and feed list name the feed, and what it judged is no longer assessed. A later refresh does not fetch it again.

Examples:

    muster feed remove osv Debian:12 --data muster-data
    muster feed remove kev kev --server http://127.0.0.1:8800

Exit statuses: 0 removed, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such feed, 6 server not reached.`
}

// Run removes a feed.
func (c *feedRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		shown := t.Begin("removing")
		reply, err := connect.Ask(ctx, s, control.RemoveFeed(c.Kind, c.Name), "removing feed %q of kind %s", c.Name, c.Kind)
		if err == nil {
			reply, err = awaitBuild(ctx, s, reply, shown)
		}
		shown.End()
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(f control.FeedsReply) error {
			for _, one := range f.Feeds {
				if _, err := fmt.Fprintf(t.Out, "removed feed %s of kind %s, of %d records\n", plain.Inline(one.Name), one.Kind,
					one.Records); err != nil {
					return err
				}
			}
			if f.Catalog == nil {
				return nil
			}
			return printCatalog(t, *f.Catalog)
		})
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
	advisories := ""
	if c.Advisories > 0 {
		advisories = fmt.Sprintf("%d non-CVE advisories, ", c.Advisories)
	}
	_, err = fmt.Fprintf(t.Out, "catalog: %d CVEs (%d with a score), %s%d products, %d packages, %d rules\n",
		c.CVEs, c.Scored, advisories, c.Products, c.Packages, c.Rules)
	warnUnnamed(t, &c)
	return err
}

// maxUnnamed bounds the products that a warning names.
const maxUnnamed = 5

// warnUnnamed warns of products of brought titles for which nothing is found.
func warnUnnamed(t *console.Terminal, c *counts.Catalog) {
	if c.Unnamed == 0 {
		return
	}
	names := c.UnnamedProducts[:min(len(c.UnnamedProducts), maxUnnamed)]
	more := ""
	if c.Unnamed > len(names) {
		more = fmt.Sprintf(" and %d more", c.Unnamed-len(names))
	}
	t.Warn("titles: no record of a feed names %s%s: nothing will be found for software that is taken for one",
		plain.Inline(strings.Join(names, ", ")), more)
}

// moment formats a time; nil is "never".
func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return console.Instant(*t)
}

// feedRefreshCmd is `muster feed refresh`.
type feedRefreshCmd struct {
	Kind        string `arg:"" optional:"" enum:"${kinds}," default:"" help:"Kind of the one feed to fetch: ${anykind}."`
	Name        string `arg:"" optional:"" help:"Name of the one feed to fetch. For advisories (osv, and what a distribution says itself) the name is the ecosystem, such as AlmaLinux:9; for kind msrc it is msrc, or wesng for the list of WES-NG; for kind metasploit it is metasploit, or msfdb for the list of vulsio."`
	Suggested   bool   `help:"Fetch the feeds that muster feed suggest lists."`
	AllowShrink bool   `help:"Accept a feed that has lost more than half of its records."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (feedRefreshCmd) Help() string {
	return `Fetches the feeds that were fetched before, or the one that is named, and builds a new catalog if any has changed. The first time it fetches CVE records, NVD, known exploited vulnerabilities (KEV), ends of support, EPSS, Apple's releases, and lists of exploits (Metasploit, Exploit-DB, nuclei). A feed that fails stays as it was.

HTTPS_PROXY is used. With --server the server fetches.

Examples:

    muster feed refresh --data muster-data
    muster feed refresh osv Debian:12 --data muster-data
    muster feed refresh --suggested --data muster-data

Exit statuses: 0 all are up to date, 1 some failed, 2 wrong usage, 3 data folder in use, 6 server not reached.`
}

// Run fetches feeds.
func (c *feedRefreshCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Kind != "" && c.Name == "" {
		return console.Usage("a feed needs kind and name: muster feed refresh %s NAME", c.Kind)
	}
	request := control.RefreshFeeds(c.Kind, c.Name, c.AllowShrink)
	if c.Suggested {
		if c.Kind != "" {
			return console.Usage("--suggested goes without a feed")
		}
		request = control.RefreshSuggested(c.AllowShrink)
	}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		shown := t.Begin("fetching feeds")
		reply, err := connect.Ask(ctx, s, request, "fetching feeds")
		shown.End()
		if err != nil {
			return err
		}
		return printFeeds(t, c.JSON, reply, "fetched")
	})
}

// printFeeds prints the reply to an import or a refresh. It returns an error if a feed failed; done
// is what could not be done to it.
func printFeeds(t *console.Terminal, asJSON bool, reply control.Reply[control.FeedsReply], done string) error {
	if err := connect.Show(t, asJSON, reply, func(f control.FeedsReply) error { return printImports(t, f) }); err != nil {
		return err
	}
	all, failed := reply.Value.Feeds, 0
	for _, f := range all {
		if f.Error != "" {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d feeds could not be %s and stay as they were", failed, len(all), done)
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
		for _, note := range one.Notes {
			t.Warn("feed %s: %s", one.Name, note)
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

// buildLook is the time between two requests for the state of a build.
const buildLook = 200 * time.Millisecond

// awaitBuild waits for the build that the reply to an import names, and puts its result
// into the reply. A failed build is an error, though the feed is stored.
func awaitBuild(ctx context.Context, s *connect.State, reply control.Reply[control.FeedsReply],
	shown *console.Progress) (control.Reply[control.FeedsReply], error) {
	b := reply.Value.Build
	if b == nil { // an older server builds before it replies
		return reply, nil
	}
	var text json.RawMessage // of the build: for --json, with members this program does not know
	for b.EndedTime == nil {
		shown.Say("building the catalog: %s", b.State)
		select {
		case <-ctx.Done():
			return reply, ctx.Err()
		case <-time.After(buildLook):
		}
		now, err := connect.Ask(ctx, s, control.ShowBuild(b.Number), "asking for build %d of the catalog", b.Number)
		if err != nil {
			return reply, err
		}
		b, text = &now.Value, now.JSON
	}
	if b.State == "failed" {
		return reply, fmt.Errorf("the feed is stored, but build %d of the catalog failed, and the previous catalog stays in use: %s", b.Number, b.Failure)
	}
	reply.Value.Build, reply.Value.Catalog = b, b.Summary
	var whole map[string]json.RawMessage
	var built struct{ Summary json.RawMessage }
	if text == nil { // the build ended before the reply
		return reply, nil
	}
	err := errors.Join(json.Unmarshal(reply.JSON, &whole), json.Unmarshal(text, &built))
	if err == nil {
		whole["build"], whole["catalog"] = text, built.Summary
		reply.JSON, err = json.Marshal(whole)
	}
	if err != nil {
		return reply, fmt.Errorf("reading the reply: %w", err)
	}
	return reply, nil
}
