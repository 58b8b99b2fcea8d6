package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/blob"
)

// pageSize is how many keys are listed by one request.
const pageSize = 1000

// List lists page by page.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := s.pages(ctx, prefix, "", func(key string) bool { return yield(key, nil) })
		if err != nil && !errors.Is(err, io.EOF) {
			yield("", fmt.Errorf("listing files of %q: %w", prefix, err))
		}
	}
}

// Children lists with the slash as delimiter.
func (s *Store) Children(ctx context.Context, prefix string) (names []string, err error) {
	err = s.pages(ctx, prefix, "/", func(key string) bool {
		names = append(names, strings.TrimSuffix(key[len(prefix):], "/"))
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("listing %q: %w", prefix, err)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// pages visits what is listed, with keys of this store. It returns io.EOF after visit wanted no
// more.
func (s *Store) pages(ctx context.Context, prefix, delimiter string, visit func(key string) bool) error {
	if folder, ok := strings.CutSuffix(prefix, "/"); prefix != "" && (!ok || checkName(folder) != nil) {
		return fmt.Errorf("%q is no prefix: %w", prefix, blob.ErrKey)
	}
	for token := ""; ; {
		var page []string
		var next string
		err := s.again(ctx, func() (err error) {
			page, next, err = s.dialect.list(ctx, s.prefix+prefix, delimiter, token, pageSize)
			return err
		})
		if err != nil {
			return err
		}
		for _, name := range page {
			key := strings.TrimPrefix(name, s.prefix)
			if key != probe && key != prefix && !visit(key) {
				return io.EOF
			}
		}
		if next == "" {
			return nil
		}
		token = next
	}
}

// Remove removes an object.
func (s *Store) Remove(ctx context.Context, key string) error {
	err := checkName(key)
	if err == nil {
		err = s.again(ctx, func() error {
			err := s.dialect.remove(ctx, s.prefix+key)
			if err != nil && kindOf(err) == missing {
				return nil
			}
			return err
		})
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %q: %w", key, err)
	}
	if v, drop := s.known.remove(s.prefix + key); drop {
		s.forget(s.prefix+key, v)
	}
	return nil
}
