package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The bounds of a spool. Beyond them the oldest reports are dropped.
const (
	maxSources = 16
	maxSpool   = 64 << 20 // bytes of bodies
	maxAge     = 7 * 24 * time.Hour
)

// Spool holds the newest report of each source until it is sent. It works in memory and
// keeps a copy in a folder, one file a source, for the next start.
type Spool struct {
	folder string
	write  func(path string, data []byte, mode os.FileMode) error
	bytes  int // maxSpool
	held   map[string]Report
}

// spooled matches the name of a file of the spool: a source and an extension.
var spooled = regexp.MustCompile(`^([a-z0-9-]{1,64})\.report$`)

// OpenSpool opens the spool in a folder, which is made if there is none. Files are written
// by write, which must make them complete and durable before it returns.
func OpenSpool(folder string, write func(path string, data []byte, mode os.FileMode) error) (*Spool, error) {
	return openSpool(folder, write, maxSpool)
}

// openSpool opens a spool for a number of bytes.
func openSpool(folder string, write func(path string, data []byte, mode os.FileMode) error,
	bytes int) (*Spool, error) {
	s := &Spool{folder: folder, write: write, bytes: bytes, held: map[string]Report{}}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("opening spool %q: %w", folder, err)
	}
	return s, nil
}

// load reads the reports that waited when the machine stopped. It leaves other files alone.
func (s *Spool) load() error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := spooled.FindStringSubmatch(entry.Name())
		info, err := entry.Info()
		if name == nil || err != nil || !info.Mode().IsRegular() || info.Size() > int64(s.bytes) {
			continue
		}
		body, err := os.ReadFile(filepath.Join(s.folder, entry.Name()))
		if err != nil {
			return err
		}
		s.held[name[1]] = Report{Source: name[1], Made: info.ModTime(), Body: body}
	}
	return s.bound()
}

// path returns the file of a source's report.
func (s *Spool) path(source string) string { return filepath.Join(s.folder, source+".report") }

// Put replaces the waiting report of a source with a newer one. If it returns an error it
// still holds the report, but the report will not survive a restart.
func (s *Spool) Put(r Report) error {
	if !spooled.MatchString(r.Source+".report") || len(r.Body) > s.bytes {
		return fmt.Errorf("keeping a report of source %q and %d bytes: wrong name or too large", r.Source, len(r.Body))
	}
	s.held[r.Source] = r
	err := s.write(s.path(r.Source), r.Body, 0o600)
	if err != nil {
		err = fmt.Errorf("keeping the report of source %q: %w", r.Source, err)
	}
	return errors.Join(err, s.bound())
}

// Next returns the oldest waiting report. Reports that are too old to be worth sending are
// dropped.
func (s *Spool) Next(now time.Time) (r Report, ok bool, err error) {
	for _, r := range s.byAge() {
		if now.Sub(r.Made) <= maxAge {
			return r, true, err
		}
		err = errors.Join(err, s.Drop(r))
	}
	return Report{}, false, err
}

// Drop removes a report, unless a newer one has replaced it.
func (s *Spool) Drop(r Report) error {
	if held, ok := s.held[r.Source]; !ok || !held.Made.Equal(r.Made) {
		return nil
	}
	delete(s.held, r.Source)
	if err := os.Remove(s.path(r.Source)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the report of source %q: %w", r.Source, err)
	}
	return nil
}

// byAge lists the waiting reports, oldest first.
func (s *Spool) byAge() []Report {
	return slices.SortedFunc(maps.Values(s.held), func(a, b Report) int {
		if order := a.Made.Compare(b.Made); order != 0 {
			return order
		}
		return strings.Compare(a.Source, b.Source)
	})
}

// bound drops the oldest reports until the rest is within the bounds.
func (s *Spool) bound() (err error) {
	all, size := s.byAge(), 0
	for _, r := range all {
		size += len(r.Body)
	}
	for n, r := range all {
		if len(all)-n <= maxSources && size <= s.bytes {
			break
		}
		size -= len(r.Body)
		err = errors.Join(err, s.Drop(r))
	}
	return err
}
