package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/blob"
)

// Open asks for the version of an object. Its bytes are fetched when they are read.
func (s *Store) Open(ctx context.Context, key string) (blob.Blob, error) {
	err := checkName(key)
	var v version
	if err == nil {
		v, err = s.head(ctx, s.prefix+key)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", key, err)
	}
	return s.open(ctx, key, v, nil), nil
}

// open returns a blob of a version.
func (s *Store) open(ctx context.Context, key string, v version, sum *blob.Digest) *object {
	name := s.prefix + key
	if old, changed := s.known.put(name, v, sum); changed {
		s.forget(name, old)
	}
	r := &reader{ctx: ctx, service: s.service, key: key, name: name, version: v}
	return &object{SectionReader: io.NewSectionReader(r, 0, v.bytes), reader: r, fact: s.known.hold(name)}
}

// OpenChecked opens an object and reads it through, unless this version is known to be sound. again
// fetches all of it from the service.
func (s *Store) OpenChecked(ctx context.Context, want blob.Ref, again bool) (blob.Blob, error) {
	for range 3 { // it may be replaced meanwhile
		b, err := s.openChecked(ctx, want, again)
		if !errors.Is(err, errReplaced) {
			return b, err
		}
	}
	return nil, fmt.Errorf("opening %q: it is replaced again and again", want.Path)
}

func (s *Store) openChecked(ctx context.Context, want blob.Ref, again bool) (blob.Blob, error) {
	err := checkName(want.Path)
	var v version
	if err == nil {
		v, err = s.head(ctx, s.prefix+want.Path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.damaged(want, "file is gone")
	case err != nil:
		return nil, fmt.Errorf("opening %q: %w", want.Path, err)
	case want.Bytes >= 0 && v.bytes != want.Bytes:
		return nil, s.damaged(want, fmt.Sprintf("%d bytes, want %d", v.bytes, want.Bytes))
	case !again && s.known.sound(s.prefix+want.Path, v, want.SHA256):
		return s.open(ctx, want.Path, v, &want.SHA256), nil
	}
	r := &reader{ctx: ctx, service: s.service, key: want.Path, name: s.prefix + want.Path, version: v}
	sum, err := r.hash(again)
	if err != nil {
		return nil, err
	}
	if sum != want.SHA256 {
		s.forget(r.name, v)
		return nil, s.damaged(want, "bytes or SHA-256 differ")
	}
	return s.open(ctx, want.Path, v, &want.SHA256), nil
}

func (s *Store) damaged(want blob.Ref, how string) error {
	s.Doubt(want.Path)
	return blob.Damaged(want.Path, how)
}

// Doubt drops what the cache has of a blob.
func (s *Store) Doubt(key string) {
	if v, ok := s.known.doubt(s.prefix + key); ok {
		s.forget(s.prefix+key, v)
	}
}
