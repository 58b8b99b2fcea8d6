package version_test

import (
	"testing"

	"github.com/muster-project/muster/internal/version"
)

func TestCompareBuilds(t *testing.T) {
	inOrder := []string{"v0.9.9", "v1.0.0-rc.1", "v1.0.0-rc.1-7-gabc1234", "v1.0.0-rc.2", "v1.0.0", "v1.0.0-1-gabcdef0",
		"v1.0.0-12-g0123abc-dirty", "1.0.1", "v1.2.0", "v1.10.0"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got, ok := version.CompareBuilds(a, b); !ok || got != want {
				t.Errorf("%s and %s: %d, %v; want %d", a, b, got, ok, want)
			}
		}
	}
	if got, ok := version.CompareBuilds("v1.0.0-dirty", "1.0.0"); got != 0 || !ok {
		t.Errorf("the same tag: %d, %v", got, ok)
	}
	for _, unclear := range []string{"", "unknown", "9a8f2d5", "9a8f2d5-dirty", "latest", "v1", "v1.0",
		"v1.0.0 or so", "v1.0.0-", "v1.0.0\n"} {
		if got, ok := version.CompareBuilds(unclear, "v1.0.0"); ok || got != 0 {
			t.Errorf("%q: %d, %v", unclear, got, ok)
		}
		if _, ok := version.CompareBuilds("v1.0.0", unclear); ok {
			t.Errorf("%q is comparable", unclear)
		}
	}
}

func FuzzCompareBuilds(f *testing.F) {
	f.Add("v1.0.0", "v1.0.0-rc.1-7-gabc1234")
	f.Add("1.0.0+b", "99999999999999999999.0.0-9999999999999999999999-gabcd")
	f.Fuzz(func(t *testing.T, a, b string) {
		there, ok := version.CompareBuilds(a, b)
		back, backOK := version.CompareBuilds(b, a)
		if ok != backOK || there != -back {
			t.Errorf("%q and %q: %d, %v; the other way %d, %v", a, b, there, ok, back, backOK)
		}
	})
}
