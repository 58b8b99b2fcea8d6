package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/suggest"
)

// Needed lists the feeds to judge a machine by: those of every machine, and the advisories that its
// software wants (coverage.Device.Wants).
func Needed(wants []string) []suggest.Feed {
	fleet := suggest.Fleet{Devices: 1}
	for _, name := range wants {
		fleet.Wants = append(fleet.Wants, counts.Wanted{Name: name, Devices: 1})
	}
	return fleet.Feeds()
}

// Fetcher fetches feeds from their publishers into a folder, one below it for each.
type Fetcher struct {
	Folder string
	Client *http.Client
	// URL, if set, replaces the address of every feed, for tests.
	URL func(kind intel.Kind, name string) string
}

// Fetch fetches what is new of a feed. After an error the files before stay.
func (f Fetcher) Fetch(ctx context.Context, kind intel.Kind, name string) (err error) {
	config := feeds.Config{Client: f.Client, Ecosystem: name}
	if f.URL != nil {
		config.URL = f.URL(kind, name)
	}
	feed, err := feeds.New(kind, config)
	if err != nil {
		return err
	}
	folder := filepath.Join(f.Folder, folderOf(kind, name))
	if err := durable.MakePrivate(folder); err != nil {
		return err
	}
	mark, err := os.ReadFile(markOf(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(mark) == 0 { // what an interrupted fetch left does not count
		if err := errors.Join(os.RemoveAll(folder), durable.MakePrivate(folder)); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	next, err := feed.Fetch(ctx, root, intel.Mark(mark))
	if err != nil {
		return fmt.Errorf("fetching %s %q: %w", kind, name, err)
	}
	return durable.Write(markOf(folder), []byte(next), 0o600)
}
