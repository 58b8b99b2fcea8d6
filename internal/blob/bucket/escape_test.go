package bucket

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Names are written as gocloud.dev/blob v0.47 wrote them, so that what is there is found.
func TestEscape(t *testing.T) {
	for name, want := range map[string]string{
		"a/b c/ü.gz":  "a/b c/ü.gz",
		`a"#%?\b`:     `a__0x22____0x23____0x25____0x3f____0x5c__b`,
		"a../b":       "a..__0x2f__b",
		"a\x01\x7f":   "a__0x1____0x7f__",
		"a__0x2f__b":  "a__0x5f___0x2f__b",
		"a___0x2f__b": "a___0x5f___0x2f__b",
		"__0x2f?":     "__0x5f___0x2f__0x3f__", // which gocloud read as "/0x3f__"
	} {
		if got := escape(name, azureStrange); got != want {
			t.Errorf("%q is written as %q, want %q", name, got, want)
		}
	}
	if got := escape(`a"#%?\../`, ""); got != `a"#%?\..__0x2f__` {
		t.Errorf("for S3 it is %q", got)
	}
}

func TestUnescapeReversesEscape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"_", "__", "__0x", "2f",
			"../", "#", "\\", "\xff"}))).Draw(t, "name"), "")
		for _, strange := range []string{"", azureStrange} {
			if got := unescape(escape(name, strange)); got != name {
				t.Fatalf("%q comes back as %q", name, got)
			}
		}
	})
}
