package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/alecthomas/kong"
)

// feedImportCmd is `muster feed import`.
type feedImportCmd struct {
	Kind        string   `arg:"" enum:"cve5,nvd,osv,kev,eol" help:"What the files are: cve5, nvd, osv, kev or eol."`
	Paths       []string `arg:"" name:"path" help:"Files of the feed as they were downloaded, or folders with such files."`
	Name        string   `placeholder:"NAME" help:"Name of the feed: the same one is replaced. Default: that of the only path, without endings."`
	AllowShrink bool     `help:"Accept a feed that has lost more than half of its records."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (feedImportCmd) Help() string {
	return `Takes all files as one feed, in place of what the feed of that kind and name had, and builds a new catalog. A feed that cannot be read to its end changes nothing.

The kinds and their files, all as they are published (doc/feeds.md says where):

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
func (c *feedImportCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	name, err := c.name()
	if err != nil {
		return err
	}
	files, total, err := listFiles(c.Paths)
	if err != nil {
		return err
	}
	s, err := c.open(ctx, k, t, need{make: true})
	if err != nil {
		return err
	}
	defer s.end(&err)
	shown := t.begin("importing")
	raw, err := c.send(ctx, s, name, &upload{files: files, total: total, shown: shown})
	shown.end()
	if err != nil {
		return c.explain(name, err)
	}
	return printFeedsReply(t, raw, c.JSON)
}

// explain adds advice to an error of importing.
func (c *feedImportCmd) explain(name string, err error) error {
	var reply *replyError
	if errors.As(err, &reply) && reply.Status == http.StatusConflict {
		err = hinted(err, "if it is meant to be smaller: --allow-shrink")
	}
	return fmt.Errorf("importing feed %q of kind %s: %w", name, c.Kind, err)
}

// name returns the feed's name.
func (c *feedImportCmd) name() (string, error) {
	switch {
	case c.Name != "":
		return c.Name, nil
	case len(c.Paths) > 1:
		return "", hinted(usage("several paths are one feed, which needs a name"), "--name NAME")
	}
	return withoutEndings(filepath.Base(c.Paths[0])), nil
}

// withoutEndings removes the endings of raw files from a name.
func withoutEndings(name string) string {
	endings := []string{".json", ".gz", ".tgz", ".tar", ".zip"}
	for ending := filepath.Ext(name); slices.Contains(endings, ending) && name != ending; ending = filepath.Ext(name) {
		name = strings.TrimSuffix(name, ending)
	}
	return name
}

func (c *feedImportCmd) send(ctx context.Context, s *state, name string, u *upload) (raw json.RawMessage, err error) {
	form := multipart.NewWriter(nil).Boundary()
	err = s.do(ctx, call{
		method: http.MethodPut, path: "/v1/feeds/" + c.Kind + "/" + url.PathEscape(name),
		query:       url.Values{"allowShrink": {strconv.FormatBool(c.AllowShrink)}},
		contentType: "multipart/form-data; boundary=" + form,
		body:        func() (io.ReadCloser, error) { return u.open(form), nil },
	}, &raw)
	return raw, err
}

// listFiles lists the files that paths name, and those in folders that they
// name, with their size.
func listFiles(paths []string) (files []string, total int64, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errInput, err)
		}
		if !info.IsDir() {
			files, total = append(files, path), total+info.Size()
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errInput, err)
		}
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
				files, total = append(files, filepath.Join(path, entry.Name())), total+info.Size()
			}
		}
	}
	if len(files) == 0 {
		return nil, 0, fmt.Errorf("%w: there are no files in %q", errInput, paths)
	}
	return files, total, nil
}

// upload sends files as the parts of a multipart body, and shows how far it is.
type upload struct {
	files []string
	total int64
	sent  atomic.Int64
	shown *progress
}

// open begins to send. Closing what it returns ends it.
func (u *upload) open(boundary string) io.ReadCloser {
	u.sent.Store(0)
	body, writer := io.Pipe()
	go func() { writer.CloseWithError(u.write(writer, boundary)) }()
	return body
}

func (u *upload) write(w io.Writer, boundary string) error {
	form := multipart.NewWriter(w)
	if err := form.SetBoundary(boundary); err != nil {
		return err
	}
	for _, name := range u.files {
		part, err := form.CreateFormFile("file", filepath.Base(name))
		if err != nil {
			return err
		}
		if err := u.copy(part, name); err != nil {
			return err
		}
	}
	u.shown.say("reading the feed and building the catalog")
	return form.Close()
}

func (u *upload) copy(part io.Writer, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	defer file.Close()
	_, err = io.Copy(io.MultiWriter(part, u), file)
	return err
}

// Write counts what was sent.
func (u *upload) Write(p []byte) (int, error) {
	u.shown.say("importing %s of %s", size(u.sent.Add(int64(len(p)))), size(u.total))
	return len(p), nil
}
