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
	"os"
	"path/filepath"
)

const (
	// feedFolder holds the raw files of feeds, below the data folder.
	feedFolder = "feed"
	// maxFeed bounds the raw files of one feed, in bytes.
	maxFeed = 16 << 30
)

// RawFile is one raw file of a feed to be imported.
type RawFile struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// FilesOf lists the regular files of a file system as raw files of a feed. Raw
// files lie in one folder, so two of one name are an error when copied.
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

// copyRaw makes durable copies of files in a new folder, and describes those.
func (l *Library) copyRaw(ctx context.Context, folder string, files iter.Seq2[RawFile, error]) (bytes int64, sum string, err error) {
	if err := os.MkdirAll(l.path(folder), 0o700); err != nil {
		return 0, "", fmt.Errorf("making folder of feed: %w", err)
	}
	for raw, err := range files {
		if err != nil {
			return 0, "", err
		}
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		n, err := copyFile(ctx, filepath.Join(l.path(folder), filepath.Base(raw.Name)), raw, maxFeed-bytes)
		if err != nil {
			return 0, "", err
		}
		bytes += n
	}
	if err := syncFolder(l.path(folder)); err != nil {
		return 0, "", err
	}
	return sizeAndHash(ctx, l.path(folder))
}

func copyFile(ctx context.Context, path string, raw RawFile, limit int64) (int64, error) {
	in, err := raw.Open()
	if err != nil {
		return 0, fmt.Errorf("opening %q: %w", raw.Name, err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("copying %q: %w", raw.Name, err)
	}
	n, err := io.Copy(out, io.LimitReader(untilDone{ctx: ctx, in: in}, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("feed is larger than %d bytes", int64(maxFeed))
	}
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return n, fmt.Errorf("copying %q: %w", raw.Name, err)
	}
	return n, nil
}

// sizeAndHash describes the files of a folder, in order of their names.
func sizeAndHash(ctx context.Context, folder string) (bytes int64, sum string, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if !e.Type().IsRegular() { // opening a pipe would wait
			return fmt.Errorf("%q is no regular file", path)
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		n, err := io.Copy(hash, untilDone{ctx: ctx, in: file})
		bytes += n
		return err
	})
	if err != nil {
		return 0, "", fmt.Errorf("reading the files of a feed: %w", err)
	}
	return bytes, hex.EncodeToString(hash.Sum(nil)), nil
}
