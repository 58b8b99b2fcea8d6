package blob

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// FS shows the blobs directly below a prefix as a folder of files, which are opened unchecked. The
// context is used for all reading.
func FS(ctx context.Context, s Store, prefix string) fs.FS { return &folder{ctx, s, prefix} }

// folder is a file system of one folder.
type folder struct {
	ctx    context.Context
	store  Store
	prefix string
}

// Open opens a file, or the folder.
func (f *folder) Open(name string) (fs.File, error) {
	switch {
	case !fs.ValidPath(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	case name == ".":
		entries, err := f.entries()
		return &openFolder{left: entries}, err
	case strings.Contains(name, "/"):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	file, err := f.store.Open(f.ctx, f.prefix+name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return file, nil
}

// entries lists the files in order of their names.
func (f *folder) entries() (entries []fs.DirEntry, err error) {
	for key, err := range f.store.List(f.ctx, f.prefix) {
		if err != nil {
			return nil, fmt.Errorf("listing files of %q: %w", f.prefix, err)
		}
		if name := key[len(f.prefix):]; !strings.Contains(name, "/") {
			entries = append(entries, &entry{f, name})
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// entry is a file in the listing.
type entry struct {
	folder *folder
	name   string
}

func (e *entry) Name() string      { return e.name }
func (e *entry) IsDir() bool       { return false }
func (e *entry) Type() fs.FileMode { return 0 }

// Info returns the file's info.
func (e *entry) Info() (fs.FileInfo, error) {
	file, err := e.folder.Open(e.name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Stat()
}

// openFolder is the folder while it is listed.
type openFolder struct{ left []fs.DirEntry }

// ReadDir returns the next n entries, or all.
func (o *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(o.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(o.left) {
		n = len(o.left)
	}
	next := o.left[:n]
	o.left = o.left[n:]
	return next, nil
}

func (o *openFolder) Stat() (fs.FileInfo, error) { return o, nil }
func (o *openFolder) Close() error               { return nil }
func (o *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: fs.ErrInvalid}
}
func (o *openFolder) Name() string       { return "." }
func (o *openFolder) Size() int64        { return 0 }
func (o *openFolder) Mode() fs.FileMode  { return fs.ModeDir | 0o500 }
func (o *openFolder) ModTime() time.Time { return time.Time{} }
func (o *openFolder) IsDir() bool        { return true }
func (o *openFolder) Sys() any           { return nil }
