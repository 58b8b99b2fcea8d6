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

// The bounds of a spool. What exceeds them goes, oldest first.
const (
	maxSources = 16
	maxSpool   = 64 << 20 // bytes of bodies
	maxAge     = 7 * 24 * time.Hour
)

// Spool holds the newest report of each source until it is sent. It works in
// memory; a folder has the same, one file a source, for the next start.
type Spool struct {
	folder string
	write  func(path string, data []byte, mode os.FileMode) error
	bytes  int // maxSpool
	held   map[string]Report
}

// spooled is the name of a file of the spool: a source and an ending.
var spooled = regexp.MustCompile(`^([a-z0-9-]{1,64})\.report$`)

// OpenSpool opens the spool in a folder, which is made if absent. Files are
// written by write, which must have made them durable, and whole, when it
// returns.
func OpenSpool(folder string, write func(path string, data []byte, mode os.FileMode) error) (*Spool, error) {
	return openSpool(folder, write, maxSpool)
}

// openSpool opens a spool of so many bytes.
func openSpool(folder string, write func(path string, data []byte, mode os.FileMode) error, bytes int) (*Spool, error) {
	s := &Spool{folder: folder, write: write, bytes: bytes, held: map[string]Report{}}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("opening spool %q: %w", folder, err)
	}
	return s, nil
}

// load reads what waited when the machine stopped. Files that are not ours stay
// as they are.
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

// path is where the report of a source lies.
func (s *Spool) path(source string) string { return filepath.Join(s.folder, source+".report") }

// Put replaces what waits of a source by a newer report. It holds the report
// even if it returns an error: then it will not survive a restart.
func (s *Spool) Put(r Report) error {
	if !spooled.MatchString(r.Source+".report") || len(r.Body) > s.bytes {
		return fmt.Errorf("keeping a report of source %q and %d bytes: no such report is kept", r.Source, len(r.Body))
	}
	s.held[r.Source] = r
	err := s.write(s.path(r.Source), r.Body, 0o600)
	if err != nil {
		err = fmt.Errorf("keeping the report of source %q: %w", r.Source, err)
	}
	return errors.Join(err, s.bound())
}

// Next returns the oldest of the reports that wait. Those that are too old to
// be worth sending are dropped.
func (s *Spool) Next(now time.Time) (r Report, ok bool, err error) {
	for _, r := range s.byAge() {
		if now.Sub(r.Made) <= maxAge {
			return r, true, err
		}
		err = errors.Join(err, s.Drop(r))
	}
	return Report{}, false, err
}

// Drop removes a report, unless a newer one has taken its place.
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

// byAge lists what waits, oldest first.
func (s *Spool) byAge() []Report {
	return slices.SortedFunc(maps.Values(s.held), func(a, b Report) int {
		if order := a.Made.Compare(b.Made); order != 0 {
			return order
		}
		return strings.Compare(a.Source, b.Source)
	})
}

// bound drops the oldest reports until the rest is within bounds.
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
