package collect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Limits on what is read from a tree. They are far above what real machines
// have; a file beyond one is an error, not cut.
const (
	maxLinks   = 40      // symbolic links on the way to one file
	maxEntries = 10_000  // names in one folder
	maxSetting = 1 << 20 // bytes of one configuration file
)

var (
	errTooLarge = errors.New("file is too large")
	errNotFile  = errors.New("not a regular file")
)

// tree is the file tree of a Linux machine. Its names are slash-separated,
// relative to the machine's "/" and free of "..".
type tree struct {
	root *os.Root
	live bool // the machine we run on: /proc speaks of it
}

// openTree opens the folder that holds a machine's "/".
func openTree(dir string) (*tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening root folder %q: %w", dir, err)
	}
	return &tree{root: root, live: filepath.Clean(dir) == "/"}, nil
}

func (t *tree) close() { t.root.Close() }

// resolve follows the symbolic links of name as a machine with this root would:
// an absolute one starts again at the root. os.Root alone refuses those, and it
// still guards every access should the tree change in between.
func (t *tree) resolve(name string) (string, error) {
	todo := strings.Split(name, "/")
	done := "."
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		next := path.Join(done, part)
		if part == ".." {
			done = path.Dir(done)
			continue
		}
		info, err := t.root.Lstat(next)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("more than %d symbolic links lead to %q", maxLinks, name)
		}
		target, err := t.root.Readlink(next)
		if err != nil {
			return "", err
		}
		if path.IsAbs(target) {
			done = "."
		}
		todo = append(strings.Split(strings.Trim(target, "/"), "/"), todo...)
	}
	return done, nil
}

// stat describes the file that name leads to.
func (t *tree) stat(name string) (fs.FileInfo, error) {
	real, err := t.resolve(name)
	if err != nil {
		return nil, err
	}
	return t.root.Lstat(real)
}

// exists tells whether name leads anywhere. A file that may not be looked at
// exists: reading it will say why it cannot be read.
func (t *tree) exists(name string) bool {
	_, err := t.stat(name)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// open opens a regular file; others (a pipe, for one) could block for ever.
func (t *tree) open(name string) (*os.File, error) {
	real, err := t.resolve(name)
	if err != nil {
		return nil, err
	}
	info, err := t.root.Lstat(real)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q: %w", name, errNotFile)
	}
	return t.root.Open(real)
}

// read returns the content of a configuration file of at most maxSetting bytes.
func (t *tree) read(name string) ([]byte, error) {
	file, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSetting+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSetting {
		return nil, fmt.Errorf("%q: %w: more than %d bytes", name, errTooLarge, maxSetting)
	}
	return data, nil
}

// names returns the names in a folder in order; none when it does not exist.
func (t *tree) names(dir string) ([]string, error) {
	real, err := t.resolve(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	folder, err := t.root.Open(real)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(names) > maxEntries {
		return nil, fmt.Errorf("%q holds more than %d files", dir, maxEntries)
	}
	slices.Sort(names)
	return names, nil
}

// glob returns the files that match pattern, whose wildcards stand in its last
// element only, in order.
func (t *tree) glob(pattern string) ([]string, error) {
	dir, last := path.Split(pattern)
	if strings.ContainsAny(dir, "*?[") {
		return nil, fmt.Errorf("pattern %q: wildcards in a folder's name are not followed", pattern)
	}
	names, err := t.names(path.Clean(dir))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		match, err := path.Match(last, name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		if match {
			found = append(found, dir+name)
		}
	}
	return found, nil
}

// dropIns returns the files with the given suffix in several folders, in the
// order of their base names; of two with one base name the earlier folder's
// counts (sysctl.d(5), modprobe.d(5), and systemd's own folders).
func (t *tree) dropIns(suffix string, dirs ...string) ([]string, error) {
	byName := map[string]string{}
	for _, dir := range dirs {
		found, err := t.glob(dir + "/*" + suffix)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if _, taken := byName[path.Base(file)]; !taken {
				byName[path.Base(file)] = file
			}
		}
	}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		files = append(files, byName[name])
	}
	return files, nil
}

// first returns the first of names that exists, or "".
func (t *tree) first(names ...string) string {
	for _, name := range names {
		if t.exists(name) {
			return name
		}
	}
	return ""
}
