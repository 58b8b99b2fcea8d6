package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// feedImportCmd is `muster feed import`.
type feedImportCmd struct {
	Kind        string   `arg:"" enum:"cve5,nvd,osv,kev,eol" help:"Kind of the feed: cve5, nvd, osv, kev or eol."`
	Paths       []string `arg:"" name:"path" help:"Files of the feed as they were downloaded, or folders of such files."`
	Name        string   `placeholder:"NAME" help:"Name of the feed; a feed of the same kind and name is replaced. Default: the name of the only path, without extensions."`
	AllowShrink bool     `help:"Accept a feed that has lost more than half of its records."`
	replyFlags
}

// Help is the long part of the command's help.
func (feedImportCmd) Help() string {
	return `Imports all files as one feed, which replaces the feed of the same kind and name, and builds a new catalog. A feed that cannot be read completely changes nothing.

The kinds and their files, as they are published (doc/feeds.md says where):

    cve5   cvelistV5 (.zip) or vulnrichment (.tar.gz)
    nvd    pages of the 2.0 API, yearly feeds (.json, .json.gz), overrides (.tar.gz)
    osv    all.zip of one ecosystem
    kev    known_exploited_vulnerabilities.json
    eol    full.json of endoflife.date, API v1

Examples:

    muster feed import kev known_exploited_vulnerabilities.json --name kev --data muster-data
    muster feed import nvd nvdcve-2.0-20*.json.gz --name nvd --data muster-data
    muster feed import osv all.zip --name AlmaLinux:9 --server http://127.0.0.1:8800

Exit statuses: 0 imported, 1 failed, 2 wrong usage, 3 data folder in use, 5 the feed is refused, 6 server not reached.`
}

// Run imports a feed.
func (c *feedImportCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	name, err := c.name()
	if err != nil {
		return err
	}
	files, total, err := listFiles(c.Paths)
	if err != nil {
		return err
	}
	return c.work(ctx, k, t, need{make: true}, func(s *state) error {
		shown := t.Begin("importing")
		body := control.Files{Names: files, Open: openInput, Sent: func(sent int64) {
			if sent == total {
				shown.Say("reading the feed")
			} else {
				shown.Say("importing %s of %s", console.Size(sent), console.Size(total))
			}
		}}
		reply, err := askFor(ctx, s, control.ImportFeed(c.Kind, name, c.AllowShrink, body),
			"importing feed %q of kind %s", name, c.Kind)
		if err == nil {
			reply, err = awaitBuild(ctx, s, reply, shown)
		}
		shown.End()
		if control.HasCode(err, control.CodeFeedShrinks) {
			return plain.Hinted(err, "if the feed really is smaller: --allow-shrink")
		}
		if err != nil {
			return err
		}
		return printFeeds(t, c.JSON, reply)
	})
}

// buildLook is the time between two requests for the state of a build.
const buildLook = 200 * time.Millisecond

// awaitBuild waits for the build that the reply to an import names, and puts its result
// into the reply. A failed build is an error, though the feed is stored.
func awaitBuild(ctx context.Context, s *state, reply control.Reply[control.FeedsReply],
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
		now, err := askFor(ctx, s, control.ShowBuild(b.Number), "asking for build %d of the catalog", b.Number)
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

// openInput opens a file to be sent.
func openInput(name string) (io.ReadCloser, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	return file, nil
}

// name returns the feed's name.
func (c *feedImportCmd) name() (string, error) {
	switch {
	case c.Name != "":
		return c.Name, nil
	case len(c.Paths) > 1:
		return "", plain.Hinted(console.Usage("several paths make one feed, which needs a name"), "--name NAME")
	}
	return withoutEndings(filepath.Base(c.Paths[0])), nil
}

// withoutEndings removes the extensions of raw files from a name.
func withoutEndings(name string) string {
	endings := []string{".json", ".gz", ".tgz", ".tar", ".zip"}
	for ending := filepath.Ext(name); slices.Contains(endings, ending) && name != ending; ending = filepath.Ext(name) {
		name = strings.TrimSuffix(name, ending)
	}
	return name
}

// listFiles lists the files that paths name, and the files of folders that they name, with
// their total size.
func listFiles(paths []string) (files []string, total int64, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", control.ErrInput, err)
		}
		if !info.IsDir() {
			files, total = append(files, path), total+info.Size()
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", control.ErrInput, err)
		}
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
				files, total = append(files, filepath.Join(path, entry.Name())), total+info.Size()
			}
		}
	}
	if len(files) == 0 {
		return nil, 0, fmt.Errorf("%w: no files in %q", control.ErrInput, paths)
	}
	return files, total, nil
}
