package gzipjoin_test

import (
	"bytes"
	"testing"

	"github.com/muster-project/muster/internal/gzipjoin"
)

// Equal raw bytes make equal fragments, whatever was encoded before.
func TestEncoderHasNoMemory(t *testing.T) {
	random := seeded()
	raw := rows(random, 90_000)
	want, _, err := gzipjoin.NewEncoder().Append(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	used := gzipjoin.NewEncoder()
	for i := range 50 {
		for _, before := range [][]byte{rows(random, 50_000), raw, noise(random, 20*i), nil} {
			if _, _, err := used.Append(nil, before); err != nil {
				t.Fatal(err)
			}
		}
		got, _, err := used.Append([]byte("kept"), raw)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, append([]byte("kept"), want...)) {
			t.Fatalf("after %d uses the fragment differs", 4*i+4)
		}
	}
}

func TestEncoderMakesNothingOfNothing(t *testing.T) {
	got, f, err := gzipjoin.NewEncoder().Append([]byte("kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != "kept" || f != (gzipjoin.Fragment{}) {
		t.Errorf("no bytes made %q, %+v", got, f)
	}
}

func BenchmarkEncode(b *testing.B) {
	raw := rows(seeded(), 150_000)
	encoder := gzipjoin.NewEncoder()
	var out []byte
	var f gzipjoin.Fragment
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, f, err = encoder.Append(out[:0], raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(f.Raw)/float64(f.Size), "ratio")
}
