package windows_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

// TestEffectiveOrderLaw: of every setting the first place that is set decides, whatever the later ones say; a key that
// cannot be read before it makes the fact unread, and one behind it nothing. No setting changes another's.
func TestEffectiveOrderLaw(t *testing.T) {
	table := windows.PlacesOf()
	ids := slices.SortedFunc(maps.Keys(table), func(a, b [2]string) int {
		return slices.Compare(a[:], b[:])
	})
	whole := t
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom(ids).Draw(t, "fact")
		registry := windowstest.Load(whole)
		want, origin, unread := "", "", false
		for i, place := range table[id] {
			state := rapid.SampledFrom([]string{"absent", "empty", "0", "1", "2", "broken"}).Draw(t, fmt.Sprint("place ", i))
			decided := want != "" || unread
			switch state {
			case "absent":
			case "broken":
				registry.Broken[place.Key] = errors.New("broken")
				unread = unread || !decided
			case "empty":
				registry.Add(place.Key + "\n    " + place.Value + "    REG_SZ    \n")
			default:
				told := state
				if place.Listed {
					told = "x=9|{" + id[1] + "}=" + state + "|y=8"
				}
				registry.Add(place.Key + "\n    " + place.Value + "    REG_SZ    " + told + "\n")
				if place.Inverted {
					state = map[bool]string{true: "1", false: "0"}[state == "0"]
				}
				if !decided {
					want, origin = state, place.Key+`\`+place.Value
				}
			}
		}
		found := settingsOf(registry)[id[0]]
		if got := found.Values[id[1]]; got != want || found.Origins[id[1]] != origin {
			t.Errorf("%s %s is %q of %q, want %q of %q", id[0], id[1], got, found.Origins[id[1]], want, origin)
		}
		if _, told := found.Unread[id[1]]; told != unread {
			t.Errorf("%s %s: unread is %t, want %t", id[0], id[1], told, unread)
		}
	})
}
