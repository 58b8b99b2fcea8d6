package gzipjoin_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"math"
	"testing"

	"github.com/muster-project/muster/internal/gzipjoin"
)

// fragmentOf deflates raw separately.
func fragmentOf(t testing.TB, raw []byte) ([]byte, gzipjoin.Fragment) {
	t.Helper()
	compressed, f, err := gzipjoin.NewEncoder().Append(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	return compressed, f
}

func TestDecoderRefuses(t *testing.T) {
	raw := rows(seeded(), 5_000)
	compressed, good := fragmentOf(t, raw)
	with := func(change func(*gzipjoin.Fragment)) gzipjoin.Fragment {
		f := good
		change(&f)
		return f
	}
	unflushed := compressed[:len(compressed)-5]
	final := append(bytes.Clone(compressed), 0x03, 0x00)
	flushed := append(bytes.Clone(final), 0, 0, 0, 0xff, 0xff)
	tests := []struct {
		name       string
		compressed []byte
		f          gzipjoin.Fragment
	}{
		{"fewer compressed bytes", compressed[:len(compressed)-1], good},
		{"more compressed bytes", append(bytes.Clone(compressed), 0), good},
		{"fewer raw bytes", compressed, with(func(f *gzipjoin.Fragment) { f.Raw++ })},
		{"more raw bytes", compressed, with(func(f *gzipjoin.Fragment) { f.Raw-- })},
		{"negative length", compressed, with(func(f *gzipjoin.Fragment) { f.Raw = -1 })},
		{"more than deflate can hold", compressed, with(func(f *gzipjoin.Fragment) { f.Raw = math.MaxInt64 })},
		{"other CRC", compressed, with(func(f *gzipjoin.Fragment) { f.CRC++ })},
		{"nothing for something", nil, gzipjoin.Fragment{Raw: 1}},
		{"something for nothing", []byte{0xff}, gzipjoin.Fragment{Size: 1}},
		{"cut inside the flush", compressed[:len(compressed)-2], with(func(f *gzipjoin.Fragment) { f.Size -= 2 })},
		{"no flush", unflushed, with(func(f *gzipjoin.Fragment) { f.Size -= 5 })},
		{"a final block", final, with(func(f *gzipjoin.Fragment) { f.Size += 2 })},
		{"a final block and a flush", flushed, with(func(f *gzipjoin.Fragment) { f.Size += 7 })},
		{"a reference to earlier bytes", []byte{0x03, 0x02, 0, 0, 0, 0xff, 0xff}, gzipjoin.Fragment{Raw: 3, Size: 7}},
		{"reserved block type", []byte{0x06, 0, 0, 0xff, 0xff}, gzipjoin.Fragment{Raw: 1, Size: 5}},
	}
	decoder := gzipjoin.NewDecoder()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decoder.Append([]byte("kept"), tt.compressed, tt.f)
			if !errors.Is(err, gzipjoin.ErrDamaged) {
				t.Errorf("err = %v, want ErrDamaged", err)
			}
			if string(got) != "kept" {
				t.Errorf("%d bytes came out", len(got))
			}
		})
	}
	if got, err := decoder.Append(nil, compressed, good); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("after failures, a good fragment: %v", err)
	}
}

// Every changed bit is noticed, except in padding, which does not change the result.
func TestDecoderNoticesChangedBits(t *testing.T) {
	raw := rows(seeded(), 2_000)
	compressed, f := fragmentOf(t, raw)
	decoder := gzipjoin.NewDecoder()
	unnoticed := 0
	for bit := range 8 * len(compressed) {
		changed := bytes.Clone(compressed)
		changed[bit/8] ^= 1 << (bit % 8)
		got, err := decoder.Append(nil, changed, f)
		switch {
		case err == nil && bytes.Equal(got, raw):
			unnoticed++
		case !errors.Is(err, gzipjoin.ErrDamaged):
			t.Fatalf("bit %d changed: err = %v, %d bytes", bit, err, len(got))
		}
	}
	if padding := 7; unnoticed > padding {
		t.Errorf("%d changed bits unnoticed, want at most %d of padding", unnoticed, padding)
	}
}

func TestDecoderNoticesTruncation(t *testing.T) {
	compressed, f := fragmentOf(t, rows(seeded(), 2_000))
	decoder := gzipjoin.NewDecoder()
	for size := range compressed {
		cut := f
		cut.Size = int64(size)
		if got, err := decoder.Append(nil, compressed[:size], cut); !errors.Is(err, gzipjoin.ErrDamaged) || len(got) != 0 {
			t.Fatalf("cut to %d bytes: err = %v, %d bytes", size, err, len(got))
		}
	}
}

// The decoder allocates the promised size once, and nothing if the promise cannot be true.
func TestDecoderMemory(t *testing.T) {
	raw := make([]byte, 1<<20)
	compressed, f := fragmentOf(t, raw)
	got, err := gzipjoin.NewDecoder().Append(make([]byte, 0, len(raw)), compressed, f)
	if err != nil {
		t.Fatal(err)
	}
	if cap(got) != len(raw) {
		t.Errorf("capacity %d for %d bytes that had room", cap(got), len(raw))
	}
	lie := gzipjoin.Fragment{Raw: 1 << 40, Size: f.Size, CRC: f.CRC}
	if _, err := gzipjoin.NewDecoder().Append(nil, compressed, lie); !errors.Is(err, gzipjoin.ErrDamaged) {
		t.Errorf("a terabyte in %d bytes: err = %v", f.Size, err)
	}
}

// FuzzDecoder: no bytes make the decoder panic, or return anything but what the Fragment
// describes.
func FuzzDecoder(f *testing.F) {
	for _, raw := range [][]byte{[]byte("x"), rows(seeded(), 500), make([]byte, 1_000)} {
		compressed, fragment := fragmentOf(f, raw)
		f.Add(compressed, fragment.Raw, fragment.CRC)
	}
	f.Add([]byte{0x03, 0x00}, int64(0), uint32(0))
	decoder := gzipjoin.NewDecoder()
	f.Fuzz(func(t *testing.T, compressed []byte, raw int64, crc uint32) {
		fragment := gzipjoin.Fragment{Raw: raw, Size: int64(len(compressed)), CRC: crc}
		got, err := decoder.Append(nil, compressed, fragment)
		switch {
		case err != nil && (len(got) != 0 || !errors.Is(err, gzipjoin.ErrDamaged)):
			t.Errorf("%d bytes beside err = %v", len(got), err)
		case err == nil && (int64(len(got)) != raw || crc32.ChecksumIEEE(got) != crc):
			t.Errorf("%d bytes of CRC %08x for %+v", len(got), crc32.ChecksumIEEE(got), fragment)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := rows(seeded(), 150_000)
	compressed, f := fragmentOf(b, raw)
	decoder := gzipjoin.NewDecoder()
	out := make([]byte, 0, len(raw))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decoder.Append(out, compressed, f); err != nil {
			b.Fatal(err)
		}
	}
}
