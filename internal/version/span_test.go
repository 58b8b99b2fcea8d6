package version_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/version"
)

// oneVersion is how package managers and installers write one version.
const oneVersion = `v?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(-rc\.[0-9]|rc[0-9]|\.post1|-SNAPSHOT|\+build\.[0-9]|~rc1-1|\^git1-1\.el9|-1\+deb12u1| \(9638\)|, 0, 1|-x86_64-linux)?`

// TestIsRange: whatever requirement is made of versions is a range, and no version is.
func TestIsRange(t *testing.T) {
	one := rapid.StringMatching(oneVersion)
	blank := rapid.SampledFrom([]string{"", " "})
	forms := map[string]func(a, b, space string) string{
		"operator":   func(a, _, s string) string { return ">=" + s + a },
		"caret":      func(a, _, s string) string { return "^" + s + a },
		"tilde":      func(a, _, s string) string { return "~" + s + a },
		"gem":        func(a, _, s string) string { return "~>" + s + a },
		"python":     func(a, b, s string) string { return "~=" + s + a + ",!=" + b },
		"both ends":  func(a, b, s string) string { return ">" + a + "," + s + "<=" + b },
		"or":         func(a, b, s string) string { return a + s + "||" + s + b },
		"hyphen":     func(a, b, _ string) string { return a + " - " + b },
		"Maven":      func(a, b, s string) string { return "[" + a + "," + s + b + ")" },
		"open":       func(a, _, s string) string { return "(" + s + "," + a + ")" },
		"any patch":  func(a, _, s string) string { return a + ".x" + s },
		"any at all": func(_, _, _ string) string { return "*" },
		"branch":     func(a, _, _ string) string { return a + ".x-dev" },
		"Swift":      func(a, b, _ string) string { return a + "..<" + b },
		"variable":   func(_, _, _ string) string { return "${project.version}" },
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := one.Draw(t, "version"), one.Draw(t, "other")
		if version.IsRange(a) {
			t.Fatalf("%q is taken for a range", a)
		}
		for name, form := range forms {
			if text := form(a, b, blank.Draw(t, "blank")); !version.IsRange(text) {
				t.Fatalf("%s: %q is taken for one version", name, text)
			}
		}
	})
	for _, v := range []string{
		"", "UNKNOWN", "1!2.0", "8,0,0,456", "5.12.3 (9638)", "2.6.5-I001", "1.8.0_381", "2012.9.23+nosrc-1~exp1", "xp-1.0",
		"1.0 - Build 5", "R2", "0~20210324.2-2ubuntu1", "20240101",
	} {
		if version.IsRange(v) {
			t.Errorf("%q is taken for a range", v)
		}
	}
}
