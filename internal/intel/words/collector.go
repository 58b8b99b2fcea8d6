package words

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/intel"
)

// maxRaw bounds the words of a feed, in bytes before they are compressed. All CVE records of autumn
// 2026 have about 170 MB.
const maxRaw = 1 << 30

// Collector collects the words of one feed. It keeps them compressed in the order in which they come,
// so that compiling a feed does not hold all of them. The zero value has none.
type Collector struct {
	out  writer
	said []said
}

// said is an entry of a key.
type said struct{ key, number uint32 }

// Add adds what a record says about a CVE with a key. It fails with an error that wraps
// intel.ErrTooLarge if there is too much.
func (c *Collector) Add(key uint32, w *intel.Words) error {
	if w.IsEmpty() {
		return nil
	}
	entry := EntryOf(w)
	if err := c.out.add(&entry); err != nil {
		return err
	}
	c.said = append(c.said, said{key, uint32(len(c.said))})
	return nil
}

// Texts returns one entry for each key, in the order of places, and these places. It may be called
// once. The result does not depend on the order of calls of Add.
func (c *Collector) Texts(place func(key uint32) uint32) (places []uint32, texts *Texts, err error) {
	came, err := c.out.texts()
	if err != nil {
		return nil, nil, err
	}
	for i := range c.said {
		c.said[i].key = place(c.said[i].key)
	}
	slices.SortFunc(c.said, func(a, b said) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.number, b.number))
	})
	var out writer
	for rest := c.said; len(rest) > 0; {
		at, entry := rest[0].key, Entry{}
		for ; len(rest) > 0 && rest[0].key == at; rest = rest[1:] {
			next, err := came.At(int(rest[0].number))
			if err != nil {
				return nil, nil, err
			}
			entry = entry.With(next)
		}
		if err := out.add(&entry); err != nil {
			return nil, nil, err
		}
		places = append(places, at)
	}
	texts, err = out.texts()
	return places, texts, err
}

// writer writes entries.
type writer struct {
	encoder *zstd.Encoder
	block   []byte
	raw     int
	made    Texts
}

func (w *writer) add(e *Entry) error {
	before := len(w.block)
	w.block = e.append(w.block)
	if w.raw += len(w.block) - before; w.raw > maxRaw {
		return fmt.Errorf("more than %d bytes of words in total: %w", maxRaw, intel.ErrTooLarge)
	}
	w.made.ends = append(w.made.ends, uint32(len(w.block)))
	if len(w.block) >= blockSize {
		return w.end()
	}
	return nil
}

// end ends the block.
func (w *writer) end() (err error) {
	t := &w.made
	if w.encoder == nil {
		t.starts, t.first = []uint32{0}, []uint32{0}
		w.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(128<<10))
		if err != nil {
			return fmt.Errorf("making the compressor: %w", err)
		}
	}
	t.data = w.encoder.EncodeAll(w.block, t.data)
	t.starts, t.first = append(t.starts, uint32(len(t.data))), append(t.first, uint32(len(t.ends)))
	w.block = w.block[:0]
	return nil
}

// texts returns what was written.
func (w *writer) texts() (*Texts, error) {
	if len(w.block) > 0 {
		if err := w.end(); err != nil {
			return nil, err
		}
	}
	return &w.made, nil
}
