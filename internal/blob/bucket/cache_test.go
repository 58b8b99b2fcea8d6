package bucket

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// What was read or written is not fetched again, and what is missing or damaged in the cache is.
func cacheOfPieces(t *testing.T, server *testneed.Storage) {
	p, c := newProxy(t, server, "cache")
	c.CacheBytes = 64 << 20
	writer, b := mustOpen(t, c), data(1, 3<<20+5)
	want := refOf("a/x", b)
	if _, err := blobtest.Put(t.Context(), writer, "a/x", b); err != nil {
		t.Fatal(err)
	}
	fetched := func(what string, wantGets int, wantBytes int64, do func()) {
		t.Helper()
		p.since()
		do()
		if requests, got := p.since(); requests[http.MethodGet] != wantGets || got != wantBytes {
			t.Errorf("%s: %d requests of %d bytes, want %d of %d", what, requests[http.MethodGet], got, wantGets, wantBytes)
		}
	}
	read := func(s *Store) func() { return func() { readWhole(t, s, want, b) } }
	fetched("what this node wrote", 0, 0, read(writer))

	c.Cache = t.TempDir()
	s := mustOpen(t, c)
	fetched("a range", 1, 1<<20, func() { readRange(t, s, "a/x", b, 1<<20+7, 1000) })
	fetched("the same range", 0, 0, func() { readRange(t, s, "a/x", b, 1<<20+7, 1000) })
	fetched("the rest of it", 2, 2<<20+5, read(s))
	fetched("all of it, again", 0, 0, read(s))
	fetched("all of it, by many", 0, 0, func() { together(8, read(s)) })
	fetched("checked again", 1, int64(len(b)), func() {
		if err := blob.Check(t.Context(), s, want, true); err != nil {
			t.Error(err)
		}
	})
	s.Doubt("a/x")
	fetched("doubted, by many", 1, int64(len(b)), func() { together(8, read(s)) })

	restarted := mustOpen(t, c)
	fetched("after a restart", 0, 0, read(restarted))
	damageOne(t, c.Cache)
	fetched("with one piece damaged", 1, 1<<20, read(mustOpen(t, c)))
	if err := os.RemoveAll(filepath.Join(c.Cache, "pieces")); err != nil {
		t.Fatal(err)
	}
	readWhole(t, restarted, want, b) // without a cache
	if err := restarted.Remove(t.Context(), "a/x"); err != nil {
		t.Fatal(err)
	}
}

// readWhole reads a blob, checked.
func readWhole(t *testing.T, s *Store, want blob.Ref, b []byte) {
	t.Helper()
	opened, err := s.OpenChecked(t.Context(), want, false)
	if err != nil {
		t.Error(err)
		return
	}
	defer opened.Close()
	if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, b) {
		t.Errorf("read %d bytes (%v), want %d", len(got), err, len(b))
	}
}

// readRange reads a part of a blob, unchecked.
func readRange(t *testing.T, s *Store, key string, b []byte, at, size int) {
	t.Helper()
	opened, err := s.Open(t.Context(), key)
	if err != nil {
		t.Error(err)
		return
	}
	defer opened.Close()
	got := make([]byte, size)
	if _, err := opened.ReadAt(got, int64(at)); err != nil || !bytes.Equal(got, b[at:at+size]) {
		t.Errorf("%d bytes from %d on are wrong (%v)", size, at, err)
	}
}

// together does something n times at once.
func together(n int, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(do)
	}
	all.Wait()
}

// damageOne changes one byte of a whole piece in the cache.
func damageOne(t *testing.T, cache string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(cache, "pieces", "*.piece"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 1<<20 {
			continue
		}
		b[1000] ^= 1
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("there is no piece")
}

// A blob that is larger than the cache is checked and read all the same, and the cache keeps its
// bound. Who reads on and on gets several pieces by one request.
func largerThanTheCache(t *testing.T, server *testneed.Storage) {
	p, c := newProxy(t, server, "large")
	s, b := mustOpen(t, c), data(2, 20<<20)
	want := refOf("a", b)
	if _, err := blobtest.Put(t.Context(), s, "a", b); err != nil {
		t.Fatal(err)
	}
	if n := unfinished(t, s); n != 0 {
		t.Errorf("%d uploads are unfinished", n)
	}
	c.Cache, c.CacheBytes = t.TempDir(), 3<<20+200
	small := mustOpen(t, c)
	p.since()
	opened, err := small.OpenChecked(t.Context(), want, false)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if requests, n := p.since(); requests[http.MethodGet] != 1 || n != want.Bytes {
		t.Errorf("it was checked by %d requests of %d bytes, want one of %d", requests[http.MethodGet], n, want.Bytes)
	}
	if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("read %d bytes (%v), want %d", len(got), err, len(b))
	}
	if requests, n := p.since(); requests[http.MethodGet] > 20 || n != want.Bytes {
		t.Errorf("it was read by %d requests of %d bytes", requests[http.MethodGet], n)
	}
	if n := small.cache.Bytes(); n > c.CacheBytes {
		t.Errorf("the cache has %d bytes, more than %d", n, c.CacheBytes)
	}

	c.Cache, c.CacheBytes = t.TempDir(), 1<<30
	large := mustOpen(t, c)
	p.since()
	if got, err := blob.ReadAll(t.Context(), large, want, nil, 0); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("read %d bytes (%v), want %d", len(got), err, len(b))
	}
	if requests, n := p.since(); requests[http.MethodGet] > 6 || n != want.Bytes {
		t.Errorf("with a cache it was read by %d requests of %d bytes", requests[http.MethodGet], n)
	}
}

// A large upload needs bounded memory. One that dies leaves nothing that anybody sees, and Sweep
// removes the rest.
func uploads(t *testing.T, server *testneed.Storage) {
	s, b := mustOpen(t, configOf(t, server, "uploads")), data(3, 40<<20)
	peak := testneed.Peak(func() {
		if _, err := blobtest.Put(t.Context(), s, "a", b); err != nil {
			t.Error(err)
		}
	})
	t.Logf("an upload of 40 MiB held %d MiB", peak>>20)
	if peak > 80<<20 {
		t.Errorf("an upload held %d bytes", peak)
	}
	dying := newRemote(t, server, "dying")
	store, err := dying.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	dying.Break(2, errors.New("the process has died"), true)
	if _, err := blobtest.Put(t.Context(), store, "a", b[:30<<20]); err == nil {
		t.Fatal("an upload that died was made")
	}
	if keys, err := dying.behind.Children(t.Context(), ""); err != nil || len(keys) > 0 {
		t.Errorf("an upload that died is listed: %q (%v)", keys, err)
	}
	if unfinished(t, dying.behind) == 0 {
		t.Error("the upload left nothing: this test shows nothing")
	}
	if n, err := dying.behind.Sweep(t.Context(), soon().AddDate(0, 0, -1)); n != 0 || err != nil {
		t.Errorf("%d uploads younger than a day were removed (%v)", n, err)
	}
	n, err := dying.behind.Sweep(t.Context(), soon())
	if err != nil {
		t.Fatal(err)
	}
	if isS3(server) && (n != 1 || unfinished(t, dying.behind) != 0) {
		t.Errorf("%d uploads were removed, want 1", n)
	}
}

// Two stores of folders of one place have their own keys, and share the cache.
func below(t *testing.T, server *testneed.Storage) {
	c := configOf(t, server, "below")
	s := mustOpen(t, c)
	one, two := s.Below("one"), s.Below("/two/")
	for i, below := range []*Store{one, two} {
		if _, err := blobtest.Put(t.Context(), below, "a", data(i, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := one.Children(t.Context(), ""); err != nil || len(names) != 1 {
		t.Errorf("in one of them are %q (%v)", names, err)
	}
	readWhole(t, two, refOf("a", data(1, 10)), data(1, 10))
	if names, err := s.Children(t.Context(), ""); err != nil || len(names) != 2 || names[1] != "two" {
		t.Errorf("above are %q (%v)", names, err)
	}
	if got := two.String(); !strings.HasSuffix(got, "://muster/test/below/two") {
		t.Errorf("its name is %q", got)
	}
	b, err := two.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	two.Doubt("a") // so that it is not in the cache
	if err := errors.Join(one.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(b); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("reading what is open after another store of the place was closed: %v, want ErrClosed", err)
	}
	if _, err := s.Open(t.Context(), "one/a"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("opening after closing: %v, want ErrClosed", err)
	}
}
