package snapshot

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/blob"
)

// MaxManifest bounds what is read whole: 1 GiB is a manifest of some 10 million
// devices in version 1.
const MaxManifest = 1 << 30

// Files are the files of snapshots, which lie in a store.
type Files struct{ store blob.Store }

// New returns the files in a store.
func New(store blob.Store) *Files { return &Files{store: store} }

// Close releases the store.
func (f *Files) Close() error { return f.store.Close() }

// File is a durable file as a manifest names it.
type File = blob.Ref

// Open opens a file for reading as it is.
func (f *Files) Open(name string) (blob.Blob, error) {
	return f.store.Open(context.Background(), name)
}

// Usable says whether files can be made here, for health checks.
func (f *Files) Usable() error { return f.store.Usable(context.Background()) }

// Remove deletes a file; one that is already gone is no error, because the
// sweeper may have been interrupted after deleting it.
func (f *Files) Remove(name string) error { return f.store.Remove(context.Background(), name) }

// ReadAll reads a whole file into buf's memory and checks it against what the
// manifest says; a negative size is not compared, where only a manifest's hash is
// known. The error wraps ErrDamaged when bytes or hash differ.
func (f *Files) ReadAll(buf []byte, want File) ([]byte, error) {
	return blob.ReadAll(context.Background(), f.store, want, buf, MaxManifest)
}

// OpenChecked opens a file that is what the manifest says. While nothing touches
// the file the store remembers that it was sound, unless again is set.
func (f *Files) OpenChecked(want File, again bool) (blob.Blob, error) {
	return f.store.OpenChecked(context.Background(), want, again)
}

// Check is OpenChecked for who reads nothing.
func (f *Files) Check(want File, again bool) error {
	return blob.Check(context.Background(), f.store, want, again)
}

// missing is the error of a file that could not be opened, which must be there.
func (f *Files) missing(want File, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return f.Damaged(want, "file is gone")
	}
	return err
}

// Damaged is the error of a file that is not what something says of it.
func (f *Files) Damaged(want File, how string) error {
	f.store.Doubt(want.Path)
	return blob.Damaged(want.Path, how)
}

// Restore puts a file back: src must have what want says, else nothing is
// changed and the error wraps ErrDamaged. A negative size is not compared. The
// new file takes the place of whatever is there in one step, and is durable when
// Restore returns.
func (f *Files) Restore(want File, src io.Reader) error {
	return f.store.Replace(context.Background(), want, src)
}

// fileWriter writes one new file.
type fileWriter struct {
	files *Files
	name  string
	blob.Writer
	done bool // it is there
}

// Close makes the file visible. That it is durable is for the batch to say.
func (w *fileWriter) Close() (File, error) {
	made, err := w.Commit()
	w.done = err == nil
	return made, err
}

// abort gives the file up; what was written is removed.
func (w *fileWriter) abort() {
	if w.Abort(); w.done {
		w.files.Remove(w.name)
	}
}

// Batch makes files that become durable together: many small ones share what
// makes them so. Until Sync has returned, nothing may name any of them. It is for
// one goroutine.
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
