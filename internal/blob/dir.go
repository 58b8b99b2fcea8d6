package blob

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Dir is a Store in a folder: a key is the path of its file. The operating system keeps keys
// inside the folder (os.Root). A file is written under a temporary name and gets its own name when
// it is complete, so the folder and everything below it must be in one file system.
type Dir struct {
	// Step, if set before the first use, is called before each change of the folder, with the
	// operation and the key or folder; its error becomes that of the change. Tests fail and crash
	// there.
	Step func(op, key string) error

	root    *os.Root
	tops    []string // first elements of keys; none: any
	shared  bool     // other processes use the folder
	probing sync.Mutex
	buffers sync.Pool // of *bufio.Writer, to write files with
	pieces  sync.Pool // of *[]byte, to read files with
	sound   soundness

	// naming is held while folders are made or removed, and while files get their names.
	naming  sync.Mutex
	synced  map[string]bool // folders known to be durable, entry in parent included
	removed int             // how often a folder was removed
}

// Names at the top of a folder that are not keys.
const (
	putting   = ".put-"    // prefix of files that are being written
	repairing = ".repair-" // prefix of folders that were set aside, and in earlier programs of restored files
	probe     = ".probe"   // the file that Usable makes
)

// reserved reports whether a name is the store's own.
func reserved(name string) bool {
	return strings.HasPrefix(name, putting) || strings.HasPrefix(name, repairing) || name == probe
}

// bufferSize is how much of a file is read or written at once, in bytes.
const bufferSize = 256 << 10

// abandoned is the age at which a file that is being written is taken for one of a process that died,
// where other processes use the folder.
const abandoned = 24 * time.Hour

// OpenDir opens the folder at a path, makes it if needed, and removes files of puts that were
// interrupted by a crash. If tops are given, the first element of every key is one of them, and
// the rest of the folder belongs to others.
func OpenDir(folder string, tops ...string) (*Dir, error) { return openDir(folder, false, tops) }

// OpenShared is OpenDir for a folder that other processes use, too, on this machine or over a network.
// Its file system must have hard links, which make sure that a name is used once; clocks of machines
// may differ by hours. Each put syncs the folders above it, since others may remove and make them.
func OpenShared(folder string, tops ...string) (*Dir, error) { return openDir(folder, true, tops) }

func openDir(folder string, shared bool, tops []string) (*Dir, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making folder of files: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening folder of files: %w", err)
	}
	d := &Dir{root: root, tops: tops, shared: shared, synced: map[string]bool{}}
	d.buffers.New = func() any { return bufio.NewWriterSize(nil, bufferSize) }
	d.pieces.New = func() any { piece := make([]byte, bufferSize); return &piece }
	if err := d.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening folder %q: %w", folder, err), root.Close())
	}
	return d, nil
}

// sweep removes files that a crash left, which are old if they may be another process's. Folders that
// were set aside stay.
func (d *Dir) sweep() error {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if reserved(e.Name()) && e.Type().IsRegular() && !(d.shared && isYoung(e)) {
			if err := d.root.Remove(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// isYoung reports whether another process may be writing a file.
func isYoung(e fs.DirEntry) bool {
	info, err := e.Info()
	return err == nil && time.Since(info.ModTime()) < abandoned
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Doubt forgets that a file was sound.
func (d *Dir) Doubt(key string) { d.sound.forget(key) }

// ours returns an error if a key does not belong to this store.
func (d *Dir) ours(key string) error {
	if top, _, _ := strings.Cut(key, "/"); len(d.tops) > 0 && !slices.Contains(d.tops, top) {
		return fmt.Errorf("%q: %w", key, ErrKey)
	}
	return checkName(key)
}

// step calls Step, if set.
func (d *Dir) step(op, key string) error {
	if d.Step == nil {
		return nil
	}
	return d.Step(op, key)
}

// temporary returns a name for a file that is being written.
func temporary() string { return putting + rand.Text() }

// Usable makes a file and removes it.
func (d *Dir) Usable(context.Context) error {
	d.probing.Lock()
	defer d.probing.Unlock()
	name := probe
	if d.shared {
		name = temporary()
	}
	file, err := d.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("probing folder of files: %w", explain(err))
	}
	_, err = file.WriteString("ok")
	return explain(errors.Join(err, file.Close(), d.root.Remove(name)))
}

// List walks the folder of the prefix.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folders, err := d.foldersOf(prefix)
		for _, folder := range folders {
			if err == nil {
				err = d.walk(ctx, folder, yield)
			}
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield("", fmt.Errorf("listing files of %q: %w", prefix, err))
		}
	}
}

// foldersOf returns the folders that contain the keys with a prefix.
func (d *Dir) foldersOf(prefix string) ([]string, error) {
	switch {
	case prefix == "" && len(d.tops) > 0:
		return d.tops, nil
	case prefix == "":
		return []string{"."}, nil
	}
	folder, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return nil, fmt.Errorf("the prefix does not end in a slash: %w", ErrKey)
	}
	return []string{folder}, d.ours(folder)
}

// walk yields the files of a folder, and those below it.
func (d *Dir) walk(ctx context.Context, folder string, yield func(string, error) bool) error {
	return fs.WalkDir(d.root.FS(), folder, func(name string, e fs.DirEntry, err error) error {
		switch {
		case isGone(err):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case name != "." && reserved(name):
			return skip(e)
		case e.IsDir(), name == folder: // a file in the folder's place has nothing below it
			return nil
		case !yield(name, nil):
			return errStopped
		}
		return nil
	})
}

// errStopped says that the caller wants no more keys.
var errStopped = errors.New("stopped")

func skip(e fs.DirEntry) error {
	if e.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// isGone reports whether an error says that nothing is there, also because a file is in the place
// of a folder on the way.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Children lists one folder.
func (d *Dir) Children(ctx context.Context, prefix string) (names []string, err error) {
	folders, err := d.foldersOf(prefix)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("listing %q: %w", prefix, err)
	}
	if prefix == "" {
		folders = []string{"."}
	}
	entries, err := fs.ReadDir(d.root.FS(), folders[0])
	if err != nil && !isGone(err) {
		return nil, fmt.Errorf("listing %q: %w", prefix, err)
	}
	for _, e := range entries {
		if prefix != "" || !reserved(e.Name()) && (len(d.tops) == 0 || slices.Contains(d.tops, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Remove removes a file, and the folders that become empty.
func (d *Dir) Remove(ctx context.Context, key string) error {
	err := d.ours(key)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = d.step("remove", key)
	}
	if err == nil {
		d.Doubt(key)
		if err = d.root.Remove(key); isGone(err) { // its remover may have died before removing the folders
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("removing %q: %w", key, explain(err))
	}
	d.removeEmptyFolders(path.Dir(key))
	return nil
}

// removeEmptyFolders removes empty folders upwards, until one is not empty.
func (d *Dir) removeEmptyFolders(folder string) {
	d.naming.Lock()
	defer d.naming.Unlock()
	for ; folder != "."; folder = path.Dir(folder) {
		if d.step("rmdir", folder) != nil || d.root.Remove(folder) != nil {
			return
		}
		d.removed++
		delete(d.synced, folder)
	}
}

// forgetFolders records that a folder and those above it may be gone. The caller holds d.naming.
func (d *Dir) forgetFolders(folder string) {
	d.removed++
	for ; folder != "."; folder = path.Dir(folder) {
		delete(d.synced, folder)
	}
}
