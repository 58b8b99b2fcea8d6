// Package blob keeps immutable files under names: the parts, sheets and manifests of snapshots,
// the raw files of feeds, catalogs.
//
// Store is the contract. It only asks for what both a folder and object storage (S3, Azure Blob)
// have: listing by prefix, and writing under unused names. It needs no renaming, links, appending
// or folders. Dir is the implementation on a folder, which one process uses; package bucket has
// that on object storage, which many nodes share. Package blobtest is the test suite for every
// implementation, with a model of object storage.
//
// # A put
//
// A Writer of a Batch takes the bytes of one blob. Commit makes the complete blob visible. Before
// that nothing of it is visible, and nothing becomes visible if the process crashes. What is left
// then is removed by the next opening of a folder. In object storage opening removes nothing,
// since it may be what another node is writing; a rule of the service or bucket.Store.Sweep does.
// Blobs that a dead node committed and nobody names are found by listing: the caller knows from its
// database which attempts have ended.
//
// Sync makes all blobs of the batch durable, including the folders above them. So a caller commits
// files, syncs the batch, and only then stores their names elsewhere.
//
// A key is used once. A second put of a key fails with fs.ErrExist, even with the same content; to
// avoid such puts compare hashes first. The one exception is Replace, which restores damaged
// blobs.
//
// # A read
//
// OpenChecked checks the SHA-256 of a blob, and then gives random access. Open checks nothing; it
// is for callers with checksums of their own. Every failed check gives an error that wraps
// ErrDamaged and names the key. So does anything else in a blob's place: a pipe, a folder, a
// symbolic link. Such things are never opened, so they cannot block.
package blob

import (
	"context"
	"io"
	"io/fs"
	"iter"
)

// Store holds blobs. It is safe for concurrent use. If the place is shared, many processes may have
// stores open on it: each sees what the others have put, replaced and removed, and of several puts
// of one key one succeeds. A folder is only shared if all of them open it with OpenShared.
type Store interface {
	// NewBatch begins a batch.
	NewBatch() Batch
	// Open opens a blob without checking it. The error wraps fs.ErrNotExist if there is none.
	Open(ctx context.Context, key string) (Blob, error)
	// OpenChecked opens a blob and checks it against the reference. The error wraps ErrDamaged if
	// they differ or the blob is gone. A negative size is not checked. Unless again is set, a blob
	// that this store has made or checked is not read through while it is untouched.
	OpenChecked(ctx context.Context, want Ref, again bool) (Blob, error)
	// Doubt says that a blob was found damaged, so that it is read through again.
	Doubt(key string)
	// List yields the keys that begin with a prefix, which is empty or ends in a slash, in no
	// particular order. It also lists names that could not be put. A blob that is put or removed
	// meanwhile may be listed. An error is the last element.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Children returns the next elements of keys after a prefix of that form, without duplicates
	// and in order. A folder without blobs may be among them.
	Children(ctx context.Context, prefix string) ([]string, error)
	// Remove removes a blob. A missing blob is not an error.
	Remove(ctx context.Context, key string) error
	// Replace replaces whatever has the key by a blob, in one step, and is durable when it
	// returns. src must have the size and hash of the reference, else nothing is changed and the
	// error wraps ErrDamaged. A negative size is not checked.
	Replace(ctx context.Context, want Ref, src io.Reader) error
	// Usable returns an error if blobs cannot be put now, for health checks.
	Usable(ctx context.Context) error
	// Close releases the store.
	Close() error
}

// Batch makes blobs that become durable together. It must be used by one goroutine.
type Batch interface {
	// Create begins a blob. The context applies to the whole put. The error of this call, or of
	// the writer's Commit, wraps fs.ErrExist if the key is taken.
	Create(ctx context.Context, key string) (Writer, error)
	// Copy puts a blob with the content of another one, without reading it if possible. The error
	// wraps fs.ErrNotExist if the other does not exist, and fs.ErrExist if the key is taken.
	Copy(ctx context.Context, from, key string) error
	// Sync makes the committed and copied blobs durable. Until it has returned, nothing may name
	// them.
	Sync(ctx context.Context) error
}

// Writer takes the content of one blob. Commit or Abort ends it.
type Writer interface {
	io.Writer
	// Commit makes the blob visible and returns its reference. After an error there is no blob.
	Commit() (Ref, error)
	// Abort ends the put and leaves nothing. After Commit it does nothing.
	Abort()
}

// Blob is an open blob. If it is removed or replaced meanwhile, reading continues with the old
// bytes or fails.
type Blob interface {
	fs.File
	io.ReaderAt
	io.Seeker
}
