package scanning

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/scan"
)

// folder returns a folder of the cache.
func (c *Scan) folder(name string) (string, error) {
	base := c.Cache
	if base == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", plain.Hinted(fmt.Errorf("finding the cache: %w", err), "--cache DIR names a folder")
		}
		base = filepath.Join(user, "muster")
	}
	return filepath.Join(base, name), nil
}

// intelligence opens the feeds. Those of the cache are fetched first if that is wanted: first what every
// machine needs, then what this one's software wants by those.
func (c *Scan) intelligence(ctx context.Context, t *console.Terminal, list []*inventory.Report,
	now time.Time) (*scan.Intelligence, error) {
	compiled, err := c.folder("tables")
	if err != nil {
		return nil, err
	}
	if c.Refresh {
		if err := c.refresh(ctx, t, compiled, list, now); err != nil {
			return nil, err
		}
	}
	return c.open(ctx, t, compiled)
}

// open opens the feeds that the flags name, or those of the cache.
func (c *Scan) open(ctx context.Context, t *console.Terminal, compiled string) (*scan.Intelligence, error) {
	paths := c.Feeds
	fetched, err := c.folder("feeds")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(fetched); err == nil && (len(paths) == 0 || c.Refresh) {
		paths = append(paths[:len(paths):len(paths)], fetched)
	}
	if len(paths) == 0 {
		return nil, plain.Hinted(scan.ErrNoFeeds, "--feeds PATH names files or folders of feeds, and --refresh fetches what this machine needs")
	}
	found, passed, err := scan.Find(paths)
	for _, path := range passed {
		t.Warn("passed over: %s is of no kind of feed", path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	if err != nil {
		return nil, err
	}
	shown := t.Begin("reading feeds")
	defer shown.End()
	known, err := scan.Open(ctx, found, scan.Cache{Folder: compiled}, func(text string) { shown.Say("%s", text) },
		func(text string) { t.Warn("%s", text) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	for _, f := range known.Feeds {
		if f.Skipped > 0 {
			t.Warn("feed %s: %d records cannot be read and are left out, the first: %s", f.Name, f.Skipped, f.First)
		}
	}
	return known, nil
}

// refresh fetches the feeds of every machine, and those that this one's software wants.
func (c *Scan) refresh(ctx context.Context, t *console.Terminal, compiled string, list []*inventory.Report,
	now time.Time) error {
	folder, err := c.folder("feeds")
	if err != nil {
		return err
	}
	client, err := c.Client()
	if err != nil {
		return err
	}
	wanted, err := wants(list, now)
	if err != nil {
		return err
	}
	fetcher := scan.Fetcher{Folder: folder, Client: client}
	for _, f := range scan.Needed(wanted) {
		if f.ByHand() {
			continue
		}
		shown := t.Begin("fetching " + f.Name)
		err := fetcher.Fetch(ctx, f.Kind, f.Name)
		shown.End()
		if err != nil {
			return fmt.Errorf("%w: %w", control.ErrNoAnswer, err)
		}
	}
	return nil
}

// wants lists the feeds that the software of some reports wants, by a catalog without any.
func wants(list []*inventory.Report, now time.Time) (all []string, err error) {
	checks, err := benchmark.Default()
	for _, one := range list {
		var r *scan.Result
		if err == nil {
			r, err = scan.Nothing().Judge(one, checks, now)
		}
		if r == nil {
			return nil, err
		}
		all = append(all, r.Coverage.Wants...)
	}
	return all, nil
}
