package words

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/intel/column"
)

// blockSize is how many raw bytes a block has at most, but for its last entry. An entry that is asked
// for costs the inflating of its block.
const blockSize = 32 << 10

// Texts has encoded entries, by number. It is safe for concurrent use.
type Texts struct {
	// data has the blocks, each a zstd frame; starts are theirs in data, with one element more than
	// there are blocks.
	data   []byte
	starts []uint32
	// first is the first entry of each block, with one element more; ends are the ends of entries
	// within their block, inflated.
	first, ends []uint32

	inflated inflated
}

// Len returns the number of entries.
func (t *Texts) Len() int { return len(t.ends) }

// Bytes returns the compressed size.
func (t *Texts) Bytes() int { return len(t.data) }

// Visit visits the columns.
func (t *Texts) Visit(v column.Visitor) {
	v.Bytes(&t.data)
	for _, part := range [...]*[]uint32{&t.starts, &t.first, &t.ends} {
		v.Numbers(part)
	}
}

// Check reports whether the columns agree. What is in the blocks shows when they are inflated.
func (t *Texts) Check() bool {
	if len(t.starts) == 0 && len(t.first) == 0 {
		return len(t.data) == 0 && len(t.ends) == 0
	}
	blocks := uint32(len(t.starts) - 1)
	if !column.Starts(t.starts, blocks, uint32(len(t.data))) || !column.Starts(t.first, blocks, uint32(len(t.ends))) {
		return false
	}
	for block := range blocks {
		ends := t.ends[t.first[block]:t.first[block+1]]
		if len(ends) == 0 || !slices.IsSorted(ends) || ends[len(ends)-1] > blockSize+maxEntry {
			return false
		}
	}
	return true
}

// At returns an entry. An error wraps column.ErrDamaged.
func (t *Texts) At(number int) (Entry, error) {
	block, found := slices.BinarySearch(t.first, uint32(number))
	if !found {
		block--
	}
	raw, err := t.inflate(block)
	if err != nil {
		return Entry{}, err
	}
	start, first := uint32(0), int(t.first[block])
	if number > first {
		start = t.ends[number-1]
	}
	entry, ok := decode(raw[start:t.ends[number]])
	if !ok {
		return Entry{}, fmt.Errorf("%w: entry %d of words", column.ErrDamaged, number)
	}
	return entry, nil
}

// inflate returns the raw bytes of a block.
func (t *Texts) inflate(block int) ([]byte, error) {
	if raw := t.inflated.get(block); raw != nil {
		return raw, nil
	}
	decoder, err := t.inflated.open()
	if err != nil {
		return nil, err
	}
	size := t.ends[t.first[block+1]-1]
	raw, err := decoder.DecodeAll(t.data[t.starts[block]:t.starts[block+1]], make([]byte, 0, size))
	if err != nil || len(raw) != int(size) {
		return nil, fmt.Errorf("%w: block %d of words has %d bytes, want %d (%v)", column.ErrDamaged, block, len(raw), size, err)
	}
	t.inflated.put(block, raw)
	return raw, nil
}

// kept is how many inflated blocks are kept.
const kept = 4

// inflated has the blocks that were asked for last: who reads entries in order inflates each block once.
type inflated struct {
	once    sync.Once
	decoder *zstd.Decoder
	failed  error

	mutex  sync.Mutex
	blocks [kept]struct {
		number int
		raw    []byte
	}
	next int
}

// open returns the decoder, which is made on first use. It needs no closing, since it starts nothing.
func (i *inflated) open() (*zstd.Decoder, error) {
	i.once.Do(func() {
		i.decoder, i.failed = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(blockSize+maxEntry))
	})
	return i.decoder, i.failed
}

func (i *inflated) get(number int) []byte {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, b := range i.blocks {
		if b.number == number && b.raw != nil {
			return b.raw
		}
	}
	return nil
}

func (i *inflated) put(number int, raw []byte) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.blocks[i.next].number, i.blocks[i.next].raw = number, raw
	i.next = (i.next + 1) % kept
}
