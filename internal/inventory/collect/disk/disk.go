package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Limits for reading one source. They are far above what real machines have. A file, folder or
// source beyond a limit is an error; it is not cut.
const (
	maxPath     = 4 << 10 // bytes of a name; Linux's own limit
	maxDepth    = 128     // folders in it
	maxEntries  = 10_000  // names in one folder
	maxNames    = 100_000 // names in the folders of one source
	maxLooks    = 100_000 // accesses to files by one source
	maxWalk     = 500_000 // either, by a source that walks
	MaxSetting  = 1 << 20 // bytes of one configuration file
	MaxSettings = 8 << 20 // bytes of the configuration files of one source
	MaxDatabase = 1 << 30 // bytes of one file of a package database
	MaxRead     = 4 << 30 // bytes read for one package database, including retries
)

var (
	ErrTooLarge  = errors.New("file is too large")
	ErrUsedUp    = fmt.Errorf("%w: the files of this source together have too many bytes", ErrTooLarge)
	ErrNotFile   = errors.New("not a regular file")
	ErrFolder    = fmt.Errorf("%w but a folder", ErrNotFile)
	errNotFolder = errors.New("not a folder")
	errLong      = fmt.Errorf("name is longer than %d bytes or %d folders deep", maxPath, maxDepth)
	ErrMany      = errors.New("it has too many files, or names in folders")
)

// disk gives one source access to files without trusting the disk: every access checks the kind of
// a file, opens it without blocking, and checks the opened file again. It counts what the source
// reads, and everything fails once the source's context has ended.
type disk struct {
	root  *os.Root
	ctx   context.Context // the source's context
	bytes int64           // bytes that may still be read
	names int             // names that may still be listed
	looks int             // accesses so far
}

// OpenRoot opens the folder with a machine's "/".
func OpenRoot(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: errNotFolder}
	}
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// newDisk returns a source's access to a root, limited to a number of bytes.
func newDisk(ctx context.Context, root *os.Root, bytes int64) *disk {
	return &disk{root: root, ctx: ctx, bytes: bytes, names: maxNames, looks: maxLooks}
}

// Lstat describes a file, not the target of a link.
func (d *disk) Lstat(name string) (fs.FileInfo, error) {
	if err := d.look(name); err != nil {
		return nil, err
	}
	return d.root.Lstat(name)
}

// Target returns the target of a symbolic link.
func (d *disk) Target(name string) (string, error) {
	if err := d.look(name); err != nil {
		return "", err
	}
	return d.root.Readlink(name)
}

// look counts an access.
func (d *disk) look(name string) error {
	if err := context.Cause(d.ctx); err != nil {
		return err
	}
	if len(name) > maxPath || strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("%.40q: %w", name, errLong)
	}
	if d.looks--; d.looks < 0 {
		return ErrMany
	}
	return nil
}

// openAs opens a file and checks its kind before and after: opening a pipe would block, and
// opening a device may have effects.
func (d *disk) openAs(name string, fits func(fs.FileInfo) error) (*os.File, fs.FileInfo, error) {
	info, err := d.Lstat(name)
	if err == nil {
		err = fits(info)
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := d.root.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = fits(info)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// open opens a regular file of at most most bytes. The caller closes it.
func (d *disk) open(name string, most int64) (*File, error) {
	handle, info, err := d.openAs(name, func(info fs.FileInfo) error {
		switch {
		case info.IsDir():
			return fmt.Errorf("%q: %w", name, ErrFolder)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%q: %w but %s", name, ErrNotFile, Kind(info.Mode()))
		case info.Size() > most:
			return fmt.Errorf("%q: %w: it has %d bytes, the limit is %d", name, ErrTooLarge, info.Size(), most)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Some regular files of the kernel make readers wait.
	stop := context.AfterFunc(d.ctx, func() { handle.SetReadDeadline(time.Unix(1, 0)) })
	return &File{disk: d, handle: handle, opened: info, stop: stop}, nil
}

// list returns what is in a folder, in the disk's order.
func (d *disk) list(name string) ([]fs.DirEntry, error) {
	folder, _, err := d.openAs(name, func(info fs.FileInfo) error {
		if !info.IsDir() {
			return fmt.Errorf("%q: %w but %s", name, errNotFolder, Kind(info.Mode()))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	var all []fs.DirEntry
	for {
		some, err := folder.ReadDir(1000)
		all = append(all, some...)
		d.names -= len(some)
		switch {
		case len(all) > maxEntries:
			return nil, fmt.Errorf("%q contains more than %d files", name, maxEntries)
		case d.names < 0:
			return nil, ErrMany
		case errors.Is(err, io.EOF):
			return all, context.Cause(d.ctx)
		case err != nil:
			return nil, err
		case d.ctx.Err() != nil:
			return nil, context.Cause(d.ctx)
		}
	}
}

// Kind names a file's kind.
func Kind(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "a regular file"
	case fs.ModeDir:
		return "a folder"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a pipe"
	case fs.ModeSocket:
		return "a socket"
	}
	return "a device"
}

// File is a regular file of a disk.
type File struct {
	disk   *disk
	handle *os.File
	opened fs.FileInfo // when it was opened
	stop   func() bool
}

func (f *File) Close() error {
	f.stop()
	return f.handle.Close()
}

// Size returns the size of the file when it was opened.
func (f *File) Size() int64 { return f.opened.Size() }

// Read reads on from the end of the last Read.
func (f *File) Read(p []byte) (int, error) {
	return f.counted(p, f.handle.Read)
}

// ReadAt reads from an offset.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	return f.counted(p, func(p []byte) (int, error) { return f.handle.ReadAt(p, offset) })
}

// counted reads, unless the source's time is over or its bytes are used up.
func (f *File) counted(p []byte, read func([]byte) (int, error)) (int, error) {
	if err := context.Cause(f.disk.ctx); err != nil {
		return 0, err
	}
	n, err := read(p)
	if f.disk.bytes -= int64(n); f.disk.bytes < 0 {
		return 0, ErrUsedUp
	}
	if err != nil && !errors.Is(err, io.EOF) && f.disk.ctx.Err() != nil {
		err = context.Cause(f.disk.ctx) // the context ended the read
	}
	return n, err
}

// Section returns the whole file, for random access.
func (f *File) Section() *io.SectionReader { return io.NewSectionReader(f, 0, f.Size()) }

// Changed reports whether the file was written to since it was opened.
func (f *File) Changed() bool {
	now, err := f.handle.Stat()
	return err != nil || now.Size() != f.opened.Size() || !now.ModTime().Equal(f.opened.ModTime())
}
