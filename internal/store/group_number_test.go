package store_test

import (
	"testing"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestGroupNumbers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Organizations.Ensure(t.Context(), other, "other"))
		ids, _, err := s.Organizations.EnsureGroups(t.Context(), org, []string{"Servers", "Über"})
		must(t, err)
		got, err := s.Organizations.GroupNumbers(t.Context(), org)
		must(t, err)
		equal(t, "groups", got, map[string]int64{"none": 0, "unassigned": 0, "servers": ids[0], "über": ids[1]})
		got, err = s.Organizations.GroupNumbers(t.Context(), other)
		must(t, err)
		equal(t, "another's", got, map[string]int64{"none": 0, "unassigned": 0})
	})
}
