package version_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/version"
)

// schemes are all schemes.
var schemes = []version.Scheme{
	version.Generic, version.Debian, version.RPM, version.Alpine, version.SemVer, version.PyPI, version.Maven,
	version.RubyGems, version.NuGet, version.Packagist, version.CRAN, version.Hackage, version.Pub, version.Pacman,
}

func TestCompareByScheme(t *testing.T) {
	tests := []struct {
		scheme      version.Scheme
		left, right string
		order       int
	}{
		{version.Debian, "1.0~rc1-1", "1.0-1", -1},
		{version.Debian, "2:1.0-1", "9.9-1", +1},
		{version.Debian, "0:1.0-1", "1.0-1", 0},
		{version.Debian, "3.0.11-1~deb12u2", "3.0.11-1", -1},
		{version.Debian, "1.2.13.dfsg-1", "1.2.13.dfsg-1+b8", -1},
		{version.RPM, "1:1.1.1k-12.el8_9", "1.1.1k-14.el8_9", +1},
		{version.RPM, "0:5.14.0-427.el9", "5.14.0-427.el9", 0},
		{version.RPM, "1.1.1k-9.el8_7", "1.1.1k-12.el8_9", -1},
		{version.RPM, "4.18.0-80.1.2.el8_0", "4.18.0-80.el8", +1},
		{version.RPM, "2.0~rc1-1", "2.0-1", -1},
		{version.Alpine, "1.36.1-r2", "1.36.1-r15", -1},
		{version.Alpine, "9.18.1_p1-r0", "9.18.1-r0", +1},
		{version.SemVer, "1.0.0-alpha.beta", "1.0.0-alpha.1", +1},
		{version.SemVer, "1.0.0-foo", "1.0.0", -1},
		{version.SemVer, "v1.2.3+incompatible", "1.2.3", 0},
		{version.SemVer, "0.0.0-20240527191746-e0fe7cc39172", "0.0.0-20230922105210-14b16010c2ee", +1},
		{version.PyPI, "1.0.post1", "1.0", +1},
		{version.PyPI, "1!0.1", "2024.1", +1},
		{version.Maven, "1.0-SNAPSHOT", "1.0", -1},
		{version.Maven, "2.0-rc1", "2.0", -1},
		{version.RubyGems, "1.2.0.b", "1.2.0", -1},
		{version.NuGet, "1.0.0.1", "1.0.0", +1},
		{version.Packagist, "3.0.0-beta", "3.0.0", -1},
	}
	for _, tt := range tests {
		for _, c := range []comparison{{tt.left, tt.right, tt.order}, {tt.right, tt.left, -tt.order}} {
			got, err := version.Compare(tt.scheme, c.left, c.right)
			if err != nil || got != c.order {
				t.Errorf("Compare(%v, %q, %q) = %d, %v; want %d", tt.scheme, c.left, c.right, got, err, c.order)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, scheme := range append(schemes, 200) {
		for _, v := range []string{"", "UNKNOWN", "-", "*", "n/a", strings.Repeat("1", 10_000), strings.Repeat("1.a", 400)} {
			if _, err := version.Parse(scheme, v); !errors.Is(err, version.ErrIncomparable) {
				t.Errorf("Parse(%v, %.20q) of %d bytes: err = %v, want ErrIncomparable", scheme, v, len(v), err)
			}
		}
	}
	tests := []struct {
		scheme version.Scheme
		v      string
	}{
		{version.Generic, "< 1.2.3"},
		{version.Generic, ">=2, <3"},
		{version.Generic, "8.0.*"},
		{version.Generic, "ba0007c28ac814260f836849bc07d29beea7deb6"},
		{version.Debian, "1.2.3-not:a-version"},
		{200, "1.0"},
	}
	for _, tt := range tests {
		if _, err := version.Parse(tt.scheme, tt.v); !errors.Is(err, version.ErrIncomparable) {
			t.Errorf("Parse(%v, %q): err = %v, want ErrIncomparable", tt.scheme, tt.v, err)
		}
	}
}

func TestOrderable(t *testing.T) {
	for v, want := range map[string]bool{
		"1": true, "v1.2": true, "12 sp2 build (1204.200)": true, "RELEASE.2022-11-08t05-27-07z": true, "20120731b": true,
		"": false, "-": false, "*": false, "unspecified": false, "fuji": false, "= 1.0": false, "12.x.*": false,
		strings.Repeat("ab", 32): false, strings.Repeat("0a", 32): false, strings.Repeat("0x", 32): true,
	} {
		if got := version.Orderable(v); got != want {
			t.Errorf("Orderable(%q) = %t, want %t", v, got, want)
		}
	}
}

func TestCompareOfTwoSchemes(t *testing.T) {
	a, errA := version.Parse(version.Debian, "1.0")
	b, errB := version.Parse(version.RPM, "1.0")
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Compare(b); !errors.Is(err, version.ErrIncomparable) {
		t.Errorf("err = %v, want ErrIncomparable", err)
	}
}

// In every scheme, a version equals itself, and swapping two versions reverses their order.
func TestCompareIsAntisymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scheme := rapid.SampledFrom(schemes).Draw(t, "scheme")
		checkAntisymmetry(t, scheme, plausible().Draw(t, "a"), plausible().Draw(t, "b"))
	})
}

func checkAntisymmetry(t rapid.TB, scheme version.Scheme, a, b string) {
	t.Helper()
	forth, err := version.Compare(scheme, a, b)
	back, errBack := version.Compare(scheme, b, a)
	switch {
	case (err == nil) != (errBack == nil):
		t.Errorf("%v: %q beside %q: %v, but the other way %v", scheme, a, b, err, errBack)
	case err != nil:
		if !errors.Is(err, version.ErrIncomparable) || forth != 0 {
			t.Errorf("%v: %q beside %q: %d and err = %v, want ErrIncomparable", scheme, a, b, forth, err)
		}
	case forth != -back || forth < -1 || forth > 1:
		t.Errorf("%v: %q beside %q is %d, but %d the other way", scheme, a, b, forth, back)
	}
	if self, err := version.Compare(scheme, a, a); self != 0 {
		t.Errorf("%v: %q is not itself: %d, %v", scheme, a, self, err)
	}
}

func TestGenericIsTransitive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := plausible().Draw(t, "a"), plausible().Draw(t, "b"), plausible().Draw(t, "c")
		for _, v := range []string{a, b, c} {
			if !version.Orderable(v) {
				t.Skip("not orderable:", v)
			}
		}
		ab, _ := version.Compare(version.Generic, a, b)
		bc, _ := version.Compare(version.Generic, b, c)
		ac, _ := version.Compare(version.Generic, a, c)
		if ab <= 0 && bc <= 0 && (ac > 0 || ac == 0 && ab+bc != 0) {
			t.Errorf("%q %d %q %d %q, but %d", a, ab, b, bc, c, ac)
		}
		if got := compareKeys(a, b); got != ab {
			t.Errorf("%q beside %q: %d by key, %d compared", a, b, got, ab)
		}
	})
}

func FuzzCompare(f *testing.F) {
	for i := range schemes {
		f.Add(uint8(i), "1:1.0~rc1-2.el9", "1.0.0-alpha.1+b_7")
	}
	f.Fuzz(func(t *testing.T, scheme uint8, a, b string) {
		checkAntisymmetry(t, schemes[int(scheme)%len(schemes)], a, b)
	})
}

// vectors returns the folder of comparisons that osv-scalibr is tested with, if the module cache
// has it. They are not copied.
func vectors(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/google/osv-scalibr").Output()
	if err != nil {
		t.Skip("asking for the module's folder:", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(dir)), "semantic", "testdata")
	if found, _ := filepath.Glob(filepath.Join(folder, "*.txt")); len(found) == 0 {
		t.Skip("no vectors in", folder)
	}
	return folder
}

// Each file of vectors has its scheme, which must agree in full, and the share with which the
// generic key must agree at least (matching.md, section 2.2).
func TestPublishedVectors(t *testing.T) {
	folder := vectors(t)
	tests := []struct {
		file   string
		scheme version.Scheme
		floor  float64
	}{
		{"alpine-versions-generated.txt", version.Alpine, 0.996},
		{"cran-versions-generated.txt", version.CRAN, 0.96},
		{"debian-versions-generated.txt", version.Debian, 0.989},
		{"hackage-versions.txt", version.Hackage, 0.90},
		{"maven-versions-generated.txt", version.Maven, 0.995},
		{"nuget-versions.txt", version.NuGet, 0.91},
		{"packagist-versions-generated.txt", version.Packagist, 0.998},
		{"pub-versions.txt", version.Pub, 0.77},
		{"pypi-versions-generated.txt", version.PyPI, 0.999},
		{"redhat-versions.txt", version.RPM, 0.88},
		{"rubygems-versions-generated.txt", version.RubyGems, 0.996},
		{"semver-versions.txt", version.SemVer, 0.74},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			compared, agreed := 0, 0
			for _, c := range comparisons(t, filepath.Join(folder, tt.file), " ") {
				order, err := version.Compare(tt.scheme, c.left, c.right)
				if err != nil {
					continue // a word without a digit, see Parse
				}
				compared++
				if order != c.order {
					t.Errorf("%q beside %q is %d, want %d", c.left, c.right, order, c.order)
				}
				if compareKeys(c.left, c.right) == c.order {
					agreed++
				}
			}
			part := float64(agreed) / float64(compared)
			t.Logf("%d comparisons, the generic key agrees with %.2f%%", compared, 100*part)
			if part < tt.floor {
				t.Errorf("the generic key agrees with %.2f%%, want %.2f%%", 100*part, 100*tt.floor)
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	for _, bench := range []struct {
		scheme      version.Scheme
		left, right string
	}{
		{version.Generic, "10.0.19045.5011", "10.0.19045.500"},
		{version.Debian, "3.0.11-1~deb12u2", "3.0.13-1~deb12u1"},
		{version.RPM, "1:1.1.1k-12.el8_9", "1:1.1.1k-14.el8_9"},
		{version.SemVer, "1.22.3", "1.22.12"},
		{version.PyPI, "2.31.0", "2.32.0"},
	} {
		b.Run(bench.scheme.String(), func(b *testing.B) {
			v, errV := version.Parse(bench.scheme, bench.left)
			w, errW := version.Parse(bench.scheme, bench.right)
			if err := errors.Join(errV, errW); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := v.Compare(w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
