package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/plain"
)

// feedImportCmd is `muster feed import`.
type feedImportCmd struct {
	Args        []string `arg:"" optional:"" name:"path" help:"First the kind of the feeds, if they are of one: ${anykind}. Then their files as they were downloaded, or folders of such files."`
	List        string   `placeholder:"FILE" help:"Read more paths from this file, one a line; - is standard input."`
	Name        string   `placeholder:"NAME" help:"Import all files as one feed of this name; a feed of the same kind and name is replaced. Needs the kind. Default: each archive is a feed, named by its records."`
	AllowShrink bool     `help:"Accept a feed that has lost more than half of its records."`
	Replace     bool     `help:"Accept a feed that is about something else than the one of its name, such as another ecosystem."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (feedImportCmd) Help() string {
	return `Imports feeds, which replace those of the same kind and name, and builds a new catalog. A feed that cannot be read completely changes nothing. One that fails does not stop the others.

Without --name each archive is a feed of its own, and so are the other files of one kind in one folder, such as NVD's years; folders in folders are searched. The records name a feed: AlmaLinux:9, cvelistV5, nvd, nvd-2024 if all are of one year, kev, endoflife, epss, msrc, wesng, sofa, metasploit, msfdb, exploitdb, nuclei, Red Hat, Ubuntu, titles, checks. With --name all files are one feed.

The kinds and their files, as they are published (doc/feeds.md says where):

    cve5   cvelistV5 (.zip) or vulnrichment (.tar.gz)
    nvd    pages of the 2.0 API, yearly feeds (.json, .json.gz), overrides (.tar.gz)
    osv    all.zip of one ecosystem
    kev    known_exploited_vulnerabilities.json
    eol    full.json of endoflife.date, API v1
    epss   epss_scores-current.csv.gz of FIRST
    msrc   Microsoft's updates: months of the CVRF API (.json), CSAF documents (.json), or definitions.zip of WES-NG
    sofa   macos_data_feed.json of SOFA, v1 or v2
    metasploit  modules_metadata_base.json of Metasploit, or the archive of vulsio/msfdb-list (.tar.gz)
    exploitdb   files_exploits.csv of Exploit-DB
    nuclei      cves.json of nuclei-templates
    csaf   Red Hat's VEX documents or advisories: an archive (.tar.zst), or documents (.json) with deletions.csv
    ubuntu Canonical's OpenVEX documents: an archive (.tar.gz, .tar.zst), or documents (.json)
    titles files of titles of software (.titles), which take the place of the program's own
    checks a folder of checks of settings (.yaml), which stand above the program's own

Without a kind it is recognised by the content.

Examples:

    muster feed import kev known_exploited_vulnerabilities.json --data muster-data
    muster feed import nvd nvdcve-2.0-20*.json.gz --data muster-data
    muster feed import osv AlmaLinux/all.zip Debian/all.zip --server http://127.0.0.1:8800
    muster feed import downloads --data muster-data

Exit statuses: 0 imported, 1 failed, 2 wrong usage, 3 data folder in use, 5 a feed is refused, 6 server not reached.`
}

// AfterApply refuses an unknown kind.
func (c *feedImportCmd) AfterApply() error {
	if len(c.Args) < 2 || slices.Contains(feeds.Kinds(), intel.Kind(c.Args[0])) || strings.ContainsAny(c.Args[0], `./\`) {
		return nil
	}
	if _, err := os.Stat(c.Args[0]); err == nil {
		return nil
	}
	var kinds []string
	for _, kind := range feeds.Kinds() {
		kinds = append(kinds, strconv.Quote(string(kind)))
	}
	return fmt.Errorf("<kind> must be one of %s but got %q, which is no file either", strings.Join(kinds, ","), c.Args[0])
}

// kind separates the kind from the paths.
func (c *feedImportCmd) kind() (kind intel.Kind, paths []string) {
	if len(c.Args) > 0 && slices.Contains(feeds.Kinds(), intel.Kind(c.Args[0])) {
		return intel.Kind(c.Args[0]), c.Args[1:]
	}
	return "", c.Args
}

// Run imports feeds.
func (c *feedImportCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	found, err := c.find(t)
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		shown := t.Begin("importing")
		var all control.ManyFeeds
		for _, batch := range found {
			reply, err := c.send(ctx, s, batch, all.Since(), shown)
			if err != nil && (len(found) == 1 || ctx.Err() != nil || errors.Is(err, control.ErrNoAnswer)) {
				shown.End()
				return err
			}
			all.Add(string(batch.Kind), reply, err)
		}
		reply, err := all.Reply()
		if err == nil {
			reply, err = awaitBuild(ctx, s, reply, shown)
		}
		shown.End()
		if err != nil {
			return err
		}
		if err := printFeeds(t, c.JSON, reply, "imported"); err != nil {
			return &someFailed{err, all.First()}
		}
		return nil
	})
}

// someFailed is the error of a command of which parts failed, which it has told: the first of their
// errors gives the exit status.
type someFailed struct {
	error
	first error
}

// Unwrap returns the first error.
func (s *someFailed) Unwrap() error { return s.first }

// find lists the files of each feed.
func (c *feedImportCmd) find(t *console.Terminal) (found []feeds.Batch, err error) {
	kind, paths := c.kind()
	if c.List != "" {
		listed, err := readList(t, c.List)
		if err != nil {
			return nil, err
		}
		paths = append(paths, listed...)
	}
	switch {
	case len(paths) == 0:
		return nil, console.Usage("want files or folders to import")
	case c.Name != "" && kind == "":
		return nil, console.Usage("--name makes one feed, which needs its kind")
	case c.Name != "":
		var one feeds.Batch
		if one, err = feeds.One(kind, paths); len(one.Files) > 0 {
			found = append(found, one)
		}
	default:
		var passed []string
		found, passed, err = feeds.Find(kind, paths)
		for _, path := range passed {
			t.Warn("passed over: %s is of no kind of feed", path)
		}
	}
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no feeds in %q", paths)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	return found, nil
}

// readList reads a list of paths from a file, or from standard input.
func readList(t *console.Terminal, name string) ([]string, error) {
	in := io.NopCloser(t.In)
	if name != "-" {
		var err error
		if in, err = openInput(name); err != nil {
			return nil, err
		}
	}
	defer in.Close()
	paths, err := feeds.ReadList(in)
	if err != nil {
		return nil, fmt.Errorf("%w: reading list %q: %w", control.ErrInput, name, err)
	}
	return paths, nil
}

// send imports one feed. since protects feeds that the command has imported before.
func (c *feedImportCmd) send(ctx context.Context, s *connect.State, batch feeds.Batch, since time.Time,
	shown *console.Progress) (control.Reply[control.FeedsReply], error) {
	body := control.Files{Names: batch.Files, Open: openInput, Sent: func(sent int64) {
		if sent == batch.Bytes {
			shown.Say("reading the feed")
		} else {
			shown.Say("importing %s of %s", console.Size(sent), console.Size(batch.Bytes))
		}
	}}
	what := fmt.Sprintf("feed %q", c.Name)
	if c.Name == "" {
		what = fmt.Sprintf("%q", batch.Files[0])
		if len(batch.Files) > 1 {
			what = fmt.Sprintf("%d files of %q", len(batch.Files), filepath.Dir(batch.Files[0]))
		}
	}
	reply, err := connect.Ask(ctx, s, control.ImportFeed(control.FeedImport{Kind: string(batch.Kind), Name: c.Name,
		AllowShrink: c.AllowShrink, Replace: c.Replace, Before: since, Files: body}), "importing %s of kind %s", what, batch.Kind)
	return reply, adviseImport(err, c.Name)
}

// adviseImport adds what to do about a feed that is refused.
func adviseImport(err error, name string) error {
	var reply *control.Error
	switch {
	case control.HasCode(err, control.CodeFeedShrinks):
		return plain.Hinted(err, "if the feed really is smaller: --allow-shrink")
	case control.HasCode(err, control.CodeFeedChanges):
		return plain.Hinted(err, "another --name keeps both; if it is to take the place: --replace")
	case control.HasCode(err, control.CodeFeedNameNeeded):
		return plain.Hinted(err, "--name NAME, or import the files of each ecosystem by themselves")
	case control.HasCode(err, control.CodeFeedNewer):
		return plain.Hinted(err, "two of the files are of one feed: --name NAME makes one of them")
	case name == "" && errors.As(err, &reply) &&
		(reply.Status == http.StatusMethodNotAllowed || reply.Status == http.StatusNotFound):
		return plain.Hinted(err, "an older server needs --name NAME")
	}
	return err
}

// openInput opens a file to be sent.
func openInput(name string) (io.ReadCloser, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	return file, nil
}
