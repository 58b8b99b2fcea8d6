package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// errKind says that something else is in a file's place.
var errKind = errors.New("not a regular file")

// Open opens a regular file for reading, and nothing else: opening a pipe would wait for a writer.
func (d *Dir) Open(ctx context.Context, key string) (Blob, error) {
	file, err := d.open(ctx, key)
	switch {
	case errors.Is(err, errKind):
		return nil, fmt.Errorf("file %q: %w: %w", key, err, ErrDamaged)
	case isGone(err):
		return nil, fmt.Errorf("opening %q: %w", key, fs.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("opening %q: %w", key, err)
	}
	return file, nil
}

// open opens a regular file. It checks the kind first, since merely opening may affect a device,
// and opens without blocking, since the kind may have changed.
func (d *Dir) open(ctx context.Context, key string) (*os.File, error) {
	if err := d.ours(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	info, err := d.root.Lstat(key)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errKind
	}
	file, err := d.root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = errKind
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// OpenChecked opens a file and reads it through, unless it is known to be sound.
func (d *Dir) OpenChecked(ctx context.Context, want Ref, again bool) (Blob, error) {
	file, err := d.open(ctx, want.Path)
	switch {
	case isGone(err):
		return nil, d.damaged(want, "file is gone")
	case errors.Is(err, errKind):
		return nil, d.damaged(want, errKind.Error())
	case err != nil:
		return nil, fmt.Errorf("opening %q: %w", want.Path, err)
	}
	if err := d.check(ctx, want, file, again); err != nil {
		file.Close() // only read from
		return nil, err
	}
	return file, nil
}

// check compares an open file with its reference, and leaves it at its beginning.
func (d *Dir) check(ctx context.Context, want Ref, file *os.File, again bool) error {
	now, err := stampOf(file)
	if err != nil {
		return fmt.Errorf("reading the size of %q: %w", want.Path, err)
	}
	if want.Bytes >= 0 && now.bytes != want.Bytes {
		return d.damaged(want, fmt.Sprintf("%d bytes, want %d", now.bytes, want.Bytes))
	}
	if !again && d.sound.has(want.Path, proof{now, want.SHA256}) {
		return nil
	}
	piece := d.pieces.Get().(*[]byte) // the pool has no other type
	defer d.pieces.Put(piece)
	n, sum, err := hashOf(ctx, file, *piece)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("reading %q: %w", want.Path, err)
	}
	if sum != want.SHA256 || n != now.bytes {
		return d.damaged(want, "bytes or SHA-256 differ")
	}
	d.sound.put(want.Path, proof{now, sum})
	return nil
}

// hashOf hashes to the end, or until the context ends.
func hashOf(ctx context.Context, in io.Reader, piece []byte) (bytes int64, sum Digest, err error) {
	state := sha256.New()
	bytes, err = copyThrough(ctx, state, in, piece)
	return bytes, digest(state), err
}

func digest(state hash.Hash) Digest { return Digest(state.Sum(nil)) }

// copyThrough copies to the end, or until the context ends, piece by piece.
func copyThrough(ctx context.Context, out io.Writer, in io.Reader, piece []byte) (bytes int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return bytes, err
		}
		n, err := in.Read(piece)
		if _, err := out.Write(piece[:n]); err != nil {
			return bytes, err
		}
		bytes += int64(n)
		if err == io.EOF {
			return bytes, nil
		}
		if err != nil {
			return bytes, err
		}
	}
}

func (d *Dir) damaged(want Ref, how string) error {
	d.Doubt(want.Path)
	return Damaged(want.Path, how)
}
