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

// Limits on what one source may read of a disk. They are far above what real
// machines have; a file, folder or source beyond one is an error, not cut.
const (
	maxPath     = 4 << 10 // bytes of a name, Linux's own limit
	maxDepth    = 128     // folders in it
	maxEntries  = 10_000  // names in one folder
	maxNames    = 100_000 // names in the folders of one source
	maxLooks    = 100_000 // files that one source looks at
	MaxSetting  = 1 << 20 // bytes of one configuration file
	MaxSettings = 8 << 20 // bytes of the configuration files of one source
	MaxDatabase = 1 << 30 // bytes of one file of a package database
	MaxRead     = 4 << 30 // bytes that are read for one package database, tries included
)

var (
	ErrTooLarge  = errors.New("file is too large")
	ErrNotFile   = errors.New("not a regular file")
	ErrFolder    = fmt.Errorf("%w but a folder", ErrNotFile)
	errNotFolder = errors.New("not a folder")
	errLong      = fmt.Errorf("name is longer than %d bytes or %d folders deep", maxPath, maxDepth)
	errMany      = fmt.Errorf("more than %d files, or %d names in folders, belong to it", maxLooks, maxNames)
)

// disk reaches files, and nothing on it is
// trusted: every access looks before it opens, opens without waiting, and looks
// again at what it has opened. It serves one source. What that may read is counted,
// and everything fails once its context has ended.
type disk struct {
	root  *os.Root
	ctx   context.Context // of the source
	bytes int64           // that may still be read
	names int             // of folders that may still be listed
	looks int             // at files
}

// OpenRoot opens the folder that holds a machine's "/".
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

// newDisk is what one source may see of a root, and how many bytes of it.
func newDisk(ctx context.Context, root *os.Root, bytes int64) *disk {
	return &disk{root: root, ctx: ctx, bytes: bytes, names: maxNames, looks: maxLooks}
}

// Lstat describes a file, and no link's target.
func (d *disk) Lstat(name string) (fs.FileInfo, error) {
	if err := d.look(name); err != nil {
		return nil, err
	}
	return d.root.Lstat(name)
}

// Target is where a symbolic link leads.
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
		return errMany
	}
	return nil
}

// openAs opens a file whose kind fits, before and after it is opened: a pipe would
// block, and a device may do something when it is opened.
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

// open opens a regular file that holds at most so many bytes. The caller closes it.
func (d *disk) open(name string, most int64) (*File, error) {
	handle, info, err := d.openAs(name, func(info fs.FileInfo) error {
		switch {
		case info.IsDir():
			return fmt.Errorf("%q: %w", name, ErrFolder)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%q: %w but %s", name, ErrNotFile, Kind(info.Mode()))
		case info.Size() > most:
			return fmt.Errorf("%q: %w: it has %d bytes, and at most %d are read", name, ErrTooLarge, info.Size(), most)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Some of the kernel's own files are regular and yet make readers wait.
	stop := context.AfterFunc(d.ctx, func() { handle.SetReadDeadline(time.Unix(1, 0)) })
	return &File{disk: d, handle: handle, opened: info, stop: stop}, nil
}

// list returns the names in a folder, in the disk's order.
func (d *disk) list(name string) ([]string, error) {
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
	var names []string
	for {
		some, err := folder.Readdirnames(1000)
		names = append(names, some...)
		d.names -= len(some)
		switch {
		case len(names) > maxEntries:
			return nil, fmt.Errorf("%q holds more than %d files", name, maxEntries)
		case d.names < 0:
			return nil, errMany
		case errors.Is(err, io.EOF):
			return names, context.Cause(d.ctx)
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
	opened fs.FileInfo // as it was opened
	stop   func() bool
}

func (f *File) Close() error {
	f.stop()
	return f.handle.Close()
}

// Size is the size that the file had when it was opened.
func (f *File) Size() int64 { return f.opened.Size() }

// Read reads from where the last Read ended.
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
		return 0, fmt.Errorf("%w: with it the files of this source have too many bytes", ErrTooLarge)
	}
	if err != nil && !errors.Is(err, io.EOF) && f.disk.ctx.Err() != nil {
		err = context.Cause(f.disk.ctx) // it is what ended the read
	}
	return n, err
}

// Section is the whole file, for readers that jump.
func (f *File) Section() *io.SectionReader { return io.NewSectionReader(f, 0, f.Size()) }

// Changed tells whether the file was written to since it was opened.
func (f *File) Changed() bool {
	now, err := f.handle.Stat()
	return err != nil || now.Size() != f.opened.Size() || !now.ModTime().Equal(f.opened.ModTime())
}
