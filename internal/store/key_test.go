package store_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestOneKeyOfAPurposeSigns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		add := func(id, purpose string, hours int) {
			t.Helper()
			must(t, s.Access.AddSigningKey(t.Context(), access.SigningKey{ID: id, Purpose: purpose, Sealed: []byte(id),
				Created: noon.Add(time.Duration(hours) * time.Hour)}))
		}
		key := func(id, purpose string, created, retired int) access.SigningKey {
			k := access.SigningKey{ID: id, Purpose: purpose, Sealed: []byte(id),
				Created: noon.Add(time.Duration(created) * time.Hour)}
			if retired > 0 {
				k.Retired = noon.Add(time.Duration(retired) * time.Hour)
			}
			return k
		}
		check := func(what string, want ...access.SigningKey) {
			t.Helper()
			got, err := s.Access.SigningKeys(t.Context())
			must(t, err)
			equal(t, what, got, want)
		}
		add("l1", "link", 0)
		add("t1", "token", 0)
		add("t2", "token", 1)
		add("t3", "token", 2)
		check("three", key("l1", "link", 0, 0), key("t3", "token", 2, 0), key("t2", "token", 1, 2), key("t1", "token", 0, 1))

		removed, err := s.Access.RemoveSigningKeys(t.Context(), "token", noon.Add(2*time.Hour))
		must(t, err)
		equal(t, "removed", removed, int64(1))
		check("after removal", key("l1", "link", 0, 0), key("t3", "token", 2, 0), key("t2", "token", 1, 2))
		_, err = s.Access.RemoveSigningKeys(t.Context(), "token", noon.Add(1e6*time.Hour))
		must(t, err)
		check("keys that sign stay", key("l1", "link", 0, 0), key("t3", "token", 2, 0))
	})
}

func TestAssertionsAreUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		use := func(client string, hash byte, now time.Time) bool {
			t.Helper()
			fresh, err := s.Access.UseAssertion(t.Context(), client, [32]byte{hash}, noon.Add(time.Hour), now)
			must(t, err)
			return fresh
		}
		for _, step := range []struct {
			client string
			hash   byte
			after  time.Duration
			want   bool
		}{
			{"c1", 1, 0, true},
			{"c1", 1, time.Minute, false},
			{"c2", 1, time.Minute, true},
			{"c1", 2, time.Minute, true},
			{"c1", 1, time.Hour, false},
			{"c1", 1, time.Hour + time.Millisecond, true}, // expired, and forgotten
		} {
			if got := use(step.client, step.hash, noon.Add(step.after)); got != step.want {
				t.Errorf("%s uses assertion %d after %v: %t, want %t", step.client, step.hash, step.after, got, step.want)
			}
		}
	})
}
