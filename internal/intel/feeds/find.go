package feeds

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Batch are the local files that make one feed.
type Batch struct {
	Kind  intel.Kind
	Files []string
	Bytes int64
}

// maxFound bounds the files that are looked for.
const maxFound = 100_000

// errMany says that there are too many files.
var errMany = fmt.Errorf("more than %d files", maxFound)

// Find looks for feeds in files and folders, and the folders in these. Each archive is a feed of
// its own; other files of one kind in one folder, such as NVD's years, are one. Without a kind it is
// recognised; files in folders that are of none, or that the kind does not read, are returned as
// passed, also those that by their names have JSON in another form, and a file that was given itself is an error.
func Find(kind intel.Kind, paths []string) (found []Batch, passed []string, err error) {
	s := &search{kind: kind, loose: map[looseKey]int{}}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case info.IsDir():
			err = s.folder(path)
		case kind != "" && intel.NotRead(kind, path) != nil:
			err = intel.NotRead(kind, path)
		case !s.add(path, info.Size()):
			err = fmt.Errorf("file %q is of no kind of feed", path)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return s.found, s.passed, nil
}

// One makes one feed of files and of the files of folders that the kind reads, without the folders in
// these.
func One(kind intel.Kind, paths []string) (Batch, error) {
	b := Batch{Kind: kind}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return b, err
		}
		if !info.IsDir() {
			if err := intel.NotRead(kind, path); err != nil {
				return b, err
			}
			b.add(path, info.Size())
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return b, err
		}
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && intel.NotRead(kind, entry.Name()) == nil {
				b.add(filepath.Join(path, entry.Name()), info.Size())
			}
		}
	}
	return b, nil
}

func (b *Batch) add(path string, size int64) { b.Files, b.Bytes = append(b.Files, path), b.Bytes+size }

// search is a running Find.
type search struct {
	kind   intel.Kind
	found  []Batch
	loose  map[looseKey]int // the number in found of files that are no archives
	passed []string
	files  int
}

type looseKey struct {
	kind   intel.Kind
	folder string
}

// folder adds the files of a folder and of those in it.
func (s *search) folder(path string) error {
	return filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if !intel.IsRaw(path) {
			if strings.Contains(strings.ToLower(e.Name()), "json") { // all.ndjson, all.json.xz
				s.passed = append(s.passed, path)
			}
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.files++; s.files > maxFound {
			return errMany
		}
		if !s.add(path, info.Size()) {
			s.passed = append(s.passed, path)
		}
		return nil
	})
}

// add adds a file; false if its kind is not known, or does not read it.
func (s *search) add(path string, size int64) bool {
	kind := s.kind
	if kind == "" {
		var ok bool
		if kind, ok = Recognize(chosen{path}); !ok {
			return false
		}
	}
	if intel.NotRead(kind, path) != nil {
		return false
	}
	if intel.IsArchive(path) {
		s.found = append(s.found, Batch{Kind: kind, Files: []string{path}, Bytes: size})
		return true
	}
	key := looseKey{kind, filepath.Dir(path)}
	at, ok := s.loose[key]
	if !ok {
		at = len(s.found)
		s.loose[key] = at
		s.found = append(s.found, Batch{Kind: kind})
	}
	s.found[at].add(path, size)
	return true
}

// Open returns the batch's files as a folder. They have different names.
func (b *Batch) Open() fs.FS { return chosen(b.Files) }

// chosen is a folder with some files of the file system, by their paths.
type chosen []string

// path returns the path of a file.
func (c chosen) path(name string) (string, bool) {
	i := slices.IndexFunc(c, func(path string) bool { return filepath.Base(path) == name })
	if i < 0 {
		return "", false
	}
	return c[i], true
}

// Open opens a file or the folder.
func (c chosen) Open(name string) (fs.File, error) {
	path, ok := c.path(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(path)
}

// ReadDir lists the files by name.
func (c chosen) ReadDir(string) (entries []fs.DirEntry, err error) {
	for _, path := range c {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Stat describes the folder that holds the first file, or a file.
func (c chosen) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return os.Stat(filepath.Dir(c[0]))
	}
	path, ok := c.path(name)
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return os.Stat(path)
}

// maxList bounds a list of paths, in bytes.
const maxList = 16 << 20

// ReadList reads a list of paths: one a line; empty lines and those that begin with # are comments.
func ReadList(in io.Reader) (paths []string, err error) {
	limited := &io.LimitedReader{R: in, N: maxList + 1}
	for lines := bufio.NewScanner(limited); ; {
		if !lines.Scan() {
			err = lines.Err()
			break
		}
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			paths = append(paths, line)
		}
	}
	if err == nil && limited.N <= 0 {
		err = fmt.Errorf("the list has more than %d bytes", maxList)
	}
	return slices.Clip(paths), err
}
