package gzipjoin_test

import (
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/gzipjoin"
)

func TestCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.Byte()).Draw(t, "a")
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "b")
		got := gzipjoin.Combine(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), int64(len(b)))
		if want := crc32.ChecksumIEEE(append(a, b...)); got != want {
			t.Errorf("Combine = %08x, want %08x", got, want)
		}
	})
}

// A long second piece needs higher powers than short ones: its CRC is made by doubling, and
// checked against hash/crc32 as far as time allows.
func TestCombineLong(t *testing.T) {
	block := make([]byte, 1<<20)
	crc := crc32.ChecksumIEEE(block)
	for size, checked := int64(len(block)), 0; size < 1<<45; size, checked = size*2, checked+1 {
		doubled := gzipjoin.Combine(crc, crc, size)
		if checked < 5 {
			want := crc
			for range size / int64(len(block)) {
				want = crc32.Update(want, crc32.IEEETable, block)
			}
			if doubled != want {
				t.Fatalf("CRC of %d zeros = %08x, want %08x", size*2, doubled, want)
			}
		}
		// One doubled piece and two single ones must agree at every length.
		if one, two := gzipjoin.Combine(crc, doubled, size*2), gzipjoin.Combine(doubled, crc, size); one != two {
			t.Fatalf("CRC of %d zeros depends on the order: %08x and %08x", size*3, one, two)
		}
		crc = doubled
	}
}

func BenchmarkCombine(b *testing.B) {
	var crc uint32 = 0xdeadbeef
	for b.Loop() {
		crc = gzipjoin.Combine(crc, 0xcafebabe, 153_217)
	}
}
