package snapshot

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/blob"
)

// MaxManifest bounds the files that are read whole: 1 GiB is a version 1 manifest of about 10
// million devices.
const MaxManifest = 1 << 30

// Files are the files of snapshots, which lie in a store.
type Files struct{ store blob.Store }

// New returns the files in a store.
func New(store blob.Store) *Files { return &Files{store: store} }

// Close releases the store.
func (f *Files) Close() error { return f.store.Close() }

// File is a durable file as a manifest names it.
type File = blob.Ref

// Open opens a file for reading, unchecked.
func (f *Files) Open(name string) (blob.Blob, error) {
	return f.store.Open(context.Background(), name)
}

// Usable reports whether files can be made in the store, for health checks.
func (f *Files) Usable() error { return f.store.Usable(context.Background()) }

// Remove deletes a file. A missing file is not an error, because a sweep may have been interrupted
// after deleting it.
func (f *Files) Remove(name string) error { return f.store.Remove(context.Background(), name) }

// ReadAll reads a whole file into buf's memory and checks its size and hash. A negative size is
// not checked: for manifests only the hash is known. The error wraps ErrDamaged if the bytes or
// the hash differ.
func (f *Files) ReadAll(buf []byte, want File) ([]byte, error) {
	return blob.ReadAll(context.Background(), f.store, want, buf, MaxManifest)
}

// OpenChecked opens a file and checks it. The store remembers a sound file until it is touched;
// again checks it anyway.
func (f *Files) OpenChecked(want File, again bool) (blob.Blob, error) {
	return f.store.OpenChecked(context.Background(), want, again)
}

// Check is OpenChecked without reading the file afterwards.
func (f *Files) Check(want File, again bool) error {
	return blob.Check(context.Background(), f.store, want, again)
}

// missing returns the error for a file that must exist and could not be opened.
func (f *Files) missing(want File, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return f.Damaged(want, "file is gone")
	}
	return err
}

// Damaged returns the error for a file that differs from its description.
func (f *Files) Damaged(want File, how string) error {
	f.store.Doubt(want.Path)
	return blob.Damaged(want.Path, how)
}

// Restore puts a file back. src must have the size and hash of want, else nothing is changed and
// the error wraps ErrDamaged. A negative size is not checked. The new file replaces whatever is
// there in one step, and is durable when Restore returns.
func (f *Files) Restore(want File, src io.Reader) error {
	return f.store.Replace(context.Background(), want, src)
}

// fileWriter writes one new file.
type fileWriter struct {
	files *Files
	name  string
	blob.Writer
	done bool // the file is visible
}

// Close makes the file visible. The batch makes it durable.
func (w *fileWriter) Close() (File, error) {
	made, err := w.Commit()
	w.done = err == nil
	return made, err
}

// abort removes the unfinished file.
func (w *fileWriter) abort() {
	if w.Abort(); w.done {
		w.files.Remove(w.name)
	}
}

// Batch makes files that become durable together, so that many small ones share the syncs. Until
// Sync has returned, nothing may name any of them. It must be used by one goroutine.
type Batch struct {
	files *Files
	batch blob.Batch
}

// NewBatch begins a batch.
func (f *Files) NewBatch() *Batch { return &Batch{files: f, batch: f.store.NewBatch()} }

// Sync makes the batch's files durable.
func (b *Batch) Sync() error { return b.batch.Sync(context.Background()) }

// create makes a new file; one of that name must not exist.
func (b *Batch) create(name string) (*fileWriter, error) {
	w, err := b.batch.Create(context.Background(), name)
	if err != nil {
		return nil, err
	}
	return &fileWriter{files: b.files, name: name, Writer: w}, nil
}
