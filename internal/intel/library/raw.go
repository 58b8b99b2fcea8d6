package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"

	"github.com/muster-project/muster/internal/blob"
)

// The raw files of a feed are stored below its path, under their own names.

// maxFeed bounds the raw files of one feed, in bytes.
const maxFeed = 16 << 30

// RawFile is one raw file of a feed to be imported.
type RawFile struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// FilesOf lists the regular files of a file system as raw files of a feed. Raw files are stored in
// one folder, so copying two with the same name is an error.
func FilesOf(fsys fs.FS) iter.Seq2[RawFile, error] {
	return func(yield func(RawFile, error) bool) {
		err := fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			open := func() (io.ReadCloser, error) { return fsys.Open(path) }
			if !yield(RawFile{Name: path, Open: open}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(RawFile{}, err)
		}
	}
}

// copyRaw stores files below a name, durably, and returns their size and hash.
func (f *files) copyRaw(ctx context.Context, name string,
	files iter.Seq2[RawFile, error]) (bytes int64, sum string, err error) {
	batch := f.blobs.NewBatch()
	for raw, err := range files {
		if err != nil {
			return 0, "", err
		}
		n, err := putRaw(ctx, batch, key(name)+"/"+filepath.Base(raw.Name), raw, maxFeed-bytes)
		if err != nil {
			return 0, "", fmt.Errorf("copying %q: %w", raw.Name, err)
		}
		bytes += n
	}
	if err := batch.Sync(ctx); err != nil {
		return 0, "", err
	}
	return f.describe(ctx, name)
}

// putRaw stores one file of at most limit bytes.
func putRaw(ctx context.Context, batch blob.Batch, key string, raw RawFile, limit int64) (int64, error) {
	in, err := raw.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := batch.Create(ctx, key)
	if err != nil {
		return 0, err
	}
	defer out.Abort()
	n, err := io.Copy(out, io.LimitReader(untilDone{ctx: ctx, in: in}, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("the feed is larger than %d bytes", int64(maxFeed))
	}
	if err == nil {
		_, err = out.Commit()
	}
	return n, err
}

// describe returns size and hash of the files below a name, in order of their names.
func (f *files) describe(ctx context.Context, name string) (bytes int64, sum string, err error) {
	var keys []string
	for key, err := range f.blobs.List(ctx, key(name)+"/") {
		if err != nil {
			return 0, "", err
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	hash := sha256.New()
	for _, key := range keys {
		file, err := f.blobs.Open(ctx, key)
		if err != nil {
			return 0, "", fmt.Errorf("reading the files of a feed: %w", err)
		}
		n, err := io.Copy(hash, untilDone{ctx: ctx, in: file})
		if err = errors.Join(err, file.Close()); err != nil {
			return 0, "", fmt.Errorf("reading the files of a feed: %w", err)
		}
		bytes += n
	}
	return bytes, hex.EncodeToString(hash.Sum(nil)), nil
}

// rawFiles returns a file system of the files below a name.
func (f *files) rawFiles(ctx context.Context, name string) fs.FS {
	return blob.FS(ctx, f.blobs, key(name)+"/")
}
