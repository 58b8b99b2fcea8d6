package intel

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
)

// Document is one JSON text among a feed's raw files.
type Document struct {
	// Name is the file's path and, for an archive, the entry's after it:
	// "all.zip/GO-2024-2687.json". It is for people and never opened.
	Name string
	Data []byte
}

// ErrTooLarge is the error of raw files that exceed Limits.
var ErrTooLarge = errors.New("too large")

// Limits bound what Documents reads, whatever the files claim about themselves.
type Limits struct {
	// Entries is the number of files and archive entries.
	Entries int
	// Entry and Total are inflated bytes: of one document, and of everything.
	Entry, Total int64
}

// DefaultLimits leaves room for several times the largest source known, the
// 400,000 records and 2.6 GB of cvelistV5.
func DefaultLimits() Limits {
	return Limits{Entries: 4_000_000, Entry: 512 << 20, Total: 16 << 30}
}

// Documents yields every JSON text in fsys, in the order of paths and then of
// archive entries, under DefaultLimits.
func Documents(fsys fs.FS) iter.Seq2[Document, error] { return DefaultLimits().Documents(fsys) }

// Documents yields every JSON text in fsys: files that end in .json or .json.gz,
// and such entries of .zip, .tar.gz and .tgz archives; a zip inside a zip is
// opened too (cvelistV5 is published so). Everything else is passed over. The
// first error, which names file and entry, is the last element.
func (l Limits) Documents(fsys fs.FS) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		o := &opener{limits: l, yield: yield}
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.Type().IsRegular() {
				return nil
			}
			return o.file(fsys, name)
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(Document{}, err)
		}
	}
}

// errStopped ends a walk whose consumer wants no more.
var errStopped = errors.New("stopped")

// opener walks raw files and counts against the limits.
type opener struct {
	limits  Limits
	entries int
	total   int64
	yield   func(Document, error) bool
}

func (o *opener) file(fsys fs.FS, name string) error {
	format := formatOf(name)
	if format == formatOther {
		return nil
	}
	f, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("opening feed file: %w", err)
	}
	defer f.Close()
	switch format {
	case formatZip:
		err = o.zipFile(f, name)
	case formatTar:
		err = o.tarball(f, name)
	case formatGzip:
		err = o.gzipped(f, name)
	default:
		err = o.document(f, name, 0)
	}
	if err != nil && !errors.Is(err, errStopped) {
		return fmt.Errorf("reading feed file %q: %w", name, err)
	}
	return err
}

// format is how a file's name says it is packed.
type format int

const (
	formatOther format = iota
	formatJSON
	formatGzip
	formatTar
	formatZip
)

func formatOf(name string) format {
	name = strings.ToLower(name)
	switch {
	case strings.HasSuffix(name, ".json"):
		return formatJSON
	case strings.HasSuffix(name, ".json.gz"):
		return formatGzip
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return formatTar
	case strings.HasSuffix(name, ".zip"):
		return formatZip
	}
	return formatOther
}

// document reads r to its end, which is what checks an archive's checksum, and
// yields it. size is what the archive claims, good for a first allocation.
func (o *opener) document(r io.Reader, name string, size int64) error {
	if err := o.count(1); err != nil {
		return err
	}
	var data bytes.Buffer
	data.Grow(int(max(0, min(size, 1<<20))) + bytes.MinRead)
	limit := min(o.limits.Entry, o.limits.Total-o.total)
	n, err := data.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return err
	}
	if n > limit {
		return fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	o.total += n
	if !o.yield(Document{Name: name, Data: data.Bytes()}, nil) {
		return errStopped
	}
	return nil
}

func (o *opener) count(entries int) error {
	o.entries += entries
	if o.entries > o.limits.Entries {
		return fmt.Errorf("more than %d files and entries: %w", o.limits.Entries, ErrTooLarge)
	}
	return nil
}

func (o *opener) gzipped(r io.Reader, name string) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	return o.document(z, name, 0)
}

// tarball reads entries as the stream passes. The stream is read to its end, so
// that its checksum is verified and a file cut short is noticed.
func (o *opener) tarball(r io.Reader, name string) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	stream := &meter{r: z, left: o.limits.Total - o.total}
	for t := tar.NewReader(stream); ; {
		header, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := o.tarEntry(t, name, header); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, stream)
	return err
}

func (o *opener) tarEntry(t *tar.Reader, file string, header *tar.Header) error {
	if header.Typeflag != tar.TypeReg || formatOf(header.Name) != formatJSON {
		return o.count(1)
	}
	return inEntry(header.Name, o.document(t, file+"/"+header.Name, header.Size))
}

// meter fails with ErrTooLarge once more than left bytes were read, also of
// what is passed over unread.
type meter struct {
	r    io.Reader
	left int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.left -= int64(n); m.left < 0 {
		return 0, fmt.Errorf("archive inflates beyond the limit: %w", ErrTooLarge)
	}
	return n, err
}

// zipFile opens a zip where it lies if the file can be read at any offset, and
// from a temporary copy otherwise.
func (o *opener) zipFile(f fs.File, name string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if at, ok := f.(io.ReaderAt); ok {
		return o.zip(at, info.Size(), name, 0)
	}
	return o.copied(f, func(at io.ReaderAt, size int64) error { return o.zip(at, size, name, 0) })
}

// zip yields the entries of an archive that lies depth archives deep.
func (o *opener) zip(at io.ReaderAt, size int64, name string, depth int) error {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return err
	}
	if err := o.count(len(z.File)); err != nil {
		return err
	}
	for _, entry := range z.File {
		if err := inEntry(entry.Name, o.zipEntry(entry, name, depth)); err != nil {
			return err
		}
	}
	return nil
}

func (o *opener) zipEntry(entry *zip.File, file string, depth int) error {
	format := formatOf(entry.Name)
	if format != formatJSON && (format != formatZip || depth > 0) {
		return nil
	}
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	name := file + "/" + entry.Name
	if format == formatJSON {
		return o.document(r, name, int64(min(entry.UncompressedSize64, 1<<20)))
	}
	return o.copied(r, func(at io.ReaderAt, size int64) error { return o.zip(at, size, name, depth+1) })
}

// copied hands use a temporary copy of r, which may be as large as what is left
// of the total.
func (o *opener) copied(r io.Reader, use func(io.ReaderAt, int64) error) error {
	f, err := os.CreateTemp("", "muster-feed-*.zip")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	limit := o.limits.Total - o.total
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if err != nil {
		return err
	}
	if n > limit {
		return fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	return use(f, n)
}

// inEntry names the archive entry an error happened in.
func inEntry(entry string, err error) error {
	if err == nil || errors.Is(err, errStopped) {
		return err
	}
	return fmt.Errorf("entry %q: %w", entry, err)
}
