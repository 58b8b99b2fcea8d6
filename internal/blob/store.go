// Package blob keeps immutable files under names: the parts, sheets and
// manifests of snapshots, the raw files of feeds, catalogs.
//
// Store is the contract. It asks for what a folder and object storage (S3, Azure
// Blob) both have, and for nothing else: no renaming, no links, no appending to
// what is there, no folders of its own, listing by prefix, and writing only where
// nothing is. Dir is the implementation on a folder. Package blobtest is the
// suite that every implementation passes, with a model of object storage.
//
// # A put
//
// A Writer of a Batch takes the bytes of one blob. Commit makes it visible, whole;
// before that nobody sees anything of it, and what a crash leaves of it is removed
// by the next Open of the store. Sync makes all blobs of the batch durable, with
// whatever leads to them. So a caller commits files, syncs the batch, and only
// then writes down their names elsewhere.
//
// A key is used once. Whoever puts a second blob of a key gets fs.ErrExist, also
// where the content is the same: who wants to save a put compares hashes first.
// The one exception is Replace, which brings back what was damaged.
//
// # A read
//
// OpenChecked proves that a blob has the SHA-256 that somebody wrote down, and then
// gives random access. Open proves nothing, for callers that check what they
// read by sums of their own. Every failure of a proof wraps ErrDamaged and names
// the key, and so does whatever else lies in a blob's place: a pipe, a folder, a
// symbolic link. Nothing of that kind is opened, and nobody waits for it.
package blob

import (
	"context"
	"io"
	"io/fs"
	"iter"
)

// Store holds blobs. It is safe for concurrent use. One process at a time opens
// a store on the same place.
type Store interface {
	// NewBatch begins a batch.
	NewBatch() Batch
	// Open opens a blob as it is. The error wraps fs.ErrNotExist if there is none.
	Open(ctx context.Context, key string) (Blob, error)
	// OpenChecked opens a blob that is what the reference says; else the error wraps
	// ErrDamaged, also where it is gone. A negative size is not compared. Unless
	// again is set, a blob that this store has made or checked is not read through
	// while nothing has touched it.
	OpenChecked(ctx context.Context, want Ref, again bool) (Blob, error)
	// Doubt says that a blob was found damaged, so that it is read through again.
	Doubt(key string)
	// List yields the keys that begin with a prefix, which is empty or ends in a
	// slash, in no promised order. Names that could not be put are listed, too. A
	// blob that comes or goes meanwhile may be listed. An error is the last element.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Children returns what follows a prefix of that form in keys, up to the next slash,
	// each once and in order. A folder without blobs may be among them.
	Children(ctx context.Context, prefix string) ([]string, error)
	// Remove removes a blob. One that is not there is no error.
	Remove(ctx context.Context, key string) error
	// Replace puts a blob in the place of whatever is there, in one step, and is
	// durable when it returns. src must have what the reference says, else nothing
	// is changed and the error wraps ErrDamaged. A negative size is not compared.
	Replace(ctx context.Context, want Ref, src io.Reader) error
	// Usable reports why blobs cannot be put at the moment, for health checks.
	Usable(ctx context.Context) error
	// Close releases the store.
	Close() error
}

// Batch makes blobs that become durable together. It is for one goroutine.
type Batch interface {
	// Create begins a blob. The context is that of the whole put. The error of this
	// call, or of the writer's Commit, wraps fs.ErrExist if the key is taken.
	Create(ctx context.Context, key string) (Writer, error)
	// Copy puts a blob that has what another one has, without reading it where that
	// can be done. The error wraps fs.ErrNotExist if the other is not there, and
	// fs.ErrExist if the key is taken.
	Copy(ctx context.Context, from, key string) error
	// Sync makes the blobs that were committed or copied durable. Until it has returned,
	// nothing may name them.
	Sync(ctx context.Context) error
}

// Writer takes the content of one blob. It is ended by Commit or Abort.
type Writer interface {
	io.Writer
	// Commit makes the blob visible and describes it. After an error there is none.
	Commit() (Ref, error)
	// Abort ends the put, and nothing is left of it. After Commit it does nothing.
	Abort()
}

// Blob is an open blob. When the blob is removed or replaced, reading goes on with
// the bytes that there were, or fails.
type Blob interface {
	fs.File
	io.ReaderAt
	io.Seeker
}
