package bucket

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/blob"
)

// bufferSize is how much is written to the local file at once, in bytes.
const bufferSize = 256 << 10

// NewBatch returns a batch without state: what is visible is durable.
func (s *Store) NewBatch() blob.Batch { return batch{s} }

type batch struct{ store *Store }

// Sync has nothing to do.
func (b batch) Sync(ctx context.Context) error { return ctx.Err() }

// Create begins a local file.
func (b batch) Create(ctx context.Context, key string) (blob.Writer, error) {
	w, err := b.store.create(ctx, key)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// checkKey returns an error if a blob cannot be put under a name.
func (s *Store) checkKey(key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if s.prefix == "" {
		return nil
	}
	return blob.CheckKey(s.prefix + key) // it may be too long
}

func (s *Store) create(ctx context.Context, key string) (*writer, error) {
	err := s.checkKey(key)
	if err == nil {
		err = ctx.Err()
	}
	w := &writer{ctx: ctx, store: s, key: key, sum: sha256.New()}
	if err == nil {
		w.file, err = os.CreateTemp(s.spool, "put-*")
	}
	if err != nil {
		return nil, fmt.Errorf("making %q: %w", key, explainLocal(err))
	}
	w.buf = bufio.NewWriterSize(w.file, bufferSize)
	return w, nil
}

// writer is a put.
type writer struct {
	ctx   context.Context
	store *Store
	key   string
	file  *os.File // nil once the put has ended
	buf   *bufio.Writer
	sum   hash.Hash
	bytes int64
}

// Write writes to the local file.
func (w *writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fmt.Errorf("writing %q: %w", w.key, fs.ErrClosed)
	}
	err := w.ctx.Err()
	n := 0
	if err == nil {
		n, err = w.buf.Write(p)
	}
	if err != nil {
		return n, fmt.Errorf("writing %q: %w", w.key, explainLocal(err))
	}
	w.sum.Write(p)
	w.bytes += int64(n)
	return n, nil
}

// Commit uploads the file under an unused name.
func (w *writer) Commit() (blob.Ref, error) { return w.commit(true) }

func (w *writer) commit(unused bool) (blob.Ref, error) {
	if w.file == nil {
		return blob.Ref{}, fmt.Errorf("writing %q: %w", w.key, fs.ErrClosed)
	}
	defer w.Abort()
	if err := w.buf.Flush(); err != nil {
		return blob.Ref{}, fmt.Errorf("writing %q: %w", w.key, explainLocal(err))
	}
	made := w.ref()
	v, err := w.store.upload(w.ctx, made, w.file, unused)
	if err != nil {
		return blob.Ref{}, fmt.Errorf("writing %q: %w", w.key, err)
	}
	name := w.store.prefix + w.key
	if old, changed := w.store.known.put(name, v, &made.SHA256); changed {
		w.store.forget(name, old)
	}
	w.store.keep(name, v, w.file)
	return made, nil
}

func (w *writer) ref() blob.Ref {
	return blob.Ref{Path: w.key, Bytes: w.bytes, SHA256: blob.Digest(w.sum.Sum(nil))}
}

// Abort removes the local file.
func (w *writer) Abort() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
		w.file = nil
	}
}

// upload puts a file, as often as it takes.
func (s *Store) upload(ctx context.Context, made blob.Ref, file *os.File, unused bool) (v version, err error) {
	if made.Bytes >= blockSize {
		if err := s.uploads.Acquire(ctx, 1); err != nil {
			return v, err
		}
		defer s.uploads.Release(1)
	}
	name := s.prefix + made.Path
	v = version{bytes: made.Bytes, sum: hex.EncodeToString(made.SHA256[:]), put: rand.Text()}
	err = s.again(ctx, func() error {
		err := s.dialect.put(ctx, name, v, file, unused)
		if k := kindOf(err); err != nil && unused && (k == passing || k == taken || k == changed) {
			return s.look(ctx, name, v, err)
		}
		return err
	})
	return v, s.isTaken(err)
}

// look looks at the object of a put that failed. The request may have been carried out and its
// reply lost, or a service may have refused it by closing the connection.
func (s *Store) look(ctx context.Context, name string, v version, failed error) error {
	there, err := s.dialect.head(ctx, name)
	switch {
	case err != nil:
		return failed
	case there.put == v.put && there.bytes == v.bytes:
		return nil
	}
	return errReplaced
}

// Copy lets the service copy. Where that cannot read the source by itself, as it may with an
// identity, the bytes go through this node.
func (b batch) Copy(ctx context.Context, from, key string) error {
	s := b.store
	err := errors.Join(checkName(from), s.checkKey(key))
	if err == nil {
		err = s.unused(ctx, key)
	}
	if err == nil {
		err = s.isTaken(s.again(ctx, func() error { return b.copyOnce(ctx, s.prefix+from, s.prefix+key) }))
	}
	if errors.Is(err, errStranger) || errors.Is(err, fs.ErrPermission) {
		return s.copyBytes(ctx, from, key)
	}
	if err != nil {
		return fmt.Errorf("copying %q to %q: %w", from, key, err)
	}
	return nil
}

// copyOnce asks for a copy to a name that was unused. If it is taken now, an earlier request, of the service's library
// too, may have been carried out and its reply lost: then the object there is of the same put as the source.
func (b batch) copyOnce(ctx context.Context, from, name string) error {
	s := b.store
	err := s.dialect.copy(ctx, from, name)
	if k := kindOf(err); k != taken && k != changed {
		return err
	}
	source, failed := s.dialect.head(ctx, from)
	if failed != nil || source.put == "" {
		return err
	}
	return s.look(ctx, name, source, err)
}

// unused returns fs.ErrExist if a name is taken: some services of the kind of S3 do not know the
// condition on copies.
func (s *Store) unused(ctx context.Context, key string) error {
	_, err := s.head(ctx, s.prefix+key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s: %w", s.place, fs.ErrExist)
	}
	return err
}

func (s *Store) copyBytes(ctx context.Context, from, key string) error {
	source, err := s.Open(ctx, from)
	if err != nil {
		return err
	}
	defer source.Close()
	w, err := s.create(ctx, key)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err = io.Copy(w, source); err == nil {
		_, err = w.Commit()
	}
	return err
}

// Replace uploads a file under its name, whatever is there, if its bytes are right.
func (s *Store) Replace(ctx context.Context, want blob.Ref, src io.Reader) error {
	w, err := s.create(ctx, want.Path)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, src); err != nil {
		return fmt.Errorf("restoring %q: %w", want.Path, err)
	}
	if got := w.ref(); want.Bytes >= 0 && got.Bytes != want.Bytes || got.SHA256 != want.SHA256 {
		return blob.Damaged(want.Path, "the copy has different bytes")
	}
	_, err = w.commit(false)
	return err
}

// probe is the name of an object that Usable makes; names with a dot in front are no keys.
const probe = ".probe"

// Usable makes an object.
func (s *Store) Usable(ctx context.Context) error {
	err := s.again(ctx, func() error {
		return s.dialect.put(ctx, s.prefix+probe, version{bytes: 2}, strings.NewReader("ok"), false)
	})
	if err != nil {
		return fmt.Errorf("probing the store of files: %w", err)
	}
	return nil
}
