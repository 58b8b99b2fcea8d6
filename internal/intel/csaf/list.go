package csaf

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// deletionsFile is the name of the list of documents that were removed.
const deletionsFile = "deletions.csv"

// maxList bounds a list in bytes; that of all 60,000 documents has 4 MB.
const maxList = 64 << 20

// entry is a line of a list: a document's path ("2023/cve-2023-0044.json") and a time.
type entry struct {
	path string
	time time.Time
}

// file returns the name under which a document is stored.
func (e entry) file() string { return path.Base(e.path) + ".gz" }

var errLine = errors.New("a line is not a path and a time")

// entriesOf reads a list: lines of a path and a time, both in quotes.
func entriesOf(r io.Reader) ([]entry, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = 2
	lines.ReuseRecord = true
	var list []entry
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		e := entry{strings.Clone(fields[0]), intel.ParseTime(fields[1])}
		name := path.Base(e.path)
		if e.time.IsZero() || !strings.HasSuffix(name, ".json") || !isPlain(name) || e.path != path.Clean(e.path) ||
			strings.HasPrefix(e.path, "..") || !isPlain(strings.ReplaceAll(e.path, "/", "-")) {
			return nil, fmt.Errorf("%.80q: %w", fields, errLine)
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b entry) int { return a.time.Compare(b.time) })
	return list, nil
}

// isPlain reports whether a name has only characters of names of files.
func isPlain(name string) bool {
	return name[0] != '.' && strings.Trim(name, "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// after returns the entries of a sorted list after a time.
func after(list []entry, t time.Time) []entry {
	i, _ := slices.BinarySearchFunc(list, t, func(e entry, t time.Time) int {
		if e.time.After(t) {
			return 1
		}
		return -1
	})
	return list[i:]
}

// dayOf returns the day in the name of an archive ("csaf_vex_2025-02-15.tar.zst"); false if there is none.
func dayOf(name string) (time.Time, bool) {
	name, _, _ = strings.Cut(name, ".")
	day, err := time.Parse(time.DateOnly, name[strings.LastIndexByte(name, '_')+1:])
	return day, err == nil
}

// replaced returns the function that tells which entries of archives do not count: those of which a document lies
// beside the archive, and those that were removed since the archive was made.
func replaced(fsys fs.FS) (func(name string) bool, error) {
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	beside := map[string]bool{}
	for _, f := range files {
		if name, _, ok := strings.Cut(strings.ToLower(f.Name()), ".json"); ok {
			beside[name+".json"] = true
		}
	}
	removed := map[string]time.Time{}
	if list, err := fsys.Open(deletionsFile); err == nil {
		entries, err := entriesOf(io.LimitReader(list, maxList))
		if err = errors.Join(err, list.Close()); err != nil {
			return nil, fmt.Errorf("list %q: %w", deletionsFile, err)
		}
		for _, e := range entries {
			removed[path.Base(e.path)] = e.time
		}
	}
	return func(name string) bool {
		file, in, ok := strings.Cut(name, "/")
		if !ok || !intel.IsArchive(file) {
			return false
		}
		in = path.Base(in)
		made, _ := dayOf(file)
		return beside[in] || removed[in].After(made)
	}, nil
}
