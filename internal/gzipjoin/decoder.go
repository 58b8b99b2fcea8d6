package gzipjoin

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/flate"
)

// ErrDamaged says that compressed bytes differ from their Fragment.
var ErrDamaged = errors.New("damaged fragment")

// maxRatio is the highest ratio of deflate: 258 bytes in two bits. It keeps a wrong Fragment from
// claiming more memory than its bytes could ever fill.
const maxRatio = 258 * 8 / 2

// syncMarker is the end of every sync flush: length and inverted length of an empty stored block.
const syncMarker = "\x00\x00\xff\xff"

// Decoder reads fragments. It keeps its tables between calls and is not safe for concurrent use.
type Decoder struct {
	// in is a bytes.Reader because the inflater has a faster loop for it.
	in    bytes.Reader
	flate io.ReadCloser
	block []byte // the fragment followed by a final block
}

// NewDecoder returns a Decoder, which holds about 50 KiB and the largest fragment that it has
// read.
func NewDecoder() *Decoder {
	d := new(Decoder)
	d.flate = flate.NewReader(&d.in)
	return d
}

// Append inflates compressed and appends the raw bytes to dst: exactly f.Raw bytes, allocated
// once. compressed is one fragment described by f, or several adjacent ones whose join is f.
//
// Errors wrap ErrDamaged, and dst is then returned unchanged.
func (d *Decoder) Append(dst, compressed []byte, f Fragment) ([]byte, error) {
	if err := f.plausible(compressed); err != nil {
		return dst, err
	}
	grown := slices.Grow(dst, int(f.Raw))
	raw := grown[len(dst) : len(dst)+int(f.Raw)]
	if err := d.inflate(raw, compressed); err != nil {
		return dst, fmt.Errorf("%w: inflating %d bytes to %d: %v", ErrDamaged, f.Size, f.Raw, err)
	}
	if crc := crc32.ChecksumIEEE(raw); crc != f.CRC {
		return dst, fmt.Errorf("%w: CRC-32 of %d raw bytes is %08x, want %08x", ErrDamaged, f.Raw, crc, f.CRC)
	}
	return grown[:len(dst)+len(raw)], nil
}

// plausible reports whether compressed can match f, before memory is allocated.
func (f Fragment) plausible(compressed []byte) error {
	switch {
	case f.Size != int64(len(compressed)):
		return fmt.Errorf("%w: %d compressed bytes, want %d", ErrDamaged, len(compressed), f.Size)
	case f.Raw < 0 || f.Raw/maxRatio > f.Size || f.Raw > math.MaxInt:
		return fmt.Errorf("%w: %d compressed bytes cannot contain %d", ErrDamaged, f.Size, f.Raw)
	case f.Size > 0 && !bytes.HasSuffix(compressed, []byte(syncMarker)):
		return fmt.Errorf("%w: %d compressed bytes do not end with a sync flush", ErrDamaged, f.Size)
	}
	return nil
}

// inflate fills raw from compressed. It reads on into a final block that it appends: only if
// compressed ends at the end of a block is that block read correctly, and as the last one.
func (d *Decoder) inflate(raw, compressed []byte) error {
	d.block = append(append(d.block[:0], compressed...), finalBlock...)
	d.in.Reset(d.block)
	if err := d.flate.(flate.Resetter).Reset(&d.in, nil); err != nil {
		return err
	}
	if _, err := io.ReadFull(d.flate, raw); err != nil {
		return err
	}
	switch n, err := d.flate.Read(make([]byte, 1)); {
	case n > 0:
		return errors.New("more bytes than promised")
	case err != io.EOF:
		return err
	case d.in.Len() > 0:
		return errors.New("final block before the end")
	}
	return nil
}
