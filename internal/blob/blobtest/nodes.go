package blobtest

import (
	"bytes"
	"errors"
	"io/fs"

	"github.com/muster-project/muster/internal/blob"
)

// node is another store on the place of a subject, as another process has it.
func (s *subject) node() *subject {
	s.Helper()
	store, err := s.place.Open()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { store.Close() })
	return &subject{TB: s.TB, place: s.place, store: store}
}

// Where a place is shared, a node that starts disturbs no put of another, and each node sees what
// the others did, though it has read the same blobs before.
func manyNodesShareAPlace(s *subject) {
	if !s.place.Shared() {
		return // one process at a time has it
	}
	data := content(1, 700_001)
	batch := s.store.NewBatch()
	begun := s.create(batch, "a/x", data)
	other := s.node()
	if keys := other.list(""); len(keys) > 0 {
		s.Errorf("another node sees %q before it is committed", keys)
	}
	if _, err := begun.Commit(); err != nil {
		s.Fatalf("a node started while a blob was put: %v", err)
	}
	other.wantBlob("a/x", data)
	if _, err := Put(s.Context(), other.store, "a/x", data); !errors.Is(err, fs.ErrExist) {
		s.Errorf("a put of what another node has put: %v, want ErrExist", err)
	}
	s.wantBlob("a/x", data)

	changed := content(2, 700_001)
	if err := other.store.Replace(s.Context(), refOf("a/x", changed), bytes.NewReader(changed)); err != nil {
		s.Fatal(err)
	}
	s.wantError("replaced by another node", blob.Check(s.Context(), s.store, refOf("a/x", data), false),
		blob.ErrDamaged, "a/x")
	s.wantBlob("a/x", changed)
	if err := other.store.Remove(s.Context(), "a/x"); err != nil {
		s.Fatal(err)
	}
	if _, err := s.store.Open(s.Context(), "a/x"); !errors.Is(err, fs.ErrNotExist) {
		s.Errorf("opening what another node removed: %v, want ErrNotExist", err)
	}
	s.wantError("removed by another node", blob.Check(s.Context(), s.store, refOf("a/x", changed), false),
		blob.ErrDamaged, "a/x")
	s.put("a/x", data)
	other.wantBlob("a/x", data)
	s.wantKeys("a/x")
}
