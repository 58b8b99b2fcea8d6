package version_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/version"
)

// TestPacman has the pairs that pacman's own test of vercmp has, by their facts.
func TestPacman(t *testing.T) {
	const older, same, newer = -1, 0, 1
	for _, tt := range []struct {
		a, b  string
		order int
	}{
		{"1.5.0", "1.5.0", same}, {"1.5.1", "1.5.0", newer}, {"1.5.1", "1.5", newer},
		{"1.5.0-1", "1.5.0-2", older}, {"1.5.0-1", "1.5.1-1", older}, {"1.5.0-2", "1.5.1-1", older},
		{"1.5-1", "1.5.1-1", older}, {"1.5-2", "1.5.1-1", older}, {"1.5-2", "1.5.1-2", older},
		{"1.5", "1.5-1", same}, {"1.5-1", "1.5", same}, {"1.1-1", "1.1", same}, {"1.0-1", "1.1", older}, {"1.1-1", "1.0", newer},
		{"1.5b-1", "1.5-1", older}, {"1.5b", "1.5", older}, {"1.5b-1", "1.5", older}, {"1.5b", "1.5.1", older},
		{"1.0a", "1.0alpha", older}, {"1.0alpha", "1.0b", older}, {"1.0b", "1.0beta", older}, {"1.0beta", "1.0rc", older},
		{"1.0rc", "1.0", older},
		{"1.5.a", "1.5", newer}, {"1.5.b", "1.5.a", newer}, {"1.5.1", "1.5.b", newer},
		{"1.5.b-1", "1.5.b", same}, {"1.5-1", "1.5.b", older},
		{"2.0", "2_0", same}, {"2.0_a", "2_0.a", same}, {"2.0a", "2.0.a", older}, {"2___a", "2_a", newer},
		{"0:1.0", "0:1.1", older}, {"1:1.0", "0:1.1", newer}, {"1:1.0", "2:1.1", older},
		{"1:1.0", "0:1.0-1", newer}, {"1:1.0-1", "0:1.1-1", newer},
		{"0:1.0", "1.0", same}, {"0:1.0", "1.1", older}, {"0:1.1", "1.0", newer}, {"1:1.0", "1.0", newer}, {"1:1.0", "1.1", newer},
		{"1:1.1", "1.1", newer}, {":1.0", "1.0", same},
		{"2.38-1", "2.38-2", older}, {"6.1.arch1-1", "6.1.arch2-1", older}, {"1.010", "1.9", newer}, {"1.01", "1.1", same},
	} {
		for _, c := range []comparison{{tt.a, tt.b, tt.order}, {tt.b, tt.a, -tt.order}} {
			if got, err := version.Compare(version.Pacman, c.left, c.right); err != nil || got != c.order {
				t.Errorf("%q and %q: %d, %v, want %d", c.left, c.right, got, err, c.order)
			}
		}
	}
}

// TestPacmanIsTransitive: versions as packages have them, with a release, are in one order.
func TestPacmanIsTransitive(t *testing.T) {
	part := rapid.SampledFrom([]string{"0", "1", "2", "10", "a", "rc1", "1a", "b2"})
	drawn := rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), ".") + "-" + rapid.SampledFrom([]string{"1", "2", "1.1"}).Draw(t, "release")
		return rapid.SampledFrom([]string{"", "1:"}).Draw(t, "epoch") + text
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawn.Draw(t, "a"), drawn.Draw(t, "b"), drawn.Draw(t, "c")
		order := func(x, y string) int {
			n, err := version.Compare(version.Pacman, x, y)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if order(a, b) <= 0 && order(b, c) <= 0 && order(a, c) > 0 {
			t.Fatalf("%q is before %q, and that before %q, and not the first before the last", a, b, c)
		}
	})
}
