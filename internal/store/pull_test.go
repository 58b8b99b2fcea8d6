package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// The place of a pull is that of its last page, for its caller and list alone, until its time is over; of a
// caller, so many are remembered.
func TestPlacesOfPulls(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		set := func(of publication.Pull, at publication.Place, now time.Time) {
			t.Helper()
			must(t, s.Pulls.Set(ctx, of, at, now))
		}
		at := func(of publication.Pull, since time.Time, want publication.Place) {
			t.Helper()
			got, err := s.Pulls.Place(ctx, of, since)
			must(t, err)
			equal(t, fmt.Sprint("place of ", of), got, want)
		}
		mine, other := publication.Pull{Caller: "a", List: "x\x00y"}, publication.Pull{Caller: "b", List: "x\x00y"}
		first := publication.Place{Number: 3, Mark: 1<<63 + 5, Skip: 10, Raw: 12, Key: "k\xff"}
		at(mine, noon, publication.Place{})
		set(mine, first, noon)
		at(mine, noon, first)
		at(mine, noon.Add(time.Millisecond), publication.Place{})
		at(other, noon, publication.Place{})
		at(publication.Pull{Caller: "a", List: "x"}, noon, publication.Place{})
		second := publication.Place{Number: 4, Skip: 20}
		set(mine, second, noon.Add(time.Second))
		at(mine, noon, second)

		set(other, first, noon)
		for i := range publication.MaxPulls {
			set(publication.Pull{Caller: "a", List: fmt.Sprint(i)}, first, noon.Add(time.Duration(i+2)*time.Second))
		}
		at(mine, noon, publication.Place{}) // the oldest of too many
		at(publication.Pull{Caller: "a", List: "0"}, noon, first)
		at(other, noon, first)
		must(t, s.Pulls.Forget(ctx, noon.Add(time.Second)))
		at(other, noon, publication.Place{})
		at(publication.Pull{Caller: "a", List: "0"}, noon, first)
	})
}
