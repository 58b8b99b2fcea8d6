package blobtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/blob"
)

// Place is where the blobs of a store lie. It outlives the stores that are opened on it, and lets
// tests cause faults in it.
type Place interface {
	// Open opens a store, like a process that starts. It ends the effect of Break.
	Open() (blob.Store, error)
	// Break makes a change of the place fail, after a number of changes that work. With crash all
	// later changes fail, too, as if the process had died.
	Break(after int, err error, crash bool)
	// Lay puts bytes under a key; nil removes the blob.
	Lay(key string, data []byte)
	// Left counts things in the place that are not blobs. Where the service removes them some day,
	// those of stores that are closed do not count.
	Left() int
	// Shared reports whether several stores may be open at a time.
	Shared() bool
}

// subject is a store under test.
type subject struct {
	testing.TB
	place Place
	store blob.Store
}

func newSubject(t testing.TB, place Place) *subject {
	s := &subject{TB: t, place: place}
	s.open()
	t.Cleanup(func() { s.store.Close() })
	return s
}

// open opens the store again, as after a crash.
func (s *subject) open() {
	s.Helper()
	if s.store != nil {
		s.store.Close()
	}
	var err error
	if s.store, err = s.place.Open(); err != nil {
		s.Fatal(err)
	}
}

// put puts a blob and must succeed.
func (s *subject) put(key string, data []byte) blob.Ref {
	s.Helper()
	made, err := Put(s.Context(), s.store, key, data)
	if err != nil {
		s.Fatalf("putting %q: %v", key, err)
	}
	if want := refOf(key, data); made != want {
		s.Fatalf("putting %q made %+v, want %+v", key, made, want)
	}
	return made
}

func refOf(key string, data []byte) blob.Ref {
	return blob.Ref{Path: key, Bytes: int64(len(data)), SHA256: blob.DigestOf(data)}
}

// create begins a put and must succeed.
func (s *subject) create(batch blob.Batch, key string, data []byte) blob.Writer {
	s.Helper()
	w, err := batch.Create(s.Context(), key)
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		s.Fatalf("beginning %q: %v", key, err)
	}
	return w
}

// list returns all keys with a prefix, in order.
func (s *subject) list(prefix string) (keys []string) {
	s.Helper()
	for key, err := range s.store.List(s.Context(), prefix) {
		if err != nil {
			s.Fatalf("listing %q: %v", prefix, err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// wantKeys compares the keys, and checks that nothing else is left.
func (s *subject) wantKeys(want ...string) {
	s.Helper()
	if got := s.list(""); !slices.Equal(got, want) {
		s.Errorf("keys %q, want %q", got, want)
	}
	if n := s.place.Left(); n != 0 {
		s.Errorf("%d things are left that are no blobs", n)
	}
}

// wantError checks that an error wraps want and names a key.
func (s *subject) wantError(what string, err, want error, key string) {
	s.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), key) {
		s.Errorf("%s: error %v, want one that wraps %q and names %q", what, err, want, key)
	}
}

// sizes are around the sizes of pieces.
var sizes = []int{0, 1, 1000, 64<<10 - 1, 64 << 10, 256 << 10, 256<<10 + 1, 700_001}

// content returns size bytes that depend on n.
func content(n, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte((i*7 + n) ^ i>>8)
	}
	return data
}
