package snapshot

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"
	"time"
)

// Files is the folder in which snapshots lie. Names are slash-separated and
// relative; the operating system keeps them inside the folder (os.Root), so a
// name from outside cannot lead anywhere else.
type Files struct {
	// Trace, if set before the first use, is called before each change of the
	// folder, with what is done to which file. Tests crash there.
	Trace func(op, name string)

	root    *os.Root
	probing sync.Mutex
	buffers sync.Pool // of *bufio.Writer, to write files with

	mu     sync.Mutex
	sound  map[string]stamp // files whose SHA-256 this process has made or checked
	synced map[string]bool  // folders known to be durable, entry in parent included
}

// OpenFiles opens the folder dir, making it if needed.
func OpenFiles(dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making folder of snapshots: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening folder of snapshots: %w", err)
	}
	f := &Files{root: root, sound: map[string]stamp{}, synced: map[string]bool{}}
	f.buffers.New = func() any { return bufio.NewWriterSize(nil, writeBuffer) }
	return f, nil
}

// Close releases the folder.
func (f *Files) Close() error { return f.root.Close() }

func (f *Files) trace(op, name string) {
	if f.Trace != nil {
		f.Trace(op, name)
	}
}

// File is a durable file as a manifest names it.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 Digest `json:"sha256"`
}

// errKind says that something else lies in a file's place.
var errKind = errors.New("not a regular file")

// Open opens a file for reading, and nothing else that may lie in its place:
// opening a pipe would wait for whoever writes into it.
func (f *Files) Open(name string) (*os.File, error) {
	info, err := f.root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errKind}
	}
	if err != nil {
		return nil, err
	}
	return f.root.Open(name)
}

// probe is the file that Usable makes.
const probe = ".probe"

// Usable says whether files can be made here, for health checks.
func (f *Files) Usable() error {
	f.probing.Lock()
	defer f.probing.Unlock()
	file, err := f.root.OpenFile(probe, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("probing folder of snapshots: %w", err)
	}
	_, err = file.WriteString("ok")
	return errors.Join(err, file.Close(), f.root.Remove(probe))
}

// Remove deletes a file; one that is already gone is no error, because the
// sweeper may have been interrupted after deleting it.
func (f *Files) Remove(name string) error {
	f.trace("remove", name)
	f.mu.Lock()
	delete(f.sound, name)
	f.mu.Unlock()
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %q: %w", name, err)
	}
	f.removeEmptyFolders(path.Dir(name))
	return nil
}

// removeEmptyFolders tidies up; a folder that is not empty stops it.
func (f *Files) removeEmptyFolders(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if f.root.Remove(dir) != nil {
			return
		}
		delete(f.synced, dir)
	}
}

// ReadAll reads a whole file into buf's memory and checks it against what the
// manifest says. The error wraps ErrDamaged when bytes or hash differ.
func (f *Files) ReadAll(buf []byte, want File) ([]byte, error) {
	file, err := f.Open(want.Path)
	if err != nil {
		return nil, f.missing(want, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", want.Path, err)
	}
	if info.Size() != want.Bytes {
		return nil, f.damaged(want, fmt.Sprintf("%d bytes, not %d", info.Size(), want.Bytes))
	}
	if int64(cap(buf)) < want.Bytes {
		buf = make([]byte, want.Bytes)
	}
	buf = buf[:want.Bytes]
	if _, err := io.ReadFull(file, buf); err != nil {
		return nil, fmt.Errorf("reading %q: %w", want.Path, err)
	}
	if sha256.Sum256(buf) != want.SHA256 {
		return nil, f.damaged(want, "SHA-256 differs")
	}
	return buf, nil
}

// stamp tells a file that was checked from one that was touched since.
type stamp struct {
	bytes    int64
	modified time.Time
}

// Check reads a file through and compares it with the manifest. While nothing
// touches the file this process remembers that it was sound, unless again is set.
func (f *Files) Check(want File, again bool) error {
	file, err := f.Open(want.Path)
	if err != nil {
		return f.missing(want, err)
	}
	defer file.Close()
	now, err := stampOf(file)
	if err != nil {
		return fmt.Errorf("looking at %q: %w", want.Path, err)
	}
	f.mu.Lock()
	known := f.sound[want.Path] == now
	f.mu.Unlock()
	if known && !again {
		return nil
	}
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return fmt.Errorf("reading %q: %w", want.Path, err)
	}
	if n != want.Bytes || Digest(sum.Sum(nil)) != want.SHA256 {
		return f.damaged(want, "bytes or SHA-256 differ")
	}
	f.remember(want.Path, now)
	return nil
}

func stampOf(file *os.File) (stamp, error) {
	info, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

// remember notes that a file is sound.
func (f *Files) remember(name string, s stamp) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sound[name] = s
}

func (f *Files) missing(want File, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return f.damaged(want, "file is gone")
	}
	if errors.Is(err, errKind) {
		return f.damaged(want, errKind.Error())
	}
	return fmt.Errorf("opening %q: %w", want.Path, err)
}

func (f *Files) damaged(want File, how string) error {
	f.mu.Lock()
	delete(f.sound, want.Path)
	f.mu.Unlock()
	return fmt.Errorf("file %q: %s: %w", want.Path, how, ErrDamaged)
}

// fileWriter writes one new file, counting and hashing on the way.
type fileWriter struct {
	files *Files
	name  string
	file  *os.File
	buf   *bufio.Writer
	sum   hash.Hash
	bytes int64
}

// openNew makes an empty file where none of that name is.
func (f *Files) openNew(name string) (*os.File, error) {
	return f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// newWriter writes a file that openNew has made.
func (f *Files) newWriter(name string, file *os.File) *fileWriter {
	buf := f.buffers.Get().(*bufio.Writer) // the pool makes nothing else
	buf.Reset(file)
	return &fileWriter{files: f, name: name, file: file, buf: buf, sum: sha256.New()}
}

// writeBuffer is how much of a file is written at once, in bytes.
const writeBuffer = 256 << 10

// release gives the buffer back; nothing can be written any more.
func (w *fileWriter) release() {
	w.buf.Reset(nil)
	w.files.buffers.Put(w.buf)
}

// Write appends bytes.
func (w *fileWriter) Write(p []byte) (int, error) {
	n, err := w.buf.Write(p)
	if err != nil {
		return n, fmt.Errorf("writing %q: %w", w.name, err)
	}
	w.sum.Write(p)
	w.bytes += int64(n)
	return n, nil
}

// Close makes what is in the file durable. That its name is there is for the
// batch to say.
func (w *fileWriter) Close() (File, error) {
	w.files.trace("close", w.name)
	err := w.buf.Flush()
	w.release()
	if err == nil {
		err = w.file.Sync()
	}
	written, statErr := stampOf(w.file)
	if err := errors.Join(err, statErr, w.file.Close()); err != nil {
		return File{}, fmt.Errorf("writing %q: %w", w.name, err)
	}
	w.files.remember(w.name, written)
	return File{Path: w.name, Bytes: w.bytes, SHA256: Digest(w.sum.Sum(nil))}, nil
}

// abort gives the file up; what was written is removed.
func (w *fileWriter) abort() {
	w.file.Close()
	w.files.Remove(w.name)
}

// forgetFolder says that a folder may be gone, and those above it.
func (f *Files) forgetFolder(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; dir != "."; dir = path.Dir(dir) {
		delete(f.synced, dir)
	}
}

// syncFolder makes the entries of a folder durable.
func (f *Files) syncFolder(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return fmt.Errorf("opening folder %q: %w", dir, err)
	}
	defer d.Close()
	if runtime.GOOS == "windows" { // no such call there; NTFS journals its folders
		return nil
	}
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing folder %q: %w", dir, err)
	}
	return nil
}
