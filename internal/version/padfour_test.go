package version_test

import (
	"testing"

	"github.com/muster-project/muster/internal/version"
)

func TestPadFour(t *testing.T) {
	for v, want := range map[string]string{
		"3.3.1":         "3.3.1.0",
		"83.0":          "83.0.0.0",
		"7":             "7.0.0.0",
		"22.01":         "22.01.0.0",
		"81.0.4044.138": "81.0.4044.138",
		"1.2.3.4.5":     "1.2.3.4.5",
		"1.1.1k":        "1.1.1k",
		"1.2-3":         "1.2-3",
		"v1.2":          "v1.2",
		"1..2":          "1..2",
		"1.2.":          "1.2.",
		".":             ".",
		"":              "",
	} {
		if got := version.PadFour(v); got != want {
			t.Errorf("PadFour(%q) = %q, want %q", v, got, want)
		}
	}
}
