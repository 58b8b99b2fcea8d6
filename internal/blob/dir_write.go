package blob

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/muster-project/muster/internal/durable"
)

// dirBatch is a batch of files: many small ones share the syncs of their folders.
type dirBatch struct {
	dir *Dir
	// unsynced are folders whose entries may not be durable; made are folders whose existence a
	// sync of these proves.
	unsynced, made map[string]bool
	removed        int // Dir.removed when the first of made was made
}

// NewBatch begins a batch.
func (d *Dir) NewBatch() Batch { return batchOf(d) }

func batchOf(d *Dir) *dirBatch {
	return &dirBatch{dir: d, unsynced: map[string]bool{}, made: map[string]bool{}}
}

// Create begins a file with a temporary name.
func (b *dirBatch) Create(ctx context.Context, key string) (Writer, error) {
	err := b.begin(ctx, key)
	w := &dirWriter{ctx: ctx, batch: b, key: key, temporary: temporary(), sum: sha256.New()}
	if err == nil {
		w.file, err = createNew(b.dir.root, w.temporary)
	}
	if err != nil {
		return nil, fmt.Errorf("making %q: %w", key, explain(err))
	}
	w.buf = b.dir.buffers.Get().(*bufio.Writer) // the pool has no other type
	w.buf.Reset(sink{w})
	return w, nil
}

// begin returns an error if a key cannot be put.
func (b *dirBatch) begin(ctx context.Context, key string) error {
	err := CheckKey(key)
	if err == nil {
		err = b.dir.ours(key)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = b.dir.step("create", key)
	}
	return err
}

// Copy links the file to another name if the file system can; neither is ever written to.
// Otherwise it copies the bytes.
func (b *dirBatch) Copy(ctx context.Context, from, key string) error {
	err := b.begin(ctx, key)
	if err != nil {
		return fmt.Errorf("copying %q to %q: %w", from, key, explain(err))
	}
	source, err := b.dir.Open(ctx, from)
	if err != nil {
		return err
	}
	defer source.Close()
	linked := temporary()
	err = b.dir.step("link", key)
	if err == nil && b.dir.root.Link(from, linked) != nil {
		return b.copyBytes(ctx, source, key)
	}
	if err == nil {
		err = b.place(linked, key)
	}
	if err != nil {
		b.dir.discard(linked, key)
		return fmt.Errorf("copying %q to %q: %w", from, key, explain(err))
	}
	return nil
}

func (b *dirBatch) copyBytes(ctx context.Context, source Blob, key string) error {
	w, err := b.Create(ctx, key)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err = copyThrough(ctx, w, source, make([]byte, bufferSize)); err == nil {
		_, err = w.Commit()
	}
	return err
}

// createNew makes an empty file; the name must be free.
func createNew(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// Sync syncs the folders of the batch's files and all folders above them.
func (b *dirBatch) Sync(ctx context.Context) error {
	for _, folder := range slices.Sorted(maps.Keys(b.unsynced)) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("syncing folder %q: %w", folder, err)
		}
		if err := b.dir.syncFolder(folder); err != nil {
			return err
		}
		delete(b.unsynced, folder)
	}
	b.dir.naming.Lock()
	defer b.dir.naming.Unlock()
	if b.dir.removed == b.removed && !b.dir.shared { // otherwise one of these may have been removed and made again
		for folder := range b.made {
			b.dir.synced[folder] = true
		}
	}
	clear(b.made)
	return nil
}

// place gives a complete file its name, which must be free.
func (b *dirBatch) place(temporary, key string) error {
	d, folder := b.dir, path.Dir(key)
	d.naming.Lock()
	defer d.naming.Unlock()
	err := d.makeFolder(folder)
	if err == nil {
		err = d.step("rename", key)
	}
	if err == nil {
		err = d.name(temporary, key)
	}
	tries := 1
	if d.shared {
		tries = 100 // others may be removing what is empty
	}
	for ; tries > 0 && errors.Is(err, fs.ErrNotExist); tries-- {
		d.forgetFolders(folder) // it was removed from outside, or by another process because it was empty
		if err = d.makeFolder(folder); err == nil {
			err = d.name(temporary, key)
		}
	}
	if err == nil {
		b.note(folder)
	}
	return err
}

// name gives a file its name, which must be free. The caller holds d.naming.
func (d *Dir) name(temporary, key string) error {
	if d.shared { // a link, unlike renaming, fails if another process has used the name
		err := d.root.Link(temporary, key)
		if err == nil {
			err = d.root.Remove(temporary)
		}
		return err
	}
	// No other process uses the folder, and all names are given under the lock.
	if _, err := d.root.Lstat(key); err == nil {
		return fs.ErrExist
	}
	return d.root.Rename(temporary, key)
}

// note records that a folder has a new entry. The caller holds d.naming.
func (b *dirBatch) note(folder string) {
	if len(b.made) == 0 {
		b.removed = b.dir.removed
	}
	b.unsynced[folder] = true
	for _, f := range foldersTo(folder) {
		if !b.dir.synced[f] {
			b.unsynced[path.Dir(f)], b.made[f] = true, true
		}
	}
}

// makeFolder makes a folder and those above it. The caller holds d.naming.
func (d *Dir) makeFolder(folder string) error {
	for _, f := range foldersTo(folder) {
		if d.synced[f] {
			continue
		}
		if err := d.step("mkdir", f); err != nil {
			return err
		}
		if err := d.root.Mkdir(f, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("making folder %q: %w", f, err)
		}
	}
	return nil
}

// foldersTo lists a folder and those above it, the highest first.
func foldersTo(folder string) []string {
	if folder == "." {
		return nil
	}
	return append(foldersTo(path.Dir(folder)), folder)
}

// syncFolder makes the entries of a folder durable.
func (d *Dir) syncFolder(folder string) error {
	if err := d.step("sync", folder); err != nil {
		return fmt.Errorf("syncing folder %q: %w", folder, explain(err))
	}
	opened, err := d.root.Open(folder)
	if err != nil {
		return fmt.Errorf("opening folder %q: %w", folder, err)
	}
	if err := errors.Join(durable.SyncOpen(opened), opened.Close()); err != nil {
		return fmt.Errorf("syncing folder %q: %w", folder, explain(err))
	}
	return nil
}

// dirWriter writes one new file, and counts and hashes its bytes.
type dirWriter struct {
	ctx       context.Context
	batch     *dirBatch
	key       string
	temporary string
	file      *os.File // nil once the put has ended
	buf       *bufio.Writer
	sum       hash.Hash
	bytes     int64
}

// sink gets the output of the buffer.
type sink struct{ *dirWriter }

// Write writes to the file unless the context has ended.
func (s sink) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.batch.dir.step("write", s.key); err != nil {
		return 0, err
	}
	return s.file.Write(p)
}

// Write appends bytes.
func (w *dirWriter) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fmt.Errorf("writing %q: %w", w.key, fs.ErrClosed)
	}
	n, err := w.buf.Write(p)
	if err != nil {
		return n, fmt.Errorf("writing %q: %w", w.key, explain(err))
	}
	w.sum.Write(p)
	w.bytes += int64(n)
	return n, nil
}

// Commit makes the bytes durable and gives the file its name.
func (w *dirWriter) Commit() (Ref, error) {
	if w.file == nil {
		return Ref{}, fmt.Errorf("writing %q: %w", w.key, fs.ErrClosed)
	}
	made := Ref{Path: w.key, Bytes: w.bytes, SHA256: digest(w.sum)}
	written, err := w.finish()
	if err == nil {
		err = w.batch.place(w.temporary, w.key)
	}
	if err != nil {
		w.batch.dir.discard(w.temporary, w.key)
		return Ref{}, fmt.Errorf("writing %q: %w", w.key, explain(err))
	}
	w.batch.dir.sound.put(w.key, proof{written, made.SHA256})
	return made, nil
}

// finish makes the bytes durable and closes the file.
func (w *dirWriter) finish() (written stamp, err error) {
	err = w.ctx.Err()
	if err == nil {
		err = w.batch.dir.step("close", w.key)
	}
	if err == nil {
		err = w.buf.Flush()
	}
	if err == nil {
		err = w.batch.dir.step("fsync", w.key)
	}
	if err == nil {
		err = w.file.Sync()
	}
	if err == nil {
		written, err = stampOf(w.file)
	}
	return written, errors.Join(err, w.release())
}

// release ends the writing and returns the buffer.
func (w *dirWriter) release() error {
	w.buf.Reset(nil)
	w.batch.dir.buffers.Put(w.buf)
	file := w.file
	w.buf, w.file = nil, nil
	return file.Close()
}

// Abort removes the unfinished file.
func (w *dirWriter) Abort() {
	if w.file == nil {
		return
	}
	w.release()
	w.batch.dir.discard(w.temporary, w.key)
}

// discard removes a file that gets no name; if that fails, the next start removes it.
func (d *Dir) discard(temporary, key string) {
	if d.step("discard", key) == nil {
		d.root.Remove(temporary)
		d.removeEmptyFolders(path.Dir(key))
	}
}
