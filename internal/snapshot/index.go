package snapshot

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/snapshot/packed"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// An index is binary: indexWord; name, size and SHA-256 of the sheet (an empty name if there is
// none), and the same of the projection; then the full parts with their segments. The first names are
// encoded relative to the name of the index itself. Version 1 has no projection, and
// firstDatasets.
const (
	indexWord   = "muster index 2\n"
	indexWordV1 = "muster index 1\n"
)

// maxIndex bounds the size of an index: 64 MiB hold five million segments, 10 TB of rows.
const maxIndex = 64 << 20

// Index names the sheet and the full parts of a range. It never changes, and every snapshot that
// uses the range names it.
type Index struct {
	// Sheet has no path if there is none. Projection has none in ranges of hidden devices, and in those
	// that an older program made.
	Sheet, Projection File
	Full              Parts
	// V1 says that the file has version 1.
	V1 bool
}

// empty reports whether the index names nothing.
func (x *Index) empty() bool { return x.Sheet.Path == "" && len(x.Full) == 0 }

// files lists the files that the index names.
func (x *Index) files() (files []File) {
	for _, f := range []File{x.Sheet, x.Projection} {
		if f.Path != "" {
			files = append(files, f)
		}
	}
	return append(files, x.Full.files()...)
}

// append encodes the index for a file with a name.
func (x *Index) append(dst []byte, name string) ([]byte, error) {
	word, internal, datasets := indexWord, []File{x.Sheet, x.Projection}, defender.DatasetCount
	if x.V1 {
		word, internal, datasets = indexWordV1, internal[:1], firstDatasets
	}
	dst = append(dst, word...)
	for _, f := range internal {
		dst = packed.AppendNumbers(packed.AppendName(dst, f.Path, name), f.Bytes)
		dst = append(dst, f.SHA256[:]...)
	}
	return x.Full.append(dst, name, datasets)
}

// parseIndex decodes the index in a file with a name.
func parseIndex(name string, data []byte) (*Index, error) {
	rest, ok := bytes.CutPrefix(data, []byte(indexWord))
	x := &Index{}
	if !ok {
		if rest, x.V1 = bytes.CutPrefix(data, []byte(indexWordV1)); !x.V1 {
			return nil, unknownForm(data, "index", 2)
		}
	}
	r, datasets := newDecoder(rest), firstDatasets
	if x.Sheet = r.file(r.Name(name)); !x.V1 {
		x.Projection, datasets = r.file(r.Name(name)), defender.DatasetCount
	}
	x.Full = r.parts(name, datasets)
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

// projection reads the projection that an index names.
func (f *Files) projection(want File) (*projection.Projection, error) {
	data, err := f.ReadAll(nil, want)
	if err != nil {
		return nil, err
	}
	p, err := projection.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w: %w", want.Path, err, ErrDamaged)
	}
	return p, nil
}

// writeIndex writes the index of a range.
func (b *Batch) writeIndex(n Naming, x *Index) (File, error) {
	data, err := x.append(nil, n.index())
	if err != nil {
		return File{}, fmt.Errorf("making index: %w", err)
	}
	return b.Write(n.index(), data)
}

// Write writes a file from memory, which is durable once the batch is synced.
func (b *Batch) Write(name string, data []byte) (file File, err error) {
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
	x, err := indexOf(f, want.Path)
	for _, x.V1 = range []bool{false, true} {
		var data []byte
		if err == nil {
			data, err = x.append(nil, want.Path)
		}
		if err == nil && DigestOf(data) == want.SHA256 {
			return data, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("its sheet and parts belong to another index: %w", ErrLost)
	}
	return nil, fmt.Errorf("making index %q again: %w", want.Path, err)
}

// indexOf makes the index with a name from the files that exist.
func indexOf(f *Files, name string) (x Index, err error) {
	naming, ok := parseIndexName(name)
	if !ok {
		return x, fmt.Errorf("it was written for files with other names: %w", ErrLost)
	}
	data, sheet, err := readUnknown(f, naming.sheet())
	if err != nil {
		return x, err
	}
	entries, err := parseSheet(data)
	if err != nil {
		return x, fmt.Errorf("%w: %w", ErrLost, err)
	}
	x.Sheet, x.Full = sheet, Parts{}
	if f.Exists(naming.projection()) {
		if x.Projection, err = describe(f, naming.projection()); err != nil {
			return x, err
		}
	}
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
			return x, err
		}
		size := part.Bytes
		if part.sum() != nil || part.Bytes != size {
			return x, fmt.Errorf("file %q differs from its sheet: %w", part.Path, ErrLost)
		}
		x.Full[d.String()] = part
	}
	return x, nil
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
