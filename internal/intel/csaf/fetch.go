package csaf

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

const (
	officialVEX        = "https://security.access.redhat.com/data/csaf/v2/vex"
	officialAdvisories = "https://security.access.redhat.com/data/csaf/v2/advisories"
)

// The files of a folder of documents beside these: the name of the newest archive, and when each document was changed
// last.
const (
	latestFile  = "archive_latest.txt"
	changesFile = "changes.csv"
)

// maxChanges is how many documents are fetched one by one before a newer archive is.
const maxChanges = 2000

// Address returns the folder of the documents (intel.Feed).
func (f Feed) Address() string { return f.folder() + "/" }

func (f Feed) folder() string {
	official := officialVEX
	if f.Name == Advisories {
		official = officialAdvisories
	}
	return strings.TrimSuffix(cmp.Or(f.URL, official), "/")
}

// mark says what was fetched: the archive, and the times of the latest change and the latest removal after it.
type mark struct {
	Archive string    `json:"archive"`
	Changed time.Time `json:"changed"`
	Deleted time.Time `json:"deleted"`
}

// Fetch downloads the archive of all documents the first time, and when a newer one saves many requests; else the
// documents that were changed since the mark, one by one.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	s := source{Download: intel.Download{Client: f.Client}, dst: dst, address: f.folder()}
	var known mark
	if json.Unmarshal([]byte(since), &known) != nil {
		known = mark{} // of another form, or none: everything is fetched
	}
	next, err := s.fetch(ctx, known)
	if err != nil || next == known {
		return since, err
	}
	text, err := json.Marshal(next)
	return intel.Mark(text), err
}

// source fetches from a folder of documents.
type source struct {
	intel.Download
	dst     *os.Root
	address string
}

func (s *source) fetch(ctx context.Context, known mark) (mark, error) {
	latest, err := s.latest(ctx)
	if err != nil {
		return known, err
	}
	changes, err := s.list(ctx, changesFile)
	if err != nil {
		return known, err
	}
	deletions, err := s.list(ctx, deletionsFile)
	if err != nil {
		return known, err
	}
	next := known
	if _, err := s.dst.Stat(known.Archive); known.Archive == "" || err != nil ||
		latest != known.Archive && len(after(changes, known.Changed)) > maxChanges {
		if next, err = s.archive(ctx, latest); err != nil {
			return known, err
		}
	}
	for _, c := range after(changes, next.Changed) {
		if err := s.document(ctx, c); err != nil {
			return known, err
		}
	}
	if len(changes) > 0 {
		next.Changed = later(next.Changed, changes[len(changes)-1].time)
	}
	if len(deletions) > 0 && deletions[len(deletions)-1].time.After(next.Deleted) {
		next.Deleted = deletions[len(deletions)-1].time
		return next, s.remove(deletions, changes)
	}
	return next, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// latest returns the name of the newest archive.
func (s *source) latest(ctx context.Context) (string, error) {
	address := s.address + "/" + latestFile
	text, err := s.Bytes(ctx, address)
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(text))
	if !intel.IsArchive(name) || !isPlain(name) {
		return "", fmt.Errorf("name of the newest archive %q: %.80q is none of an archive", address, name)
	}
	return name, nil
}

// archive fetches an archive in place of all that was fetched before. What was changed since the day before it was
// made is then fetched one by one.
func (s *source) archive(ctx context.Context, name string) (mark, error) {
	entries, err := fs.ReadDir(s.dst.FS(), ".")
	if err != nil {
		return mark{}, err
	}
	checked := s.Download
	checked.Sums = func(ctx context.Context, _, address string) ([]intel.Sum, error) {
		return s.SHA256Beside(ctx, address)
	}
	if _, err := checked.Files(ctx, s.dst, "", map[string]string{name: s.address + "/" + name}); err != nil {
		return mark{}, err
	}
	for _, e := range entries {
		if e.Name() != name {
			if err := s.dst.Remove(e.Name()); err != nil {
				return mark{}, err
			}
		}
	}
	made, _ := dayOf(name)
	return mark{Archive: name, Changed: made.AddDate(0, 0, -1)}, nil
}

// list fetches a list, by time.
func (s *source) list(ctx context.Context, name string) ([]entry, error) {
	address := s.address + "/" + name
	text, err := s.BytesUpTo(ctx, address, maxList)
	if err != nil {
		return nil, err
	}
	list, err := entriesOf(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", address, err)
	}
	return list, nil
}

// document fetches a document that was changed.
func (s *source) document(ctx context.Context, e entry) error {
	address := s.address + "/" + e.path
	return s.Packed(ctx, s.dst, e.file(), address, maxDocument, func(text []byte) error {
		if err := e.check(text); err != nil {
			return err
		}
		sums, err := s.SHA256Beside(ctx, address)
		for _, sum := range sums {
			err = cmp.Or(err, sum.Check(text))
		}
		return err
	})
}

// check reports what is wrong if a text is not the document of that path, which is named by its id: CVE-2023-0044 is
// cve-2023-0044.json, RHSA-2024:0010 is rhsa-2024_0010.json.
func (e entry) check(text []byte) error {
	var d struct {
		Document struct {
			Tracking struct {
				ID string `json:"id"`
			} `json:"tracking"`
		} `json:"document"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("the document: %w", err)
	}
	name := strings.ReplaceAll(strings.ToLower(d.Document.Tracking.ID), ":", "_") + ".json"
	if want := path.Base(e.path); name != want {
		return fmt.Errorf("the document is that of %.40q, want %q", d.Document.Tracking.ID, want)
	}
	return nil
}

// remove removes the documents that were removed and not published again, and keeps the list for those in the archive.
func (s *source) remove(deletions, changes []entry) error {
	changed := make(map[string]time.Time, len(changes))
	for _, c := range changes {
		changed[c.path] = c.time
	}
	var text bytes.Buffer
	for _, d := range deletions {
		if changed[d.path].After(d.time) {
			continue
		}
		fmt.Fprintf(&text, "%q,%q\n", d.path, d.time.Format(time.RFC3339))
		if err := s.dst.Remove(d.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return intel.Replace(s.dst, deletionsFile, &text, int64(text.Len()))
}
