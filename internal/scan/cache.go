package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/table"
)

// Cache is a folder of tables and catalogs, by the content of the files that they were made from. It is
// made when needed; what cannot be written to it is made anew by the next scan. The zero Cache keeps
// nothing.
type Cache struct {
	Folder string
}

// note is what the cache keeps beside a table.
type note struct {
	Name    string `json:"name"`
	Skipped int    `json:"skipped"`
	First   string `json:"first"`
}

// compiled returns the table of a feed.
func (c Cache) compiled(ctx context.Context, b feeds.Batch, tell, warn func(string)) (compiledFeed, error) {
	tell(fmt.Sprintf("reading %s", b.Files[0]))
	key, err := keyOf(ctx, b)
	if err != nil {
		return compiledFeed{}, err
	}
	one := compiledFeed{}
	if one.at, one.fetched, err = times(b); err != nil {
		return one, err
	}
	if c.load(key, &one) {
		return one, nil
	}
	tell(fmt.Sprintf("compiling %s (kept for the next scan)", b.Files[0]))
	if err := one.compile(ctx, b, key); err != nil {
		return one, fmt.Errorf("reading %q: %w", b.Files[0], err)
	}
	if err := c.keep(key, &one); err != nil {
		warn(fmt.Sprintf("the cache cannot be written, so that the next scan compiles again: %v", err))
	}
	return one, nil
}

// load reads a feed from the cache. What is damaged, or of another version, is made anew.
func (c Cache) load(key string, f *compiledFeed) bool {
	if c.Folder == "" {
		return false
	}
	var n note
	text, err := os.ReadFile(filepath.Join(c.Folder, key+".json"))
	if err != nil || json.Unmarshal(text, &n) != nil || n.Name == "" {
		return false
	}
	if f.table, err = table.Open(os.DirFS(c.Folder), key+".table"); err != nil {
		return false
	}
	f.name, f.skipped, f.first = n.Name, n.Skipped, n.First
	return true
}

// keep writes a feed to the cache, the table first.
func (c Cache) keep(key string, f *compiledFeed) error {
	if c.Folder == "" {
		return nil
	}
	if err := c.write(key+".table", f.table.WriteFile); err != nil {
		return err
	}
	text, err := json.Marshal(note{f.name, f.skipped, f.first})
	if err != nil {
		return err
	}
	return durable.Write(filepath.Join(c.Folder, key+".json"), text, 0o600)
}

// write writes a file of the cache under its name once it is complete.
func (c Cache) write(name string, content func(io.Writer) error) error {
	if err := durable.MakePrivate(c.Folder); err != nil {
		return err
	}
	file, err := os.CreateTemp(c.Folder, "."+name+"-*")
	if err != nil {
		return err
	}
	err = errors.Join(content(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(c.Folder, name))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// merged returns the catalog of tables.
func (c Cache) merged(sources []catalog.Source, warn func(string)) (*catalog.Catalog, error) {
	sum := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(sum, "%q %s\n", s.Name, s.Table.ID())
	}
	name := hex.EncodeToString(sum.Sum(nil)) + ".catalog"
	if c.Folder != "" {
		opened, err := catalog.Open(os.DirFS(c.Folder), name, func(id string) (*table.Table, error) {
			for _, s := range sources {
				if s.Table.ID() == id {
					return s.Table, nil
				}
			}
			return nil, fmt.Errorf("table %q: %w", id, fs.ErrNotExist)
		})
		if err == nil {
			return opened, nil
		}
	}
	made, err := catalog.Merge(catalog.Config{}, sources)
	if err != nil || c.Folder == "" {
		return made, err
	}
	if err := c.write(name, made.WriteFile); err != nil {
		warn(fmt.Sprintf("the cache cannot be written, so that the next scan merges again: %v", err))
	}
	c.tidy(name)
	return made, nil
}

// kept is how long an unused file of the cache is kept.
const kept = 30 * 24 * time.Hour

// tidy removes other catalogs, which cost a moment to make, and files that are older than what the newest
// catalog was made from by a month. Failures do not matter: the next scan tries again.
func (c Cache) tidy(current string) {
	entries, err := os.ReadDir(c.Folder)
	if err != nil {
		return
	}
	newest, err := os.Stat(filepath.Join(c.Folder, current))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || e.Name() == current {
			continue
		}
		catalog := strings.HasSuffix(e.Name(), ".catalog")
		if catalog || newest.ModTime().Sub(info.ModTime()) > kept {
			_ = os.Remove(filepath.Join(c.Folder, e.Name()))
		}
	}
}
