package column

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

var (
	// ErrDamaged says that a file is incomplete or changed.
	ErrDamaged = errors.New("damaged file")
	// ErrNewer says that a file was written by a newer program.
	ErrNewer = errors.New("file of a newer program")
	// ErrOlder says that a file was written by an older program, in a format that is no longer
	// read.
	ErrOlder = errors.New("file of an older program")
)

// maxFile bounds the size of a file: texts are addressed by 32 bits.
const maxFile = 4 << 30

// Sum is the SHA-256 of a file's columns, which identifies its content.
type Sum = [sha256.Size]byte

// Format is a kind of file.
type Format struct {
	// Magic is the first line of a file. Version is written, and the only one read.
	Magic   string
	Version uint32
}

func (f Format) headerSize() int { return len(f.Magic) + 4 + sha256.Size }

// Sum returns the hash of what visit writes.
func (f Format) Sum(visit func(Visitor)) Sum {
	hash := sha256.New()
	w := newWriter(hash)
	visit(w)
	w.out.Flush() // a hash never fails
	return Sum(hash.Sum(nil))
}

// Write writes a file with what visit writes. It calls visit twice, because the sum comes first.
func (f Format) Write(out io.Writer, visit func(Visitor)) error {
	sum := f.Sum(visit)
	header := append(binary.LittleEndian.AppendUint32([]byte(f.Magic), f.Version), sum[:]...)
	if _, err := out.Write(header); err != nil {
		return err
	}
	w := newWriter(out)
	visit(w)
	return errors.Join(w.err, w.out.Flush())
}

// Read reads a file's bytes through visit and returns their sum. It keeps none of data. Errors
// wrap ErrDamaged, ErrNewer or ErrOlder.
func (f Format) Read(data []byte, visit func(Visitor)) (Sum, error) {
	version, sum, err := f.header(data)
	if err != nil {
		return sum, err
	}
	if err := f.readable(version); err != nil {
		return sum, err
	}
	rest := data[f.headerSize():]
	if sha256.Sum256(rest) != sum {
		return sum, fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	r := reader{rest: rest}
	visit(&r)
	if r.short || len(r.rest) > 0 {
		return sum, fmt.Errorf("%w: columns do not agree", ErrDamaged)
	}
	return sum, nil
}

func (f Format) header(data []byte) (version uint32, sum Sum, err error) {
	if len(data) < f.headerSize() || string(data[:len(f.Magic)]) != f.Magic {
		return 0, sum, fmt.Errorf("%w: no header", ErrDamaged)
	}
	return binary.LittleEndian.Uint32(data[len(f.Magic):]), Sum(data[len(f.Magic)+4 : f.headerSize()]), nil
}

func (f Format) readable(version uint32) error {
	switch {
	case version > f.Version:
		return fmt.Errorf("%w: format %d, but this program reads %d", ErrNewer, version, f.Version)
	case version < f.Version:
		return fmt.Errorf("%w: format %d, but this program reads %d", ErrOlder, version, f.Version)
	}
	return nil
}

// ReadFile returns the bytes of a file.
func ReadFile(fsys fs.FS, name string) ([]byte, error) {
	file, size, err := open(fsys, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, err
	}
	return data, nil
}

// open opens a file after checking its kind and size.
func open(fsys fs.FS, name string) (file fs.File, size int64, err error) {
	if file, err = fsys.Open(name); err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%w: not a regular file", ErrDamaged)
	case info.Size() > maxFile:
		err = fmt.Errorf("%w: %d bytes", ErrDamaged, info.Size())
	default:
		return file, info.Size(), nil
	}
	return nil, 0, errors.Join(err, file.Close())
}

// Readable checks the head of a file.
func (f Format) Readable(fsys fs.FS, name string) error {
	file, head, err := f.open(fsys, name)
	if err != nil {
		return err
	}
	defer file.Close()
	version, _, err := f.header(head)
	if err != nil {
		return err
	}
	return f.readable(version)
}

// open opens a file and reads its head.
func (f Format) open(fsys fs.FS, name string) (file fs.File, head []byte, err error) {
	if file, _, err = open(fsys, name); err != nil {
		return nil, nil, err
	}
	head = make([]byte, f.headerSize())
	if _, err := io.ReadFull(file, head); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%w: no header", ErrDamaged), file.Close())
	}
	return file, head, nil
}

// Identify returns the sum and the size in bytes of a file of this format or an older one, without
// loading it.
func (f Format) Identify(fsys fs.FS, name string) (sum Sum, bytes int64, err error) {
	file, head, err := f.open(fsys, name)
	if err != nil {
		return sum, 0, err
	}
	defer file.Close()
	version, sum, err := f.header(head)
	if err == nil && version > f.Version {
		err = f.readable(version)
	}
	if err != nil {
		return sum, 0, err
	}
	hash := sha256.New()
	n, err := io.Copy(hash, file)
	bytes = int64(len(head)) + n
	if err == nil && Sum(hash.Sum(nil)) != sum {
		err = fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	return sum, bytes, err
}

// newWriter returns the visitor that writes to out.
func newWriter(out io.Writer) *writer { return &writer{out: bufio.NewWriterSize(out, 1<<16)} }
