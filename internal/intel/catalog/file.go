package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// The file: magic, format (4 bytes), SHA-256 of the rest, then the tables. All
// numbers are little-endian; a column is its length in 4 bytes and its numbers.
const (
	magic      = "muster catalog\n"
	format     = 1
	headerSize = len(magic) + 4 + sha256.Size
	// maxFile bounds what is read: texts are addressed by 32 bits.
	maxFile = 4 << 30
)

// rulesVersion is raised when the program answers differently from the same
// tables, so that what earlier programs answered is made anew.
const rulesVersion = 1

var (
	// ErrDamaged says that a file is not a whole catalog.
	ErrDamaged = errors.New("damaged catalog")
	// ErrNewer says that a file was written by a newer program.
	ErrNewer = errors.New("catalog of a newer program")
)

// Open loads the catalog in a file. Errors wrap ErrDamaged, ErrNewer, or the
// reason why the file cannot be read.
func Open(path string) (*Catalog, error) {
	if err := look(path); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening catalog: %w", err)
	}
	c, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("opening catalog %q: %w", path, err)
	}
	return c, nil
}

// look looks at a file before it is opened: opening a pipe would wait for
// whoever writes into it.
func look(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("opening catalog: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("opening catalog %q: %w: not a regular file", path, ErrDamaged)
	case info.Size() > maxFile:
		return fmt.Errorf("opening catalog %q: %w: %d bytes", path, ErrDamaged, info.Size())
	}
	return nil
}

// Identify reads the catalog in a file, without loading it, and returns its id
// and how many bytes it has. Errors are those of Open.
func Identify(path string) (id string, bytes int64, err error) {
	if err := look(path); err != nil {
		return "", 0, err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("opening catalog: %w", err)
	}
	defer file.Close()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(file, header); err != nil || string(header[:len(magic)]) != magic {
		return "", 0, fmt.Errorf("reading catalog %q: %w: no header", path, ErrDamaged)
	}
	if f := binary.LittleEndian.Uint32(header[len(magic):]); f != format {
		return "", 0, fmt.Errorf("reading catalog %q: %w: format %d, this program reads %d", path, ErrNewer, f, format)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return "", n, fmt.Errorf("reading catalog %q: %w", path, err)
	}
	stored := [sha256.Size]byte(header[headerSize-sha256.Size:])
	if [sha256.Size]byte(sum.Sum(nil)) != stored {
		return "", int64(headerSize) + n, fmt.Errorf("reading catalog %q: %w: checksum does not agree", path, ErrDamaged)
	}
	return catalogID(stored), int64(headerSize) + n, nil
}

// Decode loads the catalog that a Builder wrote. It keeps nothing of data.
func Decode(data []byte) (*Catalog, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: no header", ErrDamaged)
	}
	if f := binary.LittleEndian.Uint32(data[len(magic):]); f > format {
		return nil, fmt.Errorf("%w: format %d, this program reads %d", ErrNewer, f, format)
	}
	sum := [sha256.Size]byte(data[headerSize-sha256.Size : headerSize])
	if sha256.Sum256(data[headerSize:]) != sum {
		return nil, fmt.Errorf("%w: checksum does not agree", ErrDamaged)
	}
	r := reader{rest: data[headerSize:]}
	var t tables
	t.visit(&r)
	if r.short || len(r.rest) > 0 || !t.check() {
		return nil, fmt.Errorf("%w: tables do not fit together", ErrDamaged)
	}
	return newCatalog(&t, catalogID(sum))
}

// catalogID is the hash of the tables and of the rules they are read by.
func catalogID(sum [sha256.Size]byte) string {
	sum = sha256.Sum256(binary.LittleEndian.AppendUint32(sum[:], rulesVersion))
	return hex.EncodeToString(sum[:16])
}

// writeTo writes a catalog file.
func (t *tables) writeTo(out io.Writer) error {
	var w writer
	t.visit(&w)
	sum := sha256.Sum256(w.data)
	header := binary.LittleEndian.AppendUint32([]byte(magic), format)
	for _, part := range [...][]byte{header, sum[:], w.data} {
		if _, err := out.Write(part); err != nil {
			return fmt.Errorf("writing catalog: %w", err)
		}
	}
	return nil
}

// writer is the visitor that writes.
type writer struct{ data []byte }

func (w *writer) number(n *uint32) { w.data = binary.LittleEndian.AppendUint32(w.data, *n) }

func (w *writer) length(n int) {
	length := uint32(n)
	w.number(&length)
}

func (w *writer) text(s *string) {
	w.length(len(*s))
	w.data = append(w.data, *s...)
}

func (w *writer) bytes(column *[]byte) {
	w.length(len(*column))
	w.data = append(w.data, *column...)
}

func (w *writer) numbers(column *[]uint32) {
	w.length(len(*column))
	for _, n := range *column {
		w.data = binary.LittleEndian.AppendUint32(w.data, n)
	}
}

func (w *writer) digests(column *[]uint64) {
	w.length(len(*column))
	for _, n := range *column {
		w.data = binary.LittleEndian.AppendUint64(w.data, n)
	}
}

// reader is the visitor that reads. Nothing is allocated before it is known to
// be there.
type reader struct {
	rest  []byte
	short bool
}

// take returns the next n elements of a size, or nothing when they are not there.
func (r *reader) take(n, size int) []byte {
	if r.short || n > len(r.rest)/size {
		r.short, r.rest = true, nil
		return nil
	}
	part := r.rest[:n*size]
	r.rest = r.rest[n*size:]
	return part
}

func (r *reader) number(n *uint32) {
	if part := r.take(1, 4); part != nil {
		*n = binary.LittleEndian.Uint32(part)
	}
}

func (r *reader) length() int {
	var n uint32
	r.number(&n)
	return int(n)
}

func (r *reader) text(s *string) { *s = string(r.take(r.length(), 1)) }

func (r *reader) bytes(column *[]byte) {
	*column = append([]byte(nil), r.take(r.length(), 1)...)
}

func (r *reader) numbers(column *[]uint32) {
	part := r.take(r.length(), 4)
	*column = make([]uint32, len(part)/4)
	for i := range *column {
		(*column)[i] = binary.LittleEndian.Uint32(part[4*i:])
	}
}

func (r *reader) digests(column *[]uint64) {
	part := r.take(r.length(), 8)
	*column = make([]uint64, len(part)/8)
	for i := range *column {
		(*column)[i] = binary.LittleEndian.Uint64(part[8*i:])
	}
}
