package snapshot

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// An index is binary: indexWord; name, size and SHA-256 of the sheet (an empty name if there is
// none); then the full parts with their segments. The first name is encoded relative to the name
// of the index itself.
const indexWord = "muster index 1\n"

// maxIndex bounds the size of an index: 64 MiB hold five million segments, 10 TB of rows.
const maxIndex = 64 << 20

// Index names the sheet and the full parts of a range. It never changes, and every snapshot that
// uses the range names it.
type Index struct {
	// Sheet has no path if there is none.
	Sheet File
	Full  Parts
}

// empty reports whether the index names nothing.
func (x *Index) empty() bool { return x.Sheet.Path == "" && len(x.Full) == 0 }

// files lists the files that the index names.
func (x *Index) files() (files []File) {
	if x.Sheet.Path != "" {
		files = append(files, x.Sheet)
	}
	return append(files, x.Full.files()...)
}

// append encodes the index for a file with a name.
func (x *Index) append(dst []byte, name string) ([]byte, error) {
	dst = append(dst, indexWord...)
	dst = packed.AppendName(dst, x.Sheet.Path, name)
	dst = packed.AppendNumbers(dst, x.Sheet.Bytes)
	dst = append(dst, x.Sheet.SHA256[:]...)
	return x.Full.append(dst, name)
}

// parseIndex decodes the index in a file with a name.
func parseIndex(name string, data []byte) (*Index, error) {
	rest, ok := bytes.CutPrefix(data, []byte(indexWord))
	if !ok {
		return nil, unknownForm(data, "index", 1)
	}
	r := newDecoder(rest)
	x := &Index{Sheet: r.file(r.Name(name)), Full: r.parts(name)}
	if err := r.End("part"); err != nil {
		return nil, fmt.Errorf("reading index: %w: %w", err, ErrDamaged)
	}
	return x, nil
}

// index reads the index that a manifest names.
func (f *Files) index(want File) (*Index, error) {
	if want.Bytes > maxIndex {
		return nil, fmt.Errorf("index %q of %d bytes is too large: %w", want.Path, want.Bytes, ErrDamaged)
	}
	data, err := f.ReadAll(nil, want)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(want.Path, data)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", want.Path, err)
	}
	return x, nil
}

// writeIndex writes the index of a range.
func (b *Batch) writeIndex(n Naming, x *Index) (File, error) {
	data, err := x.append(nil, n.index())
	if err != nil {
		return File{}, fmt.Errorf("making index: %w", err)
	}
	return b.writeFile(n.index(), data)
}

// writeFile writes a file from memory.
func (b *Batch) writeFile(name string, data []byte) (file File, err error) {
	w, err := b.create(name)
	if err != nil {
		return File{}, err
	}
	if _, err = w.Write(data); err == nil {
		file, err = w.Close()
	}
	if err != nil {
		w.abort()
	}
	return file, err
}

// IndexAgain makes an index again from the sheet and the parts of its attempt, whose names follow
// from its own. If the result is not the wanted bytes, the error wraps ErrLost or ErrDamaged.
func (f *Files) IndexAgain(want File) ([]byte, error) {
	data, err := indexOf(f, want.Path)
	if err == nil && DigestOf(data) != want.SHA256 {
		err = fmt.Errorf("its sheet and parts belong to another index: %w", ErrLost)
	}
	if err != nil {
		return nil, fmt.Errorf("making index %q again: %w", want.Path, err)
	}
	return data, nil
}

// indexOf makes the index with a name from the files that exist.
func indexOf(f *Files, name string) ([]byte, error) {
	naming, ok := parseIndexName(name)
	if !ok {
		return nil, fmt.Errorf("it was written for files with other names: %w", ErrLost)
	}
	data, sheet, err := readUnknown(f, naming.sheet())
	if err != nil {
		return nil, err
	}
	entries, err := parseSheet(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	x := &Index{Sheet: sheet, Full: Parts{}}
	for d := range defender.Dataset(defender.DatasetCount) {
		var w partWriter
		for i := range entries.Entries {
			for _, e := range entries.Entries[i].fragments[d] {
				w.grow(e)
			}
		}
		if len(w.segments) == 0 {
			continue
		}
		part := &Part{Segments: w.segments}
		if part.File, err = describe(f, naming.part(d, false)); err != nil {
			return nil, err
		}
		size := part.Bytes
		if part.sum() != nil || part.Bytes != size {
			return nil, fmt.Errorf("file %q differs from its sheet: %w", part.Path, ErrLost)
		}
		x.Full[d.String()] = part
	}
	return x.append(nil, name)
}

// readUnknown reads a file without a known size and hash, and returns them.
func readUnknown(f *Files, name string) ([]byte, File, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, File{}, f.missing(File{Path: name}, err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, File{}, fmt.Errorf("reading %q: %w", name, err)
	}
	return data, File{Path: name, Bytes: int64(len(data)), SHA256: DigestOf(data)}, nil
}

// describe returns a file's size and hash, as for a manifest.
func describe(f *Files, name string) (File, error) {
	file, err := f.Open(name)
	if err != nil {
		return File{}, f.missing(File{Path: name}, err)
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return File{}, fmt.Errorf("reading %q: %w", name, err)
	}
	return File{Path: name, Bytes: n, SHA256: Digest(sum.Sum(nil))}, nil
}
