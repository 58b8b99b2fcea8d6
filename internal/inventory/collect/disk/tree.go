package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// maxLinks bounds the symbolic links on the way to one file.
const maxLinks = 40

// ErrDangling says that a symbolic link leads nowhere. It is not an fs.ErrNotExist, since the link
// shows that the source should exist.
var ErrDangling = errors.New("a symbolic link leads to a file that does not exist")

// Tree is one source's view of a Linux machine's files. Names are slash-separated, relative to the
// machine's "/" and without "..".
type Tree struct {
	*disk
	Live bool // this machine, which /proc describes
}

// NewTree returns a source's view of a root, valid until ctx ends, with a limit of bytes. live
// says that it is the machine we run on.
func NewTree(ctx context.Context, root *os.Root, bytes int64, live bool) *Tree {
	return &Tree{disk: newDisk(ctx, root, bytes), Live: live}
}

// Walking returns the view of a source that looks into every folder, and so may list more names.
func (t *Tree) Walking() *Tree {
	own := *t.disk
	own.names, own.looks = maxWalk, maxWalk
	return &Tree{disk: &own, Live: t.Live}
}

// For returns another source's view of the same root.
func (t *Tree) For(ctx context.Context, bytes int64) *Tree {
	return NewTree(ctx, t.root, bytes, t.Live)
}

// Resolve follows the symbolic links of name as a machine with this root would: an absolute link
// starts again at the root. os.Root alone refuses such links; it still guards every access if the
// tree changes meanwhile.
//
// If a link leads nowhere the error is ErrDangling, except for a link directly in the root: of a
// machine with a merged /usr, perhaps only some folders were copied, without the targets of links
// such as /lib.
func (t *Tree) Resolve(name string) (string, error) {
	todo := strings.Split(name, "/")
	done := "."
	const none = -1
	rest := none // elements that remain after the target of a link
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		next := path.Join(done, part)
		if part == ".." {
			done = path.Dir(done)
			continue
		}
		if len(todo) < rest {
			rest = none
		}
		info, err := t.Lstat(next)
		if rest != none && errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%q: %w: %q", name, ErrDangling, next)
		}
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
		target, err := t.Target(next)
		if err != nil {
			return "", err
		}
		if rest == none && done != "." {
			rest = len(todo)
		}
		if path.IsAbs(target) {
			done = "."
		}
		todo = append(strings.Split(strings.Trim(target, "/"), "/"), todo...)
	}
	return done, nil
}

// Stat describes the file that name leads to.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	real, err := t.Resolve(name)
	if err != nil {
		return nil, err
	}
	return t.Lstat(real)
}

// Exists reports whether name leads to a file. A file without permission to look at it exists:
// reading it will give the reason.
func (t *Tree) Exists(name string) bool {
	_, err := t.Stat(name)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// Open opens the regular file that name leads to, of at most most bytes.
func (t *Tree) Open(name string, most int64) (*File, error) {
	real, err := t.Resolve(name)
	if err != nil {
		return nil, err
	}
	return t.disk.open(real, most)
}

// Read returns the content of a configuration file of at most MaxSetting bytes.
func (t *Tree) Read(name string) ([]byte, error) {
	file, err := t.Open(name, MaxSetting)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxSetting+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxSetting { // it has grown, or does not know its size
		return nil, fmt.Errorf("%q: %w: more than %d bytes", name, ErrTooLarge, MaxSetting)
	}
	return data, nil
}

// List returns the names in a folder in order; none if it does not exist.
func (t *Tree) List(dir string) ([]string, error) {
	real, err := t.Resolve(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := t.disk.list(real)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names, err
}

// Entries returns what is in a folder, in the order of names. It follows no links, not on the way to the folder either.
func (t *Tree) Entries(dir string) ([]fs.DirEntry, error) {
	entries, err := t.disk.list(dir)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// Folders returns the real folders of a name in which "*" stands for any name or a part of one, in order. unread says
// that a folder on the way could not be read.
func (t *Tree) Folders(name string) (folders []string, unread bool) {
	folders = []string{"."}
	for part := range strings.SplitSeq(name, "/") {
		var next []string
		for _, folder := range folders {
			found, failed := t.below(folder, part)
			next, unread = append(next, found...), unread || failed
		}
		folders = next
	}
	return folders, unread
}

// below returns the real folders in a folder whose names match.
func (t *Tree) below(folder, pattern string) (found []string, unread bool) {
	names := []string{pattern}
	if strings.Contains(pattern, "*") {
		names = nil
		entries, err := t.Entries(folder)
		unread = err != nil && !errors.Is(err, fs.ErrNotExist)
		for _, entry := range entries {
			if match, err := path.Match(pattern, entry.Name()); match && err == nil {
				names = append(names, entry.Name())
			}
		}
	}
	for _, name := range names {
		real, err := t.Resolve(path.Join(folder, name))
		if err == nil {
			var info fs.FileInfo
			if info, err = t.Lstat(real); err == nil && info.IsDir() {
				found = append(found, real)
			}
		}
		unread = unread || err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrDangling)
	}
	return found, unread
}

// Glob returns the files that match pattern, in order. Wildcards are only allowed in its last
// element. As in glob(7), only a dot matches the dot that a name begins with.
func (t *Tree) Glob(pattern string) ([]string, error) {
	if len(pattern) > maxPath {
		return nil, fmt.Errorf("pattern %.40q: %w", pattern, errLong)
	}
	dir, last := path.Split(pattern)
	if strings.ContainsAny(dir, "*?[") {
		return nil, fmt.Errorf("pattern %q: wildcards in a folder's name are not supported", pattern)
	}
	names, err := t.List(path.Clean(dir))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		match, err := path.Match(last, name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		if match && (name[0] != '.' || last[0] == '.') {
			found = append(found, dir+name)
		}
	}
	return found, nil
}

// DropIns returns the files with a suffix in several folders, in the order of their base names. Of
// two with the same base name the earlier folder's counts (sysctl.d(5), modprobe.d(5), and
// systemd's own folders).
func (t *Tree) DropIns(suffix string, dirs ...string) ([]string, error) {
	byName := map[string]string{}
	for _, dir := range dirs {
		found, err := t.Glob(dir + "/*" + suffix)
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
		masked, err := t.leadsToNull(byName[name])
		if err != nil {
			return nil, err
		}
		if !masked {
			files = append(files, byName[name])
		}
	}
	return files, nil
}

// leadsToNull reports whether a file is a link to /dev/null, which disables the file of that name
// in later folders.
func (t *Tree) leadsToNull(name string) (bool, error) {
	dir, err := t.Resolve(path.Dir(name))
	if err != nil {
		return false, err
	}
	file := path.Join(dir, path.Base(name))
	info, err := t.Lstat(file)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return false, err
	}
	target, err := t.Target(file)
	return target == "/dev/null", err
}

// First returns the first of names that exists, or "".
func (t *Tree) First(names ...string) string {
	for _, name := range names {
		if t.Exists(name) {
			return name
		}
	}
	return ""
}
