package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/pieces"
)

var _ blob.Store = (*Store)(nil)

// most uploads of more than one block at a time.
const mostUploads = 4

// Open opens a place. It fails if the service cannot be reached, does not know the credentials, or
// has no such container. It makes and removes nothing there.
func Open(ctx context.Context, c Config) (*Store, error) {
	c.Patience, c.Idle = cmp.Or(c.Patience, DefaultPatience), cmp.Or(c.Idle, DefaultIdle)
	c.CacheBytes = cmp.Or(c.CacheBytes, DefaultCacheBytes)
	p, err := parse(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Cache == "" {
		return nil, fmt.Errorf("%s: no folder for the cache is given", p)
	}
	s := &service{at: p, retrier: retrier{teller: teller{place: p.String()}, patience: c.Patience},
		spool: filepath.Join(c.Cache, "spool"), uploads: semaphore.NewWeighted(mostUploads)}
	if s.cache, err = pieces.Open(filepath.Join(c.Cache, "pieces"), c.CacheBytes); err != nil {
		return nil, err
	}
	if err := makeSpool(s.spool); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, c); err != nil {
		return nil, err
	}
	store := &Store{s, p.prefix}
	if err := reach(ctx, store); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store of files: %w", err), store.Close())
	}
	return store, nil
}

// connect makes the clients of the service.
func (s *service) connect(ctx context.Context, c Config) (err error) {
	transport := c.transport()
	client := &http.Client{Transport: transport,
		// A redirection would take signatures to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	env := &environment{get: c.Getenv}
	if env.get == nil {
		env.get = os.Getenv
	}
	if s.at.scheme == azure {
		s.dialect, err = openAzure(s.at, env, client, c.Patience)
	} else {
		s.dialect, err = openS3(ctx, s.at, env, client, c)
	}
	s.secrets = env.secrets
	if err != nil {
		return fmt.Errorf("%s: %s", s.place, s.scrub(err.Error()))
	}
	s.close = client.CloseIdleConnections
	return nil
}

// makeSpool makes the folder of files that are being written, and removes those of a process that
// died.
func makeSpool(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("emptying the folder of files that are being written: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the folder of files that are being written: %w", err)
	}
	return nil
}

// reach asks for one key.
func reach(ctx context.Context, s *Store) error {
	return s.again(ctx, func() error {
		_, _, err := s.dialect.list(ctx, s.prefix, "", "", 1)
		return err
	})
}
