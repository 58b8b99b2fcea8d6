package version_test

import (
	"bytes"
	"math/big"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/version"
)

// comparison is one line of a file of comparisons.
type comparison struct {
	left, right string
	order       int
}

// comparisons reads a file of lines "left < right", with the given separator around the sign.
// Empty lines and comments are skipped.
func comparisons(t testing.TB, file, separator string) []comparison {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []comparison
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "// ") {
			continue
		}
		fields := strings.Split(line, separator)
		if len(fields) != 3 || !strings.Contains("<=>", fields[1]) {
			t.Fatalf("%s: not a comparison: %q", file, line)
		}
		all = append(all, comparison{fields[0], fields[2], strings.Index("<=>", fields[1]) - 1})
	}
	return all
}

func compareKeys(a, b string) int { return bytes.Compare(version.Key(a), version.Key(b)) }

func TestGeneric(t *testing.T) {
	for _, c := range comparisons(t, "testdata/generic.txt", "  ") {
		if got := compareKeys(c.left, c.right); got != c.order {
			t.Errorf("Key: %q %c %q, want %c", c.left, "<=>"[got+1], c.right, "<=>"[c.order+1])
		}
		if got, err := version.Compare(version.Generic, c.right, c.left); got != -c.order || err != nil {
			t.Errorf("Compare(%q, %q) = %d, %v; want %d", c.right, c.left, got, err, -c.order)
		}
	}
}

// plausible draws strings from typical pieces of versions.
func plausible() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,3}`),
		rapid.StringMatching(`[0-9]{18,22}`),
		rapid.SampledFrom([]string{"0", "00", "1", "9", "10"}),
		rapid.SampledFrom([]string{".", ".", ".", "-", "_", "+", "~", "(", ")", " ", ":", "^"}),
		rapid.SampledFrom([]string{"a", "b", "m", "v", "rc", "RC", "alpha", "Beta", "dev", "pre", "final",
			"sp", "p", "z", "za", "é"}),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 12), func(pieces []string) string { return strings.Join(pieces, "") })
}

// A suffix makes a version newer, older or neither, whatever the version is.
func TestKeyOfLonger(t *testing.T) {
	tests := []struct {
		suffix string
		order  int
	}{
		{".1", +1}, {".0.1", +1}, {"-sp1", +1}, {"-a", +1}, {"_p3", +1}, {"-99999999999999999999", +1},
		{".0", 0}, {".0.0", 0}, {"-final", 0}, {".GA", 0}, {"-", 0}, {")", 0},
		{"-rc1", -1}, {".M1", -1}, {"-a1", -1}, {"-dev", -1}, {"~", -1}, {"~1", -1}, {".0-beta", -1}, {"-SNAPSHOT", -1},
	}
	rapid.Check(t, func(t *rapid.T) {
		v := plausible().Draw(t, "version")
		for _, tt := range tests {
			if got := compareKeys(v+tt.suffix, v); got != tt.order {
				t.Errorf("%q %c %q, want %c", v+tt.suffix, "<=>"[got+1], v, "<=>"[tt.order+1])
			}
		}
	})
}

// Numbers are ordered by value, for any length and with leading zeros.
func TestKeyOfNumbers(t *testing.T) {
	number := rapid.StringMatching(`0{0,3}[0-9]{1,30}`)
	rapid.Check(t, func(t *rapid.T) {
		before := plausible().Draw(t, "before")
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Int).SetString(a, 10)
		y, _ := new(big.Int).SetString(b, 10)
		if got, want := compareKeys(before+"."+a+".7", before+"."+b+".7"), x.Cmp(y); got != want {
			t.Errorf("after %q: %s %c %s, want %c", before, a, "<=>"[got+1], b, "<=>"[want+1])
		}
	})
}

func TestAppendKeyAppends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		v := plausible().Draw(t, "version")
		want := append(bytes.Clone(before), version.Key(v)...)
		if got := version.AppendKey(before, v); !bytes.Equal(got, want) {
			t.Errorf("AppendKey(%x, %q) = %x, want %x", before, v, got, want)
		}
	})
}

func TestKeyIsCut(t *testing.T) {
	for _, piece := range []string{"1.", "0.", "9", "a1", "~", "a~", "ab"} {
		long := strings.Repeat(piece, 5_000)
		got := version.Key(long)
		if !bytes.Equal(got, version.Key(long[:version.MaxLength])) {
			t.Errorf("%q repeated: more than the first %d bytes count", piece, version.MaxLength)
		}
		if limit := 3*version.MaxLength + 1; len(got) > limit {
			t.Errorf("%q repeated: key of %d bytes, more than %d", piece, len(got), limit)
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, c := range comparisons(f, "testdata/generic.txt", "  ") {
		f.Add(c.left)
	}
	f.Fuzz(func(t *testing.T, v string) {
		key := version.Key(v)
		if limit := 3*min(len(v), version.MaxLength) + 1; len(key) > limit {
			t.Errorf("%q: key of %d bytes, more than %d", v, len(key), limit)
		}
		if len(v)+len("-rc1") > version.MaxLength {
			return
		}
		if compareKeys(v+".0", v) != 0 || compareKeys(v+"-rc1", v) >= 0 || compareKeys(v+".1", v) <= 0 {
			t.Errorf("%q is not between its release candidate and its next, or not equal to itself and zero", v)
		}
	})
}

// installed are versions as devices report them.
var installed = []string{"10.0.19045.5011", "131.0.6778.86", "83.0.0.0", "1.1.1k", "3.0.11",
	"9.0.0.M1", "22.01", "1.8.0_381"}

func BenchmarkKey(b *testing.B) {
	var key []byte
	b.ReportAllocs()
	for b.Loop() {
		for _, v := range installed {
			key = version.AppendKey(key[:0], v)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(installed)), "ns/key")
}

func TestFirstNumber(t *testing.T) {
	for _, test := range []struct {
		text string
		want uint64
		ok   bool
	}{
		{"3.13.0", 3, true}, {"v22", 22, true}, {"0.9", 0, true}, {"0", 0, true}, {"2024.1", 2024, true},
		{"4294967296.1", 1 << 32, true}, {"20240101T120000", 20240101, true},
		{"RELEASE.2024-06-26", 2024, true}, // "release" means nothing
		{"build 7", 0, false}, {"~1", 0, false}, {"123456789012345678901", 0, false},
	} {
		if got, ok := version.FirstNumber(version.Key(test.text)); got != test.want || ok != test.ok {
			t.Errorf("%q: %d, %v, want %d, %v", test.text, got, ok, test.want, test.ok)
		}
	}
	if _, ok := version.FirstNumber(nil); ok {
		t.Error("no key has a first number")
	}
}

func TestTwoNumbers(t *testing.T) {
	for _, test := range []struct {
		text string
		want [2]uint64
		ok   bool
	}{
		{"13.0.6441", [2]uint64{13, 0}, true}, {"10.50.6000.34", [2]uint64{10, 50}, true}, {"9", [2]uint64{9, 0}, true},
		{"0.9", [2]uint64{0, 9}, true}, {"0.0", [2]uint64{}, true}, {"8.0~", [2]uint64{8, 0}, true}, {"8-rc1", [2]uint64{8, 0}, true},
		{"7.x", [2]uint64{7, 0}, true}, {"build 7", [2]uint64{}, false}, {"", [2]uint64{}, true},
	} {
		if got, ok := version.TwoNumbers(version.Key(test.text)); got != test.want || ok != test.ok {
			t.Errorf("%q: %d, %v, want %d, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}
