package auth_test

import (
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

// node returns a keyring as each of several nodes has one.
func (l *lab) node(settle time.Duration) *auth.Keyring {
	l.Helper()
	k, err := auth.NewKeyring(l.Context(), auth.KeyringConfig{Keys: l.store.Access, Clocks: l.store.Clock,
		Folder: [32]byte{1}, Settle: settle, Clock: l.clock, Random: rand.Reader})
	l.must(err)
	return k
}

// Nodes that start, or find that a key is old, at the same time make one key.
func TestNodesMakeOneKey(t *testing.T) {
	l := &lab{TB: t, now: noon, store: storetest.Open(t, store.Config{})}
	nodes := make([]*auth.Keyring, 3)
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() { nodes[i] = l.node(time.Minute) })
	}
	starting.Wait()
	made := func() (all []string) {
		stored, err := l.store.Access.SigningKeys(t.Context())
		l.must(err)
		for _, k := range stored {
			all = append(all, k.Purpose)
		}
		slices.Sort(all)
		return all
	}
	if all := made(); !slices.Equal(all, []string{"link", "page", "token"}) {
		t.Fatalf("three nodes made keys for %q", all)
	}
	l.sleep(auth.KeyLife)
	for _, k := range nodes {
		l.must(k.Reload(t.Context()))
	}
	for _, k := range nodes {
		starting.Go(func() { l.must(k.Maintain(t.Context())) })
	}
	starting.Wait()
	if all := made(); !slices.Equal(all, []string{"link", "link", "page", "page", "token", "token"}) {
		t.Errorf("three nodes have keys for %q", all)
	}
}

// A key signs once all nodes know it: what one node signs, every other one accepts at any time.
func TestAKeySettlesBeforeItSigns(t *testing.T) {
	const settle = time.Minute
	l := newLab(t)
	l.sleep(settle)
	one, other := l.node(settle), l.node(settle)
	binding, text := auth.Binding("call"), []byte("state")
	moved := func() string {
		t.Helper()
		sealed, err := one.Seal(auth.Pages, 1, binding, text)
		l.must(err)
		if _, err := other.Open(auth.Pages, 1, binding, sealed); err != nil {
			t.Fatalf("another node does not open it: %v", err)
		}
		signing, _ := one.Signer()
		if !other.Knows(signing) {
			t.Fatal("another node does not know the key of a token")
		}
		return signing
	}
	before := moved()
	l.sleep(time.Second)
	for _, p := range auth.Purposes() {
		_, err := one.Rotate(t.Context(), p)
		l.must(err)
	}
	if at := moved(); at != before {
		t.Error("a key signs that no other node knows yet")
	}
	l.sleep(settle - time.Second)
	l.must(other.Reload(t.Context()))
	moved()
	l.sleep(time.Second)
	if at := moved(); at == before {
		t.Error("the new key does not sign after it has settled")
	}
}
